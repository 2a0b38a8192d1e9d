"""Lint: criteria that nobody can ever meet, or not in time."""

from __future__ import annotations

from collections.abc import Iterator

from rules.language.model import AllOf, AnyOf, Credits, Holds, InOrder, Kpi, Leaf, Node, NOf, Ruleset
from rules.lint.dead import is_short
from rules.lint.ground import Finding, Ground, Written, finding
from rules.lint.lengths import days, joined
from rules.lint.places import Placed, below, initial_roots, renewal_root, roots

_NO_IRI = "list in its document every IRI by which an LMS names it"


def unreachable(written: Written, ground: Ground) -> Iterator[Finding]:
    for root in roots(written):
        for placed in below(written, root):
            node = placed.node
            if isinstance(node, Leaf | Kpi) and not _has_iri(ground.ruleset, node.activity):
                yield written.finding(
                    placed.at, f"no statement can ever be about '{node.activity}': it has no IRI", _NO_IRI
                )
            elif isinstance(node, Leaf) and _is_unsaid(ground.ruleset, node.verb):
                yield written.finding(placed.at, f"no statement can ever say '{node.verb}': it has no IRI", _NO_IRI)
            elif isinstance(node, NOf) and is_short(node):
                yield written.finding(
                    placed.at,
                    f"{node.count} different activities are asked for, and fewer are named",
                    "distinct: false counts parts only",
                )


def tier_never_reached(written: Written, ground: Ground) -> Iterator[Finding]:
    closed: set[str] = set()
    for number, tier in enumerate(written.program.tiers):
        if tier.after in closed:
            yield written.finding(
                ("tiers", number, "after"),
                f"this tier is never reached: '{tier.after}' cannot be met",
                "mend the tier before it",
            )
        if tier.after in closed or (tier.require is not None and not _can_be_met(tier.require, ground.ruleset)):
            closed.add(tier.id)


def after_an_alternative(written: Written, _: Ground) -> Iterator[Finding]:
    for root in roots(written):
        everything = {placed.node.id: placed for placed in below(written, root)}
        for placed in everything.values():
            before = everything.get(_after(placed.node) or "")
            if before is not None and (choice := _choice_between(before, placed)) is not None:
                word = "any" if isinstance(choice.node, AnyOf) else "n_of"
                yield written.finding(
                    (*placed.at, "after"),
                    f"'{before.node.id}' is one of several ways of an {word}: whoever takes another can never meet this",
                    f"name the {word} itself, or put both into one all: inside it",
                )


def accepted_for_a_group(written: Written, _: Ground) -> Iterator[Finding]:
    groups = {placed.node.id for root in roots(written) for placed in below(written, root) if _is_group(placed.node)}
    for number, accept in enumerate(written.program.accept):
        for place, name in enumerate(accept.criteria):
            if name in groups:
                yield written.finding(
                    written.item((*written.item(("accept",), number), "for"), place),
                    f"'{name}' is a group, and nothing stands in for a group",
                    "name those of its parts that this stands in for",
                )


def _is_group(node: Node) -> bool:
    return not isinstance(node, Leaf | Kpi | Credits | Holds)


def between_too_late(written: Written, _: Ground) -> Iterator[Finding]:
    program = written.program
    for root in initial_roots(written):
        due = program.tiers[root.at[1]].due if root.at[0] == "tiers" else program.due  # type: ignore[index]  # a number
        for placed, first in _windows(written, root):
            if due is not None and first > days(due.within):
                yield written.finding(
                    (*placed.at, "between"),
                    f"this can only be shown after the due date ({due.within.text})",
                    "give more time, or open the window earlier",
                )
            elif program.valid_for is not None and first > days(program.valid_for):
                yield written.finding(
                    (*placed.at, "between"),
                    f"this window opens later than an award lasts ({program.valid_for.text})",
                    "open the window earlier",
                )
    renewal = renewal_root(written)
    for root in [renewal] if renewal is not None else initial_roots(written):
        if program.renew is not None:
            open_for = days(program.renew.window) + days(program.renew.grace)
            for placed, first in _windows(written, root):
                if first > open_for:
                    yield written.finding(
                        (*placed.at, "between"),
                        f"this cannot be renewed: the renewal is open for {joined(program.renew.window, program.renew.grace)} only",
                        "give renew: a requirement of its own, or a longer window",
                    )


def source_without_activities(ground: Ground) -> Iterator[Finding]:
    iris = [iri for activity in ground.ruleset.activities.values() for iri in activity.iris]
    for source in ground.ruleset.sources:
        if not any(iri.source in (None, source.id) for iri in iris):
            document = ground.draft.documents[f"source '{source.id}'"]
            yield finding(
                document,
                ("id",),
                f"no activity has an IRI that '{source.id}' may use",
                "name this source, or none, at the IRIs of an activity",
            )


def _has_iri(ruleset: Ruleset, name: str) -> bool:
    """Whether it, or something that counts for it, can be named by a statement."""
    if ruleset.activities[name].iris:
        return True
    return any(
        other.iris and any(target.activity == name for target in other.counts_for)
        for other in ruleset.activities.values()
    )


def _is_unsaid(ruleset: Ruleset, verb: str | None) -> bool:
    return verb is not None and verb in ruleset.verbs and not ruleset.verbs[verb].iris


def _can_be_met(node: Node, ruleset: Ruleset) -> bool:
    if isinstance(node, Leaf | Kpi):
        return _has_iri(ruleset, node.activity)
    if isinstance(node, AllOf | InOrder):
        return all(_can_be_met(part, ruleset) for part in node.of)
    if isinstance(node, AnyOf):
        return any(_can_be_met(part, ruleset) for part in node.of)
    if isinstance(node, NOf):
        return not is_short(node) and sum(_can_be_met(part, ruleset) for part in node.of) >= node.count
    return True


def _after(node: Node) -> str | None:
    return node.terms.after if isinstance(node, Leaf) else None


def _choice_between(before: Placed, after: Placed) -> Placed | None:
    """The innermost group of alternatives that holds the one, and not the other in the same part."""
    shared = {group.at for group in (*after.above, after)}
    chain = (*before.above, before)
    for group, part in zip(reversed(before.above), reversed(chain), strict=False):
        is_choice = isinstance(group.node, AnyOf) or (
            isinstance(group.node, NOf) and group.node.count < len(group.node.of)
        )
        if is_choice and part.at not in shared:
            return group
    return None


def _windows(written: Written, root: Placed) -> Iterator[tuple[Placed, float]]:
    for placed in below(written, root):
        if isinstance(placed.node, Leaf) and placed.node.terms.between is not None:
            yield placed, days(placed.node.terms.between[0])
