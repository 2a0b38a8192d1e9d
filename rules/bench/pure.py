"""The pure core: routing, making evidence, folding, deciding."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from random import Random

from lrs import yaml_door
from lrs.bench.measure import Figure, cost
from lrs.clock import DAY
from lrs.people.roster import Person, Position
from rules.bench.organisation import START, history, programs, statement
from rules.decide import EVERYTHING, Facts, affected, decide, decide_with_timeline, evidence_of
from rules.decide.compiled import compiled
from rules.decide.dossiers import dossiers_of
from rules.decide.record import fold
from rules.decide.zones import Zones
from rules.language import load_programs

_ROWS = 48
_PROGRAMS = 200


def figures() -> Iterator[Figure]:
    ruleset = load_programs(yaml_door.load(programs(_PROGRAMS), "bench.yaml"))
    one = statement(Random(1), 1, "https://x.example/e7", START)
    iri = one["object"]["id"]
    index = affected(ruleset)
    plain = {iri: 1}
    lookup = cost(lambda: plain.get(iri))
    yield Figure(
        f"route a statement among {_PROGRAMS} programs", cost(lambda: index.get(iri)), lookup, 3, "floor: one look-up"
    )
    yield Figure("make its evidence", cost(lambda: evidence_of(one)), None, None, "parsed statement to rows")
    program = compiled(ruleset, "p0")
    rows = history(_ROWS)
    facts = Facts(Person("u0", positions=(Position(date(2024, 1, 1), job="operator"),)), rows)
    zones = Zones("America/New_York", facts)
    size = len(program.tracks)
    floor = cost(lambda: sorted(rows, key=lambda row: row[6]))
    yield Figure(
        f"sort {_ROWS} rows into dossiers",
        cost(lambda: dossiers_of(rows)),
        floor,
        None,
        "once for all programs; floor: sorting them",
    )
    folded = cost(lambda: fold(facts.dossiers, EVERYTHING, size, program.routes, program.judges_of, zones, {}))
    yield Figure(f"fold {_ROWS} rows", folded, floor, 25, "once for each program; floor: sorting them")
    few = Facts(facts.person, rows[:3])
    now = START + 500 * DAY
    for name, known in (("3 rows", few), (f"{_ROWS} rows", facts)):
        floor = cost(
            lambda known=known: fold(  # type: ignore[misc]
                known.dossiers, EVERYTHING, size, program.routes, program.judges_of, zones, {}
            )
        )
        decided = cost(lambda known=known: decide(ruleset, "p0", known, as_of=now))  # type: ignore[misc]
        yield Figure(f"decide on {name}, with proof", decided, floor, None, "floor: the fold")
        whole = cost(lambda known=known: decide_with_timeline(ruleset, "p0", known, as_of=now))  # type: ignore[misc]
        yield Figure(f"decide on {name}, with proof and timeline", whole, floor, None, "floor: the fold")
