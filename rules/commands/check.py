"""`prowess check` and `prowess decide`: the language and the pure core on files, without any database."""

from __future__ import annotations

import json
from pathlib import Path

import click

from lrs.errors import BadRequest, NotFound, did_you_mean
from lrs.people.files import load_people
from lrs.people.named import person_in
from rules.decide import EVERYTHING, decide
from rules.decide.zones import Zones
from rules.facts.files import FileFacts
from rules.language import Program, load_programs
from rules.moments import moment
from rules.published.listing import checked
from rules.refusals import refusing

_DIRECTORY = click.Path(path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    epilog="Example:  prowess check programs/",
    help="Check programs: every mistake with file, line and column.",
)
@click.argument("programs", type=_DIRECTORY, default=Path("programs"))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(programs: Path, as_json: bool) -> None:
    with refusing(as_json):
        ruleset = load_programs(programs)
    if as_json:
        click.echo(json.dumps(checked(ruleset), indent=2))
        return
    for versions in ruleset.programs.values():
        click.echo(_summary(versions))
    programs_read = _counted(len(ruleset.programs), "program", "programs")
    activities_read = _counted(len(ruleset.activities), "activity", "activities")
    click.echo(f"ok: {programs_read}, {activities_read}, hash {ruleset.hash[:12]}")


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _summary(versions: tuple[Program, ...]) -> str:
    latest = versions[-1]
    what = [f"{latest.kind} {latest.id} v{latest.version}: {latest.title}"]
    if latest.tiers:
        what.append(f"{len(latest.tiers)} tiers")
    if latest.valid_for:
        what.append(f"valid for {latest.valid_for.text}")
    if latest.due:
        what.append(f"due within {latest.due.within.text}")
    if not latest.audiences:
        what.append("nobody is assigned")
    return ", ".join(what)


@click.command(
    "decide",
    epilog=(
        "Example:  prowess decide --programs programs --people people.yaml --statements s.jsonl"
        " --person ada --program forklift-operator --as-of 2026-03-31"
    ),
    help="Decide one person in one program from files, and print the decision with its proof as JSON.",
)
@click.option("--programs", type=_DIRECTORY, required=True, help="Directory of programs.")
@click.option("--people", type=_FILE, required=True, help="The organisation: people.yaml or people.csv.")
@click.option("--statements", type=_FILE, required=True, help="xAPI statements, one JSON object a line.")
@click.option("--person", required=True, help="A person in that file: id, mail address, or account as HOMEPAGE|NAME.")
@click.option("--program", required=True, help="Id of a program.")
@click.option(
    "--as-of",
    required=True,
    help="A date (its last instant in the program's zone), or an instant, in UTC unless it names a zone.",
)
@click.option("--known-at", help="Judge by what was known then; all there is when left out.")
def decide_command(
    programs: Path, people: Path, statements: Path, person: str, program: str, as_of: str, known_at: str | None
) -> None:
    ruleset = load_programs(programs)
    roster = load_people(people)
    if program not in ruleset.programs:
        raise NotFound(f"no program is called '{program}'", hint=did_you_mean(program, ruleset.programs))
    facts = FileFacts(ruleset, roster, statements).of(person_in(roster.people, person))
    zones = Zones(ruleset.programs[program][-1].timezone, facts)
    decision = decide(
        ruleset,
        program,
        facts,
        as_of=_moment(as_of, zones, "--as-of"),
        known_at=_moment(known_at, zones, "--known-at") if known_at else EVERYTHING,
    )
    click.echo(decision.text())


COMMANDS = (check, decide_command)


def _moment(text: str, zones: Zones, option: str) -> int:
    try:
        return moment(text, zones)
    except BadRequest as error:
        raise click.BadParameter(f"{error.message}; {error.hint}", param_hint=option) from error
