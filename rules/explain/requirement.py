"""What a program asks for, in plain words: criteria as a tree of sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from lrs.xapi.naming import verb_words
from rules.explain.words import listed, period_words, share_words, with_article
from rules.language import Program, Ruleset
from rules.language.model import (
    AllOf,
    AnyOf,
    Attempts,
    Credits,
    Holds,
    InOrder,
    Kpi,
    Leaf,
    Node,
    NOf,
    Not,
    Observers,
    Rubric,
)
from rules.language.walk import walk

_VERBS: Final = {
    "passed": "Pass",
    "completed": "Complete",
    "done": "Finish",
    "attended": "Attend",
    "responded": "Answer",
    "signed_off": "Have somebody sign off",
    "credential": "Hand in",
    "competent": "Show the competency",
    "statement": "Do",
}
_AGGREGATES: Final = {"mean": "the mean of", "sum": "the sum of", "min": "the least", "max": "the greatest"}
_RELATIONS: Final = {
    "self": "the learner",
    "manager": "a manager",
    "direct-report": "somebody who reports to the learner",
    "peer": "a peer",
}
_YOURS: Final = {
    "self": "yourself",
    "manager": "your manager",
    "direct-report": "somebody who reports to you",
    "peer": "a peer of yours",
}
_JOINS: Final = {AllOf: " and ", InOrder: ", then ", AnyOf: ", or "}


@dataclass(frozen=True, slots=True)
class Clause:
    """A criterion in words; a group leads its parts in."""

    id: str
    text: str
    parts: tuple[Clause, ...] = ()


class Wording:
    """Speaks of the criteria of one program's version by titles, never by ids; to the learner where `to_you`."""

    def __init__(self, ruleset: Ruleset, program: Program, *, to_you: bool = False) -> None:
        self._ruleset = ruleset
        self._nodes = nodes_of(program)
        self._relations = _YOURS if to_you else _RELATIONS

    def clause(self, node: Node) -> Clause:
        """A criterion with everything below it."""
        if isinstance(node, Leaf | Kpi | Credits | Holds):
            return Clause(node.id, self._text(node))
        return Clause(node.id, lead(node), tuple(self.clause(part) for part in node.of))

    def line(self, node: Node) -> str:
        """A criterion with everything below it in one line, without the small print."""
        if isinstance(node, Leaf | Kpi | Credits | Holds):
            said = self._deed(node) if isinstance(node, Leaf) else self._text(node)
            return said[:1].lower() + said[1:]
        parts = [self.line(part) for part in node.of]
        if isinstance(node, NOf):
            return f"{node.count} of: {'; '.join(parts)}"
        if isinstance(node, Not):
            return f"not: {parts[0]}"
        return (_JOINS[type(node)] if len(parts) > 1 else "").join(parts)

    def _deed(self, node: Leaf) -> str:
        verb = f" (“{verb_words(node.verb)}”)" if node.verb is not None else ""
        score = f" with at least {share_words(node.min_score)}" if node.min_score is not None else ""
        return f"{_VERBS[node.kind]} {self.activity(node.activity)}{verb}{score}"

    def _text(self, node: Leaf | Kpi | Credits | Holds) -> str:
        said = "; ".join([self._deed(node), *self._terms(node)]) if isinstance(node, Leaf) else self._other_text(node)
        kept = ", and keep it" if not isinstance(node, Kpi) and node.while_held else ""
        return said + kept + ("" if node.waivable else "; nobody can waive it")

    def _other_text(self, node: Kpi | Credits | Holds) -> str:
        if isinstance(node, Holds):
            return f"Hold a valid {self.program(node.program)}"
        if isinstance(node, Kpi):
            return self._kpi(node)
        by = f" accredited by {listed(node.accredited_by, 'or')}" if node.accredited_by else ""
        within = f" within {period_words(node.window)}" if node.window else ""
        kept = f", of which {node.carry_over:f} may be left over from the last time" if node.carry_over else ""
        return f"Collect {node.least:f} {node.type}{by}{within}{kept}"

    def _kpi(self, node: Kpi) -> str:
        bounds = [f"at least {node.least:f}"] if node.least is not None else []
        bounds += [f"at most {node.most:f}"] if node.most is not None else []
        what = f"{_AGGREGATES[node.agg]} " if node.agg in _AGGREGATES else ""
        within = f" over {period_words(node.window)}" if node.window else ""
        few = f", judged from {node.min_samples} values on" if node.min_samples > 1 else ""
        return f"Bring {what}{self.activity(node.activity)} to {listed(bounds)}{within}{few}"

    def _terms(self, node: Leaf) -> Iterator[str]:
        terms = node.terms
        if terms.proctored is not None:
            yield f"watched by {'a proctor' if terms.proctored == Observers() else self.observers(terms.proctored)}"
        if terms.by is not None:
            yield f"by {self.observers(terms.by)}"
        if terms.rubric is not None:
            yield from self._rubric(node.activity, terms.rubric)
        if terms.score != "best":
            yield "only the first result counts" if terms.score == "first" else "the latest result decides"
        if terms.attempts is not None:
            yield _tries(terms.attempts)
        if terms.between is not None:
            first, last = terms.between
            yield f"from {period_words(first)} to {period_words(last)} after “{self._other(terms.after)}”"
        elif terms.after is not None:
            yield f"after “{self._other(terms.after)}”"
        if terms.after_assignment:
            yield "done after it was assigned"
        if terms.max_age is not None:
            yield f"no longer ago than {period_words(terms.max_age)}"
        if terms.issuer is not None:
            yield f"issued by {terms.issuer}"

    def _rubric(self, activity: str, rubric: Rubric) -> Iterator[str]:
        if rubric.items is not None:
            many = "every item" if rubric.items == "all" else "1 item" if rubric.items == 1 else f"{rubric.items} items"
            yield f"with {many} of the checklist shown"
        if rubric.critical:
            items = self._ruleset.activities[activity].rubric
            yield f"critical: {listed(items.get(item, item) for item in rubric.critical)}"

    def _other(self, id_: str | None) -> str:
        """Another criterion of the same program, shortly."""
        node = self._nodes.get(id_ or "")
        if isinstance(node, Leaf):
            return f"{_VERBS[node.kind]} {self.activity(node.activity)}"
        return self.clause(node).text if node is not None else id_ or ""

    def observers(self, by: Observers | None) -> str:
        """Whose word counts."""
        if by is None:
            return f"anybody but {self._relations['self']}"
        who = self._who(by)
        if by.count > 1:
            who = f"{by.count} different people{who and f', each of them {who}'}"
        not_ = listed((self._relations[one] for one in by.exclude), "or")
        mean = f", with a mean of at least {by.mean:f}" if by.mean is not None else ""
        if not who:
            return f"{f'anybody but {not_}' if not_ else 'somebody else'}{mean}"
        return f"{who}{f', but not {not_}' if not_ else ''}{mean}"

    def _who(self, by: Observers) -> str:
        """One of the relations who has one of the jobs and holds the certificate: all that a program names, together."""
        named = [
            listed((self._relations[relation] for relation in by.relations), "or"),
            listed(("anybody who has a job" if job == "*" else f"{with_article(job)}" for job in by.jobs), "or"),
            f"a holder of {self.program(by.holds)}" if by.holds else "",
        ]
        return ", who is also ".join(filter(None, named))

    def activity(self, id_: str) -> str:
        """An activity's title."""
        known = self._ruleset.activities.get(id_)
        return (known.title if known else "") or id_

    def program(self, id_: str) -> str:
        """A program's title."""
        versions = self._ruleset.programs.get(id_)
        return (versions[-1].title if versions else "") or id_


def _tries(limits: Attempts) -> str:
    most = f"at most {limits.most} tries" if limits.most else ""
    per = f" in {period_words(limits.per)}" if limits.per else ""
    pause = f"{period_words(limits.cooldown)} between two tries" if limits.cooldown else ""
    return ", ".join(part for part in (most + per, pause) if part)


def lead(node: AllOf | AnyOf | InOrder | NOf | Not) -> str:
    """What leads the parts of a group in."""
    if isinstance(node, NOf):
        return f"{node.count} of these {len(node.of)}"
    if isinstance(node, Not):
        return "This must not have happened"
    if isinstance(node, AnyOf):
        return "One of these"
    return "All of these, in this order" if isinstance(node, InOrder) and node.strict else "All of these"


def nodes_of(program: Program) -> Mapping[str, Node]:
    """Every criterion of one version by its id, those of the initial path first."""
    found: dict[str, Node] = {}
    roots = [program.require, *(tier.require for tier in program.tiers)]
    roots += [program.renew.require if program.renew else None, *program.suggest]
    roots += [one for tier in program.tiers for one in tier.suggest]
    roots += [one for suspend in program.suspend for one in (suspend.when, suspend.until)]
    for root in roots:
        found = {**below(root), **found}
    for number, accept in enumerate(program.accept):
        found[f"accept#{number + 1}:{accept.what.id}"] = accept.what
    return found


def below(node: Node | None) -> dict[str, Node]:
    """A criterion and those in it, by id."""
    return {one.id: one for one in walk([node])}
