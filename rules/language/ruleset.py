"""Reads a directory of programs and checks that everything in it fits together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from lrs import yaml_door
from lrs.errors import ConfigError, did_you_mean
from lrs.yaml_door import YamlDocument
from rules.language.activity import load_activity, load_source, load_verb
from rules.language.entry import Entry, LanguageError, shown
from rules.language.escalation import load_escalation
from rules.language.model import Activity, Escalation, Program, Ruleset, Source, Verb
from rules.language.program import load_program
from rules.language.references import References
from rules.language.trial import Trial, check_iris, load_trials
from rules.language.vocabulary import ADL_VERBS, KINDS


@dataclass(slots=True)
class _Shelf:
    """What was read so far, each with the entry it came from."""

    is_published: bool = False
    errors: list[ConfigError] = field(default_factory=list)
    references: References = field(default_factory=References)
    programs: dict[tuple[str, int], tuple[Program, Entry]] = field(default_factory=dict)
    activities: dict[str, tuple[Activity, Entry]] = field(default_factory=dict)
    verbs: dict[str, tuple[Verb, Entry]] = field(default_factory=dict)
    sources: dict[str, tuple[Source, Entry]] = field(default_factory=dict)
    escalations: dict[str, tuple[Escalation, Entry]] = field(default_factory=dict)
    trials: list[Trial] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    documents: dict[str, YamlDocument] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Draft:
    """Programs as they are being written: the ruleset, the tests that stand in it, and where everything was written.

    documents: by the same names as `Ruleset.texts`.
    """

    ruleset: Ruleset
    trials: tuple[Trial, ...]
    documents: Mapping[str, YamlDocument]


def load_draft(source: Path | Iterable[YamlDocument], slips: Iterable[ConfigError] = ()) -> Draft:
    """Like `load_programs`, with what only their author needs.  slips: what was wrong with documents already."""
    shelf = _Shelf(errors=[*slips])
    ruleset = _load(source, shelf)
    return Draft(ruleset, tuple(shelf.trials), shelf.documents)


def load_programs(source: Path | Iterable[YamlDocument], *, is_published: bool = False) -> Ruleset:
    """The ruleset of a directory (every *.yaml and *.yml below it), a file, or documents already read.

    is_published: it was read and published before, perhaps by an earlier version that asked for less.
    Raises LanguageError with every mistake found.
    """
    return _load(source, _Shelf(is_published))


def _load(source: Path | Iterable[YamlDocument], shelf: _Shelf) -> Ruleset:
    for document in _documents(source, shelf.errors) if isinstance(source, Path) else source:
        _read(document, shelf)
    _check(shelf)
    strata = _strata(shelf)
    if shelf.errors:
        raise LanguageError(sorted(shelf.errors, key=lambda e: (e.file or "", e.line or 0, e.column or 0)))
    return _ruleset(shelf, strata)


def canonical(value: Any) -> str:
    """The one text of a document's value: keys sorted, nothing else between; decimals as they were written."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def _documents(path: Path, errors: list[ConfigError]) -> list[YamlDocument]:
    if path.is_dir():
        files = sorted(file for suffix in ("*.yaml", "*.yml") for file in path.rglob(suffix) if file.is_file())
    elif path.exists():
        files = [path]
    else:
        raise ConfigError(f"there is no directory {path}", hint="say where the programs are, for example programs/")
    if not files:
        raise ConfigError(f"there are no programs in {path}", hint="programs are files that end with .yaml")
    documents: list[YamlDocument] = []
    for file in files:
        try:
            documents += yaml_door.load_file(file, errors)
        except ConfigError as error:
            errors.append(error)
    return documents


def _read(document: YamlDocument, shelf: _Shelf) -> None:
    entry = Entry(document, shelf.errors)
    kind = _kind(entry)
    if kind == "activity":
        _put(shelf.activities, load_activity(entry, shelf.references), entry, "activity", shelf)
    elif kind == "verb":
        _put(shelf.verbs, load_verb(entry), entry, "verb", shelf)
    elif kind == "source":
        _put(shelf.sources, load_source(entry, shelf.references), entry, "source", shelf)
    elif kind == "escalation":
        _read_escalation(entry, shelf)
    elif kind:
        program = load_program(entry, shelf.references, is_published=shelf.is_published)
        if program is not None:
            if "tests" in entry.value and not shelf.is_published:
                shelf.trials += load_trials(entry.child("tests", entry.value["tests"]), program, shelf.references)
            key = (program.id, program.version)
            _keep(shelf.programs, key, (program, entry), f"version {program.version} of '{program.id}'", shelf)
    for check in () if shelf.is_published else shelf.references.of_drafts:
        check()
    shelf.references.of_drafts.clear()


def _read_escalation(entry: Entry, shelf: _Shelf) -> None:
    """Earlier versions took any ladder; of a published ruleset, one that this version would refuse is left out."""
    before = len(shelf.errors)
    escalation = load_escalation(entry, shelf.references)
    if shelf.is_published and len(shelf.errors) > before:
        del shelf.errors[before:]
    else:
        _put(shelf.escalations, escalation, entry, "escalation", shelf)


def _kind(entry: Entry) -> str | None:
    if not isinstance(entry.value, dict):
        entry.fail(f"expected a document with a kind, found {shown(entry.value)}")
        return None
    if "kind" not in entry.value:
        entry.fail("this document has no kind", hint=f"one of {', '.join(KINDS)}")
        return None
    return entry.child("kind", entry.value["kind"]).choice(KINDS)


def _put(part: dict[str, Any], thing: Any, entry: Entry, what: str, shelf: _Shelf) -> None:
    if thing is not None:
        _keep(part, thing.id, (thing, entry), f"{what} '{thing.id}'", shelf)


def _keep(part: dict[Any, Any], key: Any, thing: tuple[Any, Entry], what: str, shelf: _Shelf) -> None:
    entry = thing[1]
    if key in part:
        first = part[key][1]
        mark = first.document.mark(first.at)
        where = f"{first.document.file}:{mark.line}"
        entry.child("id", None).fail(f"there is another {what}", hint=f"the first stands at {where}")
        return
    part[key] = thing
    shelf.texts[what] = canonical({name: value for name, value in entry.value.items() if name != "tests"})
    shelf.documents[what] = entry.document


def _check(shelf: _Shelf) -> None:
    references = shelf.references
    for entry in references.activities:
        _check_known(entry, shelf.activities, "activity", "activities stand in documents of kind: activity")
    for entry in references.sources:
        _check_known(entry, shelf.sources, "source", "sources stand in documents of kind: source")
    for entry in references.verbs:
        _check_known(entry, {*shelf.verbs, *ADL_VERBS}, "verb", "verbs stand in documents of kind: verb")
    ids = {program for program, _ in shelf.programs}
    for program, entry in shelf.programs.values():
        if "escalate" in program.notes and not shelf.is_published:
            named = entry.child("escalate", program.notes["escalate"])
            _check_known(named, shelf.escalations, "escalation", "ladders stand in documents of kind: escalation")
    for _, entry in references.programs:
        _check_known(entry, ids, "program", "holds: names a program of this directory")
    for entry in references.done:
        known = shelf.activities.get(entry.value) if isinstance(entry.value, str) else None
        if known and known[0].move_on is None:
            entry.fail(
                f"activity '{entry.value}' has no move_on, which done: needs", hint="give it one of cmi5's words"
            )
    for name, entry in references.rubrics:
        items = shelf.activities[name][0].rubric if name in shelf.activities else {}
        if items and entry.value not in items:
            entry.fail(f"the checklist '{name}' has no item '{entry.value}'", hint=did_you_mean(entry.value, items))
    _check_iris(shelf)
    activities = {name: activity for name, (activity, _) in shelf.activities.items()}
    verbs = {name: verb for name, (verb, _) in shelf.verbs.items()}
    shelf.errors += check_iris(shelf.trials, activities, verbs)
    _check_versions(shelf)


def _check_known(entry: Entry, known: Iterable[str], what: str, teach: str) -> None:
    names = list(known)
    if isinstance(entry.value, str) and entry.value not in names:
        hint = did_you_mean(entry.value, names) if names else teach
        entry.fail(f"no {what} is called '{entry.value}'", hint=hint)


def _check_iris(shelf: _Shelf) -> None:
    """An IRI means one activity: for every source when none is named, else for that source."""
    claims: dict[str, dict[str | None, str]] = {}
    for activity, entry in shelf.activities.values():
        for index, iri in enumerate(activity.iris):
            taken = claims.setdefault(iri.iri, {})
            rivals = {name for source, name in taken.items() if None in (source, iri.source) or source == iri.source}
            if rivals - {activity.id}:
                entry.child("iris", None).child(index, None).fail(
                    f"activity '{min(rivals - {activity.id})}' claims this IRI already",
                    hint="an IRI means one activity; name a source on both if two systems use it differently",
                )
            taken[iri.source] = activity.id


def _check_versions(shelf: _Shelf) -> None:
    for versions in _versions(shelf).values():
        for earlier, later in pairwise(versions):
            if later.effective <= earlier.effective:
                entry = shelf.programs[later.id, later.version][1]
                entry.child("effective", None).fail(
                    f"version {later.version} of '{later.id}' must take effect after version {earlier.version} does"
                )


def _versions(shelf: _Shelf) -> dict[str, tuple[Program, ...]]:
    versions: dict[str, list[Program]] = {}
    for (identity, _), (program, _) in sorted(shelf.programs.items(), key=lambda item: item[0]):
        versions.setdefault(identity, []).append(program)
    return {identity: tuple(programs) for identity, programs in versions.items()}


def _strata(shelf: _Shelf) -> tuple[tuple[str, ...], ...]:
    """Programs level by level, each after all it holds; a circle is a mistake."""
    below: dict[str, set[str]] = {program: set() for program, _ in sorted(shelf.programs)}
    for program, entry in shelf.references.programs:
        if isinstance(entry.value, str) and entry.value in below and program in below:
            below[program].add(entry.value)
    strata: list[tuple[str, ...]] = []
    placed: set[str] = set()
    while len(placed) < len(below):
        level = tuple(program for program, needs in below.items() if program not in placed and needs <= placed)
        if not level:
            _report_circle(
                {program: needs - placed for program, needs in below.items() if program not in placed}, shelf
            )
            break
        strata.append(level)
        placed.update(level)
    return tuple(strata)


def _report_circle(below: Mapping[str, set[str]], shelf: _Shelf) -> None:
    path = [min(below)]
    while len(set(path)) == len(path):
        path.append(min(below[path[-1]]))
    circle = path[path.index(path[-1]) :]
    entry = next(entry for program, entry in shelf.references.programs if [program, entry.value] == circle[:2])
    entry.fail(
        f"programs hold each other in a circle: {' → '.join(circle)}", hint="one of them must not need the other"
    )


def _ruleset(shelf: _Shelf, strata: tuple[tuple[str, ...], ...]) -> Ruleset:
    texts = dict(sorted(shelf.texts.items()))
    digest = hashlib.sha256("\n".join(sorted(texts.values())).encode()).hexdigest()
    return Ruleset(
        programs=_versions(shelf),
        activities={name: activity for name, (activity, _) in sorted(shelf.activities.items())},
        verbs={name: verb for name, (verb, _) in sorted(shelf.verbs.items())},
        sources=tuple(source for _, (source, _) in sorted(shelf.sources.items())),
        escalations={name: value for name, (value, _) in sorted(shelf.escalations.items())},
        strata=strata,
        texts=texts,
        hash=digest,
    )
