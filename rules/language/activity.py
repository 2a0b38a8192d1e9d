"""Reads activities, the only place where IRIs stand, and sources, whose statements speak of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lrs.errors import did_you_mean
from lrs.xapi.actors import ifi_text
from rules.language.entry import Entry
from rules.language.model import Activity, CountsFor, CreditsFor, Iri, Source, Verb
from rules.language.profiles import DEFAULT, PROFILES
from rules.language.references import References
from rules.language.vocabulary import LEAF_NOTES, VERDICTS

NOTES = (*LEAF_NOTES, "hours")
"""Keys that describe the training and never decide."""
IDENTIFIERS = ("mbox", "mbox_sha1sum", "openid", "account")
"""The inverse functional identifiers of an Agent (xAPI-Data 2.4.2.3)."""
MATCHES = ("credential", "authority", "platform", "home_page")
_HIGHEST_LEVEL = 4
"""Of Kirkpatrick."""
WORTH = ("passed", "completed", "attended")
_ACTIVITY_KEYS = ("kind", "id", "title", "description", "iris", "move_on", "counts_for", "rubric", "credits", *NOTES)
_SOURCE_KEYS = ("kind", "id", "title", "description", "match", "profile", "people", "governs")


def load_activity(entry: Entry, references: References) -> Activity | None:
    fields = entry.fields(_ACTIVITY_KEYS, "an activity")
    identity = _identity(entry, fields, "an activity")
    if identity is None:
        return None
    if "iris" not in fields:
        entry.fail(f"activity '{identity}' needs iris", hint="every IRI by which an LMS names it")
    iris = tuple(iri for item in _items(fields, "iris") if (iri := _iri(item, references)))
    return Activity(
        identity,
        (fields["title"].text() if "title" in fields else None) or identity,
        iris,
        fields["move_on"].choice(VERDICTS) if "move_on" in fields else None,
        tuple(target for item in _items(fields, "counts_for") if (target := _counts_for(item, identity, references))),
        _rubric(fields["rubric"]) if "rubric" in fields else {},
        tuple(worth for item in _items(fields, "credits") if (worth := _credits(item))),
        _notes(fields),
    )


def _items(fields: dict[str, Entry], key: str) -> Iterable[Entry]:
    return fields[key].one_or_more() if key in fields else ()


def _rubric(entry: Entry) -> dict[str, str]:
    """What a sign-off ticks: a list of items, or items with their texts."""
    if not isinstance(entry.value, dict):
        return {name: name for item in entry.items() if (name := item.text())}
    return {key: text for key, item in entry.members().items() if (text := item.text())}


def _notes(fields: dict[str, Entry]) -> dict[str, Any]:
    """How it is taught, as far as that is said."""
    notes: dict[str, Any] = {}
    if "method" in fields:
        notes["method"] = [text for item in fields["method"].one_or_more() if (text := item.text())]
    if "design" in fields:
        notes["design"] = fields["design"].text()
    if "kirkpatrick" in fields:
        notes["kirkpatrick"] = fields["kirkpatrick"].parsed(level_of, "a level from 1 to 4")
    if "hours" in fields and (hours := fields["hours"].number()) is not None:
        notes["hours"] = hours
        if hours <= 0:
            fields["hours"].fail("this must be more than nothing")
    return notes


def level_of(value: Any) -> int | None:
    """A level of Kirkpatrick; None: it is none."""
    return value if type(value) is int and 1 <= value <= _HIGHEST_LEVEL else None


def _credits(entry: Entry) -> CreditsFor | None:
    fields = entry.fields(("type", "amount", "on", "accredited_by"), "'credits'")
    for key in ("type", "amount"):
        if key not in fields and isinstance(entry.value, dict):
            entry.fail(f"'credits' needs {key}", hint="for example {type: CEU, amount: 0.5}")
    kind = fields["type"].text() if "type" in fields else None
    amount = fields["amount"].number() if "amount" in fields else None
    if amount is not None and amount <= 0:
        fields["amount"].fail("this must be more than nothing")
    on = fields["on"].choice(WORTH) if "on" in fields else None
    if kind is None or amount is None:
        return None
    by = fields["accredited_by"].text() if "accredited_by" in fields else None
    return CreditsFor(kind, amount, on or "completed", by)  # type: ignore[arg-type]  # one of the three


def load_verb(entry: Entry) -> Verb | None:
    fields = entry.fields(("kind", "id", "title", "description", "iris"), "a verb")
    identity = _identity(entry, fields, "a verb")
    if identity is None:
        return None
    if "iris" not in fields:
        entry.fail(f"verb '{identity}' needs iris", hint="every IRI by which a source says it")
    if "title" in fields:
        fields["title"].text()
    return Verb(identity, tuple(iri for item in _items(fields, "iris") if (iri := _iri_text(item))))


def _identity(entry: Entry, fields: dict[str, Entry], what: str) -> str | None:
    if "id" not in fields:
        entry.fail(f"{what} needs an id")
        return None
    if "description" in fields:
        fields["description"].text()
    return fields["id"].text()


def _iri(entry: Entry, references: References) -> Iri | None:
    if not isinstance(entry.value, dict):
        iri = _iri_text(entry)
        return Iri(iri) if iri else None
    fields = entry.fields(("iri", "source"), "an iri")
    if "iri" not in fields:
        entry.fail("this needs an iri", hint="for example {iri: https://lms.example/quiz/7, source: moodle-hq}")
        return None
    iri = _iri_text(fields["iri"])
    source = fields["source"].text() if "source" in fields else None
    if source is not None:
        references.sources.append(fields["source"])
    return Iri(iri, source) if iri else None


def _iri_text(entry: Entry) -> str | None:
    text = entry.text()
    if text is not None and ":" not in text:
        entry.fail(f"'{text}' is not an IRI: it has no scheme such as https:")
        return None
    return text


def _counts_for(entry: Entry, own: str, references: References) -> CountsFor | None:
    fields = entry.fields(("id", "from", "to"), "'counts_for'")
    target = _identity(entry, fields, "'counts_for'") if isinstance(entry.value, dict) else None
    start = fields["from"].day() if "from" in fields else None
    end = fields["to"].day() if "to" in fields else None
    if start and end and end < start:
        fields["to"].fail("this ends before it begins")
    if target is None:
        return None
    references.activities.append(fields["id"])
    if target == own:
        fields["id"].fail("an activity counts for itself anyway")
    return CountsFor(target, start, end)


def load_source(entry: Entry, references: References) -> Source | None:
    fields = entry.fields(_SOURCE_KEYS, "a source")
    identity = _identity(entry, fields, "a source")
    if "title" in fields:
        fields["title"].text()
    profile = DEFAULT
    if "profile" in fields and (name := fields["profile"].text()) is not None:
        if name in PROFILES:
            profile = PROFILES[name]
        else:
            fields["profile"].fail(f"no profile is called '{name}'", hint=did_you_mean(name, PROFILES))
    if "match" not in fields:
        entry.fail("a source needs match", hint=f"one of {', '.join(MATCHES)}")
    match = _match(fields["match"], references) if "match" in fields else {}
    people: Any = fields["people"].value if "people" in fields else {}
    if not isinstance(people, dict):
        fields["people"].fail("'people' says how actors are identified", hint="for example {account: lms_user_id}")
        people = {}
    elif "people" in fields:
        references.of_drafts.append(lambda: _check_people(fields["people"]))
    governs = fields["governs"].boolean() if "governs" in fields else False
    return Source(identity, match, profile, people, bool(governs)) if identity else None


def _check_people(entry: Entry) -> None:
    for one in entry.fields(IDENTIFIERS, "'people'").values():
        one.text()


def _check_agent(entry: Entry) -> None:
    """Notes keys that mean nothing, and what is no text: the agent is read by its identifier."""
    fields = entry.fields(("objectType", "name", *IDENTIFIERS), "an agent")
    account = fields.pop("account", None)
    parts = account.fields(("homePage", "name"), "an account") if account is not None else {}
    for one in (*fields.values(), *parts.values()):
        one.text()


def _match(entry: Entry, references: References) -> dict[str, str]:
    fields = entry.fields(MATCHES, "'match'")
    if isinstance(entry.value, dict) and not fields:
        entry.fail("this would match every statement", hint=f"one of {', '.join(MATCHES)} is needed")
    found = {key: _agent(item) if key == "authority" else item.text() for key, item in fields.items()}
    if "authority" in fields and isinstance(fields["authority"].value, dict):
        references.of_drafts.append(lambda: _check_agent(fields["authority"]))
    return {key: text for key, text in found.items() if text is not None}


def _agent(entry: Entry) -> str | None:
    """An authority as an agent ({mbox: …} or {account: …}), or its mbox alone."""
    agent = entry.value if isinstance(entry.value, dict) else {"mbox": entry.value}
    try:
        found = ifi_text(agent)
    except (KeyError, TypeError):
        found = None
    if found is None or entry.value == "":
        entry.fail("expected an agent: {mbox: …} or {account: {homePage: …, name: …}}")
        return None
    return found
