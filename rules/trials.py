"""Runs the tests that stand in programs: real statements, real evidence, the very same `decide`.  Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from lrs.clock import to_datetime
from lrs.people.depths import lines_of, reporting_depths
from lrs.people.identity import identity_of
from lrs.people.roster import load_day
from lrs.xapi.timestamp import instant
from rules.decide import EVERYTHING, Evidence, Facts, decide, evidence_of
from rules.decide.calendar import midnight
from rules.decide.zones import Zones
from rules.language.model import Ruleset, Source
from rules.language.trial import Said, Trial, iri_of
from rules.language.trial_people import HOME_PAGE, LEARNER
from rules.language.trial_words import ACTS, SAID
from rules.moments import moment
from rules.vocabulary import (
    CREDENTIAL_EXTENSION,
    CREDITS_EXTENSION,
    OVERRIDE_EXTENSION,
    PROCTORED_EXTENSION,
    RUBRIC_EXTENSION,
    program_iri,
)

Json = dict[str, Any]
_HALF_A_DAY_US = 12 * 3_600 * 1_000_000
_CREDENTIAL = ("issuer", "issued_on", "expires_on")


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that came out otherwise than expected."""

    key: str
    expected: Any
    got: Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one test; it failed when there are differences.

    decision: as `prowess decide` prints it.  said: what each statement in its proof was, in words.
    """

    trial: Trial
    differences: tuple[Difference, ...]
    decision: Json
    said: Mapping[str, str]

    @property
    def is_ok(self) -> bool:
        return not self.differences

    def as_json(self) -> Json:
        trial = self.trial
        return {
            "program": trial.program,
            "version": trial.version,
            "name": trial.name,
            "file": trial.file,
            "line": trial.mark.line,
            "column": trial.mark.column,
            "ok": self.is_ok,
            "differences": [{"key": one.key, "expected": one.expected, "got": one.got} for one in self.differences],
            "decision": self.decision,
        }


def report(outcomes: Sequence[Outcome]) -> Json:
    """All of them, and how many passed and failed."""
    failed = sum(not outcome.is_ok for outcome in outcomes)
    counts = {"passed": len(outcomes) - failed, "failed": failed}
    return {"ok": not failed, **counts, "tests": [outcome.as_json() for outcome in outcomes]}


def run(ruleset: Ruleset, trial: Trial) -> Outcome:
    """Decides what a test describes, by the versions up to the one it stands in."""
    known = ruleset.programs[trial.program]
    upto = tuple(program for program in known if program.version <= trial.version)
    judging = replace(ruleset, programs={**ruleset.programs, trial.program: upto})
    learner = trial.roster.people[LEARNER]
    zones = Zones(upto[-1].timezone, Facts(learner, (), trial.roster.sites))
    stage = _Stage(judging, trial, zones)
    decision = decide(
        judging,
        trial.program,
        stage.facts(LEARNER),
        as_of=moment(trial.as_of, zones),
        known_at=moment(trial.known_at, zones) if trial.known_at else EVERYTHING,
    ).as_json()
    return Outcome(trial, tuple(_differences(trial.expect, decision)), decision, stage.words)


class _Stage:
    """The statements of a test, and the facts of everybody in it."""

    def __init__(self, ruleset: Ruleset, trial: Trial, zones: Zones) -> None:
        self._ruleset = ruleset
        self._trial = trial
        self._zones = zones
        self._sources = {source.id: source for source in ruleset.sources}
        self._depths = reporting_depths(lines_of(trial.roster))
        self._rows: dict[str, list[Evidence]] = {}
        self.words: dict[str, str] = {}
        for said in (*trial.statements, *trial.acts):
            self._rows.setdefault(said.more.get("who", LEARNER), []).extend(self._evidence(said))
        self._observers: dict[str, Facts] = {}
        for name in trial.roster.people:
            self._observers[str(identity_of(_actor(name)))] = self.facts(name)

    def facts(self, name: str) -> Facts:
        roster = self._trial.roster
        rows = tuple(self._rows.get(name, ()))
        return Facts(roster.people[name], rows, roster.sites, self._depths.get(name, ()), self._observers)

    def _evidence(self, said: Said) -> list[Evidence]:
        source = self._sources.get(said.more.get("from", ""))
        statement = self._statement(said, source)
        self.words[statement["id"]] = _words(said)
        voided = self._at(said.more["voided"]) if "voided" in said.more else None
        match: Mapping[str, str] = source.match if source else {}
        rows = evidence_of(statement, voided=voided, credential=match.get("credential"))
        return [row._replace(authority=match["authority"]) for row in rows] if "authority" in match else rows

    def _statement(self, said: Said, source: Source | None) -> Json:
        number = len(self.words)
        match: Mapping[str, str] = source.match if source else {}
        statement: Json = {
            "id": str(uuid5(NAMESPACE_URL, f"{self._trial.program} {self._trial.name} {number}")),
            "actor": _actor(said.more.get("who", LEARNER), match.get("home_page", HOME_PAGE)),
            "timestamp": self._text(said.on),
            **(self._act(said) if said.word in ACTS else self._what(said)),
        }
        context = statement.setdefault("context", {})
        if "known" in said.more:
            statement["stored"] = self._text(said.more["known"])
        if "by" in said.more:
            context["instructor"] = _actor(said.more["by"])
        if "platform" in match:
            context["platform"] = match["platform"]
        return statement

    def _what(self, said: Said) -> Json:
        verb, activity = said.about if said.word == "statement" else (None, said.about)
        iri = iri_of(self._ruleset.activities[activity], said.more.get("from"))
        statement: Json = {"verb": {"id": self._verb(verb) if verb else SAID[said.word][0]}, "object": {"id": iri}}
        result = _result(said)
        if result:
            statement["result"] = result
        if "proctored" in said.more:
            statement["context"] = {"extensions": {PROCTORED_EXTENSION: said.more["proctored"]}}
        return statement

    def _verb(self, name: str) -> str:
        known = self._ruleset.verbs.get(name)
        return known.iris[0] if known else f"http://adlnet.gov/expapi/verbs/{name}"

    def _act(self, said: Said) -> Json:
        more = {key: said.more[key] for key in ("reason", "for", "until") if key in said.more}
        if said.word == "extended":
            more["due_on"] = said.about
        if said.word == "waived" and said.about != "all":
            more["criteria"] = said.about
        return {
            "verb": {"id": ACTS[said.word][0]},
            "object": {"id": program_iri(self._trial.program)},
            "context": {"extensions": {OVERRIDE_EXTENSION: {"program": self._trial.program, **more}}},
        }

    def _at(self, text: str) -> int:
        """The instant; of a date its noon in the program's zone."""
        day = load_day(text)
        return instant(text) if day is None else midnight(self._zones.on(day), day) + _HALF_A_DAY_US

    def _text(self, text: str) -> str:
        return to_datetime(self._at(text)).isoformat()


def _actor(name: str, home_page: str = HOME_PAGE) -> Json:
    return {"account": {"homePage": home_page, "name": name}}


def _result(said: Said) -> Json:
    more = said.more
    result: Json = {}
    if "score" in more:
        result["score"] = more["score"]
    if "value" in more:
        result["score"] = {"raw": more["value"]}
    if "success" in more:
        result["success"] = more["success"]
    extensions: Json = {}
    if "rubric" in more:
        extensions[RUBRIC_EXTENSION] = more["rubric"]
    if "credits" in more:
        extensions[CREDITS_EXTENSION] = more["credits"]
    if credential := {key: more[key] for key in _CREDENTIAL if key in more}:
        extensions[CREDENTIAL_EXTENSION] = credential
    return {**result, "extensions": extensions} if extensions else result


def _words(said: Said) -> str:
    about = " ".join(map(str, said.about)) if isinstance(said.about, list | tuple) else said.about
    what = said.word if about is True else f"{said.word} {about}"
    return f"line {said.mark.line}, {what} on {said.on}"


def _differences(expect: Mapping[str, Any], decision: Json) -> Iterator[Difference]:
    for key, expected in expect.items():
        got = _got(key, decision)
        if key == "tiers":
            yield from _tier_differences(expected, got)
        elif key == "rejected":
            if not set(expected) <= set(got):
                yield Difference(key, expected, got)
        elif got != expected:
            yield Difference(key, expected, got)


def _tier_differences(expect: Mapping[str, Any], tiers: Mapping[str, Any]) -> Iterator[Difference]:
    for name, expected in expect.items():
        got = tiers.get(name, {})
        yield from (
            Difference(f"tiers.{name}.{key}", value, got.get(key))
            for key, value in expected.items()
            if got.get(key) != value
        )


def _got(key: str, decision: Json) -> Any:
    match key:
        case "flags":
            return sorted(decision["flags"])
        case "gaps":
            return sorted(gap["criterion"] for gap in decision["gaps"])
        case "rejected":
            return sorted({reason for _, reason in rejections(decision["proof"])})
        case "tiers":
            return {tier["id"]: tier for tier in decision["tiers"]}
    return decision[key]


def rejections(node: Any) -> Iterator[tuple[str, str]]:
    """Every statement that a proof rejects, with the reason."""
    if isinstance(node, Mapping):
        rejected = node.get("rejected")
        if isinstance(rejected, str):
            yield node["statement"], rejected
        for one in rejected if isinstance(rejected, list) else ():
            yield one["statement"], one["reason"]
        for key, child in node.items():
            if key != "rejected":
                yield from rejections(child)
    elif isinstance(node, list):
        for child in node:
            yield from rejections(child)
