"""An explanation as JSON and as text: the same account twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lrs.clock import to_datetime, to_text
from rules.explain.account import Account, Finding, Path, Seen, Step
from rules.explain.explanation import Explanation
from rules.explain.verdict import Verdict, Voice, verdict
from rules.language.about import About, Worth

Json = dict[str, Any]

_AXES = ("assignment", "progress", "award")


def explanation_json(found: Explanation) -> Json:
    """The decision, with its account beside it."""
    account, program, said = Account(found), found.program, _verdict(found)
    told = {
        "title": program.title,
        "name": found.person.name,
        "headline": said.headline,
        "remarks": list(said.more),
        "next_steps": [_step(step) for step in account.steps()],
        "paths": [_path(path) for path in account.paths()],
        "acts": [_seen(seen) for seen in account.acts()],
        "benefit": program.notes.get("benefit"),
        "recognised_by": program.notes.get("recognised_by"),
    }
    withdrawn = {} if found.withdrawn is None else {"withdrawn_at": to_text(found.withdrawn)}
    since = None if found.undigested_since is None else to_text(found.undigested_since)
    return {**found.document, **withdrawn, "undigested_since": since, "account": told}


def _verdict(found: Explanation) -> Verdict:
    voice = Voice(found.person.name or found.person.id)
    return verdict(found.document, found.program, voice, found.zones.day_at, is_over=found.withdrawn is not None)


def _step(step: Step) -> Json:
    return {
        "criterion": step.criterion,
        "text": step.text,
        "reason": step.reason,
        "why": step.why,
        "mend": step.mend,
    }


def _path(path: Path) -> Json:
    findings = [_finding(one) for one in path.findings]
    return {"path": path.name, "title": path.title, "result": path.result, "of": findings}


def _finding(one: Finding) -> Json:
    said: Json = {
        "criterion": one.criterion,
        "text": one.text,
        "result": one.result,
        "used": [_seen(seen) for seen in one.used],
        "rejected": [_seen(seen) for seen in one.rejected],
    }
    if one.note:
        said["note"] = one.note
    return {**said, "of": [_finding(part) for part in one.parts]} if one.parts else said


def _seen(seen: Seen) -> Json:
    said: Json = {"statement": seen.statement, "what": seen.what, "on": seen.day, "source": seen.source or None}
    if seen.by:
        said["by"] = seen.by
    return {**said, "reason": seen.reason, "why": seen.why} if seen.reason else said


def explain_text(found: Explanation) -> str:
    """A decision for reading: verdict, dates, what is missing, what it was built on."""
    document, account = found.document, Account(found)
    said = _verdict(found)
    lines = [
        f"{document['person']} in {document['program']} v{document['version']}, as of {_whole(document['as_of'])}"
        + (f", as known at {_whole(document['known_at'])}" if document["known_at"] else ""),
        said.headline,
        *said.more,
        *_staleness(found),
        *_withdrawal(found),
        *(f"  {name:<15} {document[name]}" for name in _AXES[:2]),
        f"  award           {document['award']}  {' '.join(document['flags'])}".rstrip(),
        *(f"  {name.replace('_', ' '):<15} {document[name]}" for name in _dated(found, account)),
        *(f"  {name}: {days}" for name, days in account.parts()),
        *_worth(found.program.about),
        *_missing(document, account.steps()),
        "proof:",
    ]
    for path in account.paths():
        lines.append(f"  {path.result:<8} {path.title} ({path.name})")
        lines += [line for one in path.findings for line in _finding_lines(one, 2)]
    lines += [f"  {seen.what} by {_statement(seen)}{_rejection(seen)}" for seen in account.acts()]
    return "\n".join(lines)


def _whole(instant: str | None) -> str:
    """An instant in UTC, without the fraction of its second; what is beyond the calendar has none."""
    return f"{instant[:19]}Z" if instant else "ever"


def _dated(found: Explanation, account: Account) -> Iterator[str]:
    yield from account.days()
    if found.document["next_change_at"]:
        yield "next_change_at"


def _staleness(found: Explanation) -> Iterator[str]:
    if found.undigested_since is not None:
        yield f"  what arrived since {_whole(to_text(found.undigested_since))} is not worked through yet: this may lack it"


def _worth(about: About) -> Iterator[str]:
    """What is in it for the learner and the company, and who recognises it."""
    yield from _for_whom("  benefit", about.benefit)
    for one in about.recognised_by:
        yield f"  recognised by {', '.join(filter(None, (one.name, one.standard, one.url)))}"
        yield from _for_whom("    worth", one.value)


def _for_whom(what: str, worth: Worth) -> Iterator[str]:
    yield from (f"{what} for the {name}: {said}" for name in ("learner", "company") if (said := getattr(worth, name)))


def _withdrawal(found: Explanation) -> list[str]:
    if found.withdrawn is None:
        return []
    return [
        f"  withdrawn {found.withdrawn_on}: nobody is asked for it any more; what was earned by then stays to its date"
    ]


def _missing(document: Any, steps: list[Step]) -> Iterator[str]:
    if not document["gaps"]:
        return
    reasons = {step.criterion: step.reason for step in steps}
    yield "still missing:"
    yield from (f"  - {gap['text']} ({reasons.get(gap['criterion'], gap['reason'])})" for gap in document["gaps"])
    for title, is_doable in (("next:", True), ("waits:", False)):
        found = [f"  - {step.text}. {step.why} {step.mend}".rstrip() for step in steps if step.is_doable == is_doable]
        yield from (title, *found) if found else ()


def _finding_lines(one: Finding, depth: int) -> Iterator[str]:
    indent = "  " * depth
    yield f"{indent}{one.result:<8} {one.text}" + (f" ({one.note})" if one.note else "")
    yield from (f"{indent}  used {_statement(seen, seen.what)}" for seen in one.used)
    for seen in one.rejected:
        yield f"{indent}  rejected {_statement(seen, seen.what)}: {seen.reason}. {seen.why}"
    for part in one.parts:
        yield from _finding_lines(part, depth + 1)


def _statement(seen: Seen, what: str = "") -> str:
    """A statement in a few words: when, what, whose word, from where."""
    moment = "" if seen.at is None else to_datetime(seen.at).strftime("%Y-%m-%d %H:%M")
    by, source = seen.by and f"by {seen.by}", seen.source and f"from {seen.source}"
    return ", ".join(part for part in (seen.statement, moment, what, by, source) if part)


def _rejection(act: Seen) -> str:
    return f": rejected, {act.reason}. {act.why}" if act.reason else ""
