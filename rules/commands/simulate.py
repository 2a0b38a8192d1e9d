"""`prowess simulate`: what would happen over time, from files, without any database."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from lrs.cli_context import invocation
from lrs.errors import BadRequest, NotFound, did_you_mean
from lrs.people.files import load_people
from lrs.people.named import person_in
from lrs.people.roster import Person, load_day
from rules.decide import EVERYTHING, Facts
from rules.decide.calendar import midnight
from rules.decide.zones import Zones
from rules.facts.files import FileFacts
from rules.language import Ruleset, load_programs
from rules.moments import moment
from rules.simulation import Event, Outage, Run, simulate
from rules.simulation.pair import Tell
from rules.simulation.run import Window
from rules.simulation.text import text, totals

_UTC = Zones("UTC", Facts(Person("")))
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    "simulate",
    epilog=(
        "Example:  prowess simulate --programs programs --people people.yaml --statements s.jsonl"
        " --from 2026-01-01 --to 2026-12-31"
    ),
    help=(
        "Play people, programs and statements through time and print what would happen, in order: assignments and awards,"
        " credentials, notices of ladders, consequences, and what other systems would be told.  Statements arrive when"
        " they are stored.  Nothing is kept and nothing is sent."
    ),
)
@click.option("--programs", type=click.Path(path_type=Path), required=True, help="Directory of programs.")
@click.option("--people", type=_FILE, required=True, help="The organisation: people.yaml or people.csv.")
@click.option("--statements", type=_FILE, required=True, help="xAPI statements, one JSON object a line.")
@click.option("--from", "start", metavar="DAY", required=True, help="First day in the program's zone, or an instant.")
@click.option("--to", "end", metavar="DAY", required=True, help="Last day in the program's zone, or an instant.")
@click.option("--person", metavar="WHO", help="Only this person: id, mail address, or account as HOMEPAGE|NAME.")
@click.option("--program", metavar="ID", help="Only this program.")
@click.option("--known-at", metavar="DAY", help="What became known later stays unknown.")
@click.option(
    "--down", metavar="FROM..TO", multiple=True, help="Nobody decides or sends from then until then (days in UTC)."
)
@click.option("--systems", is_flag=True, help="Say which of the connected systems of the configuration would be told.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def simulate_command(
    programs: Path,
    people: Path,
    statements: Path,
    start: str,
    end: str,
    person: str | None,
    program: str | None,
    known_at: str | None,
    down: tuple[str, ...],
    systems: bool,
    as_json: bool,
) -> None:
    ruleset, roster = load_programs(programs), load_people(people)
    files = FileFacts(ruleset, roster, statements)
    whom = list(roster.people) if person is None else [person_in(roster.people, person)]
    what = _chosen(program, ruleset.programs)
    days = (start, end, known_at)
    windows = {(one, which): _window(ruleset, files, one, which, *days) for one in whom for which in what}
    outages = tuple(_outage(one) for one in down)
    with _telling(systems) as tell:
        events = simulate(Run(ruleset, files, windows, outages, tell))
    if as_json:
        click.echo(json.dumps(_document(ruleset, events, start, end), ensure_ascii=False, indent=1))
    else:
        click.echo(text(events))


@contextmanager
def _telling(systems: bool) -> Iterator[Tell | None]:
    """The plug-ins answer from their settings; the database that these name is not opened."""
    if not systems:
        yield None
        return
    with invocation().open(current=False) as prowess:
        yield lambda statement: [push for plugin in prowess.plugins for push in plugin.pushes(prowess, statement)]


def _document(ruleset: Ruleset, events: list[Event], start: str, end: str) -> dict[str, Any]:
    told = [event.as_json() for event in events]
    return {"from": start, "to": end, "hash": ruleset.hash, "totals": totals(events), "events": told}


def _chosen(name: str | None, known: Iterable[str]) -> list[str]:
    names = list(known)
    if name is not None and name not in names:
        raise NotFound(f"no program is called '{name}'", hint=did_you_mean(name, names))
    return names if name is None else [name]


def _window(
    ruleset: Ruleset, files: FileFacts, person: str, program: str, start: str, end: str, known_at: str | None
) -> Window:
    """Days begin and end where the person lives by the program's calendar."""
    zones = Zones(ruleset.programs[program][-1].timezone, files.of(person))
    opens, closes = _instant(start, zones, "--from", is_start=True), _instant(end, zones, "--to")
    if closes < opens:
        raise click.BadParameter(f"{end} is before {start}", param_hint="--to")
    return Window(opens, closes, EVERYTHING if known_at is None else _instant(known_at, zones, "--known-at"))


def _outage(written: str) -> Outage:
    start, dots, end = written.partition("..")
    if not dots:
        raise click.BadParameter("expected FROM..TO, such as 2026-03-01..2026-03-08", param_hint="--down")
    outage = Outage(_instant(start, _UTC, "--down", is_start=True), _instant(end, _UTC, "--down") + 1)
    if outage.end <= outage.start:
        raise click.BadParameter(f"{end} is not after {start}", param_hint="--down")
    return outage


def _instant(written: str, zones: Zones, option: str, *, is_start: bool = False) -> int:
    """An instant; of a day the last one, or the first."""
    day = load_day(written)
    if is_start and day is not None:
        return midnight(zones.on(day), day)
    try:
        return moment(written, zones)
    except BadRequest as error:
        raise click.BadParameter(f"{error.message}; {error.hint}", param_hint=option) from error
