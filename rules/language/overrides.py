"""Reads what changes an award besides its own path: suspensions, waivers, prior learning, and how a version applies."""

from __future__ import annotations

from collections.abc import Collection

from lrs.errors import did_you_mean
from rules.language.entry import Entry, shown
from rules.language.model import Accept, Apply, Leaf, Suspend, Waive
from rules.language.references import References
from rules.language.requirement import RequirementReader

_WAYS = "new, at_renewal or {now: {due: P30D}}"
PRIOR = ("credential", "passed", "completed", "competent")
REASONS = ("required",)


def load_suspend(entry: Entry, program: str, references: References) -> tuple[Suspend, ...]:
    return tuple(
        found
        for number, item in enumerate(entry.one_or_more())
        if (found := _suspend(item, f"suspend#{number + 1}", program, references))
    )


def _suspend(entry: Entry, identity: str, program: str, references: References) -> Suspend | None:
    fields = entry.fields(("when", "until"), "'suspend'")
    if "when" not in fields:
        if isinstance(entry.value, dict):
            entry.fail("'suspend' needs when", hint="for example {when: {verb: reported, object: near-miss}}")
        return None
    reader = RequirementReader(program, references)
    event = reader.leaves.event(fields["when"], identity)
    until = reader.path([fields["until"]])[0] if "until" in fields else None
    return Suspend(event, until) if event else None


def load_waive(entry: Entry) -> Waive:
    fields = entry.fields(("by", "max", "reason"), "'waive'")
    by = [item.text() for item in fields["by"].one_or_more()] if "by" in fields else []
    if "reason" in fields:
        fields["reason"].choice(REASONS)
    return Waive(tuple(job for job in by if job), fields["max"].period() if "max" in fields else None)


def load_accept(entry: Entry, program: str, references: References, criteria: Collection[str]) -> tuple[Accept, ...]:
    return tuple(
        found for item in entry.one_or_more() if (found := _accept(item, program, references, criteria)) is not None
    )


def _accept(entry: Entry, program: str, references: References, criteria: Collection[str]) -> Accept | None:
    words = [key for key in entry.members() if key in PRIOR]
    if len(words) != 1:
        entry.fail("expected one thing to accept", hint=f"one of {', '.join(PRIOR)}")
        return None
    named: list[str] = []
    for item in entry.child("for", entry.value["for"]).one_or_more() if "for" in entry.value else ():
        name = item.text()
        if name is not None and name not in criteria:
            item.fail(f"no criterion of this program is called '{name}'", hint=did_you_mean(name, criteria))
        elif name is not None:
            named.append(name)
    what = Entry(entry.document, entry.errors, entry.at, {k: v for k, v in entry.value.items() if k != "for"})
    leaf = RequirementReader(program, references).leaves.leaf(words[0], what)
    if not isinstance(leaf, Leaf):
        return None
    if leaf.while_held:
        entry.fail("what is accepted instead is not watched later", hint="leave while_held: out")
    return Accept(leaf, tuple(named))


def load_apply(program: Entry, entry: Entry | None, version: int, *, may_be_left_out: bool = False) -> Apply:
    """How living awards meet this version; from version 2 on it has to be said, but for what was published before."""
    if entry is None:
        if version > 1 and not may_be_left_out:
            program.fail(
                f"version {version} has to say what becomes of living awards",
                hint="apply: new (nothing), at_renewal, or {now: {due: P30D}}",
            )
        return Apply()
    if not isinstance(entry.value, dict):
        if entry.value not in ("new", "at_renewal"):
            entry.fail(f"expected {_WAYS}, found {shown(entry.value)}")
        return Apply("new" if entry.value == "new" else "at_renewal")
    fields = entry.fields(("now",), "'apply'")
    if "now" not in fields:
        entry.fail(f"expected {_WAYS}")
        return Apply()
    now = fields["now"].fields(("due",), "'now'")
    if "due" not in now and isinstance(fields["now"].value, dict):
        fields["now"].fail("'now' needs due, so that nobody is caught out on the day", hint="for example {due: P30D}")
    return Apply("now", now["due"].period() if "due" in now else None)
