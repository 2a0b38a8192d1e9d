"""Reads `tests:` of a program: who did what, and what the decision has to say then.

Only the reading: `rules.trials` makes statements of it and decides.  Tests are no part of a version (docs/decisions/0111).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lrs.errors import ConfigError, did_you_mean
from lrs.people.roster import Roster
from lrs.yaml_door import Mark
from rules.language.entry import Entry, shown
from rules.language.model import Activity, Program, Verb
from rules.language.references import References
from rules.language.trial_expect import load_criterion, load_expected
from rules.language.trial_people import load_people
from rules.language.trial_values import load_given_credits, load_moment, load_score
from rules.language.trial_words import ACTS, SAID
from rules.language.walk import paths_of, walk

_COMMON = ("on", "by", "from", "known", "voided")
_SAYS = ("who", "score", "value", "success", "proctored", "rubric", "credits", "issuer", "issued_on", "expires_on")
_ADDS = ("reason", "for", "until")
_GIVEN = ("person", "position", "people", "sites", "statements", "acts")


@dataclass(frozen=True, slots=True)
class Said:
    """A statement or an act of office as a test writes it: the word, what it is about, and what else is said."""

    word: str
    about: Any
    on: str
    more: Mapping[str, Any]
    mark: Mark


@dataclass(frozen=True, slots=True)
class Trial:
    """One test of one version, with the place where it stands."""

    program: str
    version: int
    name: str
    file: str
    mark: Mark
    roster: Roster
    statements: tuple[Said, ...]
    acts: tuple[Said, ...]
    as_of: str
    known_at: str | None
    expect: Mapping[str, Any]
    marks: Mapping[str, Mark] = field(default_factory=dict)
    """Where each expectation stands."""


def load_trials(entry: Entry, program: Program, references: References) -> tuple[Trial, ...]:
    """The tests of a version; mistakes in them are noted like all others."""
    reader = _Reader(program, references)
    if entry.value is None:
        return ()
    trials: dict[str, Trial] = {}
    for item in entry.items():
        trial = reader.trial(item)
        if trial is not None:
            if trial.name in trials:
                item.child("name", None).fail(f"two tests have the name '{trial.name}'")
            trials[trial.name] = trial
    return tuple(trials.values())


def iri_of(activity: Activity, source: str | None) -> str | None:
    """By which IRI a source speaks of an activity: its own, or one that all share."""
    own = [iri.iri for iri in activity.iris if iri.source == source]
    shared = [iri.iri for iri in activity.iris if iri.source is None]
    return next(iter((*own, *shared)), None)


def check_iris(
    trials: Iterable[Trial], activities: Mapping[str, Activity], verbs: Mapping[str, Verb]
) -> Iterator[ConfigError]:
    """A mistake for each statement of a test that no source could send."""
    for trial in trials:
        for said in trial.statements:
            verb, name = said.about if said.word == "statement" else (None, said.about)
            source = said.more.get("from")
            if name in activities and iri_of(activities[name], source) is None:
                who = f"that '{source}' uses" if source else "without a source"
                yield _unsayable(trial, said, f"activity '{name}' has no IRI {who}", "say from: which source it comes")
            if isinstance(verb, str) and verb in verbs and not verbs[verb].iris:
                yield _unsayable(trial, said, f"verb '{verb}' has no IRI", "give it one in its document")


def _unsayable(trial: Trial, said: Said, message: str, hint: str) -> ConfigError:
    return ConfigError(message, hint=hint, file=trial.file, line=said.mark.line, column=said.mark.column)


class _Reader:
    """Reads the tests of one version."""

    def __init__(self, program: Program, references: References) -> None:
        self.program = program
        self.references = references
        self.criteria = {node.id for node in walk(paths_of(program))}

    def trial(self, entry: Entry) -> Trial | None:
        fields = entry.fields(("name", "given", "as_of", "known_at", "expect"), "a test")
        for key, example in (("name", "a pass certifies"), ("as_of", "2026-03-31"), ("expect", "{award: valid}")):
            if key not in fields and isinstance(entry.value, dict):
                entry.fail(f"a test needs {key}", hint=f"for example {key}: {example}")
        before = len(entry.errors)
        given = fields["given"].fields(_GIVEN, "'given'") if "given" in fields else {}
        roster = load_people(entry, given)
        known = roster.people if roster is not None else {}
        statements = tuple(self._list(given, "statements", lambda item: self._statement(item, known)))
        acts = tuple(self._list(given, "acts", lambda item: self._act(item, known)))
        name = fields["name"].text() if "name" in fields else None
        as_of = load_moment(fields["as_of"]) if "as_of" in fields else None
        known_at = load_moment(fields["known_at"]) if "known_at" in fields else None
        expect = load_expected(fields["expect"], self.program, self.criteria) if "expect" in fields else {}
        if len(entry.errors) > before or roster is None or name is None or as_of is None:
            return None
        mark = entry.document.mark(entry.at)
        marks = {key: entry.document.mark((*entry.at, "expect", key), key=True) for key in expect}
        program = self.program
        return Trial(
            program.id,
            program.version,
            name,
            entry.document.file,
            mark,
            roster,
            statements,
            acts,
            as_of,
            known_at,
            expect,
            marks,
        )

    def _list(self, given: Mapping[str, Entry], key: str, read: Callable[[Entry], Said | None]) -> Iterator[Said]:
        if key in given:
            yield from (said for item in given[key].items() if (said := read(item)) is not None)

    def _statement(self, entry: Entry, people: Mapping[str, Any]) -> Said | None:
        fields = entry.fields((*SAID, *_COMMON, *_SAYS), "a statement of a test")
        word = _one_word(entry, fields, SAID, "statement")
        if word is None:
            return None
        if word == "statement":
            return self._said(entry, word, self._event(fields[word]), fields, people)
        self.references.activities.append(fields[word])
        return self._said(entry, word, fields[word].text(), fields, people)

    def _event(self, entry: Entry) -> Any:
        fields = entry.fields(("verb", "object"), "a statement")
        if len(fields) < 2:
            entry.fail(
                "a statement needs its verb and its object", hint="for example {verb: attended, object: ehs/briefing}"
            )
            return None
        self.references.verbs.append(fields["verb"])
        self.references.activities.append(fields["object"])
        return fields["verb"].text(), fields["object"].text()

    def _act(self, entry: Entry, people: Mapping[str, Any]) -> Said | None:
        fields = entry.fields((*ACTS, *_COMMON, *_ADDS), "an act of a test")
        word = _one_word(entry, fields, ACTS, "act")
        if word is None:
            return None
        if "reason" not in fields:
            entry.fail("an act of office needs a reason", hint="for example reason: machine under repair")
        return self._said(entry, word, self._about(word, fields[word]), fields, people)

    def _about(self, word: str, entry: Entry) -> Any:
        if word == "extended":
            day = entry.day()
            return None if day is None else day.isoformat()
        if word == "waived":
            return self._waived(entry)
        if entry.value is not True:
            entry.fail(f"expected true, found {shown(entry.value)}", hint=f"{word}: true, and reason: says why")
            return None
        return True

    def _waived(self, entry: Entry) -> list[str] | str | None:
        if entry.value == "all":
            return "all"
        if entry.value == []:
            entry.fail("this waives nothing", hint="name criteria, or all")
        return [name for item in entry.one_or_more() if (name := load_criterion(item, self.criteria)) is not None]

    def _said(
        self, entry: Entry, word: str, about: Any, fields: Mapping[str, Entry], people: Mapping[str, Any]
    ) -> Said | None:
        if "on" not in fields:
            entry.fail("this needs on, the day on which it happened", hint="for example on: 2026-03-10")
        on = load_moment(fields["on"]) if "on" in fields else None
        more = {
            key: value
            for key, one in fields.items()
            if key not in (word, "on") and (value := self._more(key, one, people)) is not None
        }
        return None if on is None or about is None else Said(word, about, on, more, entry.document.mark(entry.at))

    def _more(self, key: str, entry: Entry, people: Mapping[str, Any]) -> Any:
        match key:
            case "known" | "voided":
                return load_moment(entry)
            case "by" | "who":
                return _name(entry, people)
            case "from":
                self.references.sources.append(entry)
                return entry.text()
            case "score":
                return load_score(entry)
            case "value":
                return entry.number()
            case "success" | "proctored":
                return entry.boolean()
            case "rubric":
                return {
                    name: ticked for name, item in entry.members().items() if (ticked := item.boolean()) is not None
                }
            case "credits":
                return load_given_credits(entry)
            case "issued_on" | "expires_on" | "until":
                day = entry.day()
                return None if day is None else day.isoformat()
            case "for":
                period = entry.period()
                return None if period is None else period.text
        return entry.text()


def _one_word(entry: Entry, fields: Mapping[str, Entry], words: Mapping[str, Any], what: str) -> str | None:
    found = [key for key in fields if key in words]
    if len(found) > 1:
        entry.fail(f"'{found[0]}' and '{found[1]}' cannot stand in one {what}", hint="write two")
    elif not found and isinstance(entry.value, dict):
        entry.fail(f"this {what} does not say what happened", hint=f"one of {', '.join(words)} is needed")
    return found[0] if found else None


def _name(entry: Entry, people: Mapping[str, Any]) -> str | None:
    name = entry.text()
    if name is not None and name not in people:
        entry.fail(
            f"nobody of this test is called '{name}'",
            hint=did_you_mean(name, people) if len(people) > 1 else "list them under people:",
        )
    return name
