"""`prowess plan | apply | explain`: programs against the store."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from lrs.cli_context import pass_prowess
from lrs.errors import Conflict, NotFound
from lrs.prowess import Prowess
from rules.composition import published_of
from rules.explain.explanation import explain
from rules.explain.telling import explain_text, explanation_json
from rules.plan import Plan
from rules.plan import plan as make_plan
from rules.published import load_sources, read_sources

_DIRECTORY = click.Path(path_type=Path, exists=True, file_okay=False)
CHANGES = 3


def _programs_directory(prowess: Prowess, given: Path | None) -> Path:
    directory = given or prowess.settings.directory / "programs"
    if not directory.is_dir():
        raise NotFound(f"there is no directory {directory}", hint="name it: prowess plan DIR")
    return directory


@click.command(name="plan")
@click.argument("directory", type=_DIRECTORY, required=False)
@click.option("--exit-code", is_flag=True, help="Exit with 3 when anything would change.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@pass_prowess
def plan_command(prowess: Prowess, directory: Path | None, exit_code: bool, as_json: bool) -> None:
    """Show what publishing the programs of a directory would change, for whom; nothing is changed.

    Example: prowess plan programs
    """
    ruleset = load_sources(read_sources(_programs_directory(prowess, directory)))
    published = published_of(prowess)
    published.check(ruleset)
    found = make_plan(prowess, published, ruleset)
    click.echo(json.dumps(found.as_json(), ensure_ascii=False) if as_json else _plan_text(found))
    if exit_code and not found.is_empty:
        sys.exit(CHANGES)


@click.command(name="apply")
@click.argument("directory", type=_DIRECTORY, required=False)
@click.option("--announce-history", is_flag=True, help="Also announce awards that older statements already earned.")
@click.option("--withdraw", is_flag=True, help="Withdraw published programs that the directory no longer has.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@pass_prowess
def apply_command(
    prowess: Prowess, directory: Path | None, announce_history: bool, withdraw: bool, as_json: bool
) -> None:
    """Publish the programs of a directory; everybody is judged by them from now on.

    Awards that follow from statements of before are kept, but only announced (as statements and to the LMS) with
    --announce-history.

    Example: prowess apply programs
    """
    published = published_of(prowess)
    sources = read_sources(_programs_directory(prowess, directory))
    before = published.current()
    ruleset = load_sources(sources)
    published.check(ruleset)
    withdrawn = sorted(before.ruleset.programs.keys() - ruleset.programs.keys())
    if withdrawn and not withdraw:
        raise Conflict(
            f"these programs are published and missing in the directory: {', '.join(withdrawn)}",
            hint="put them back, or withdraw them from everybody with --withdraw",
        )
    edition = published.apply(sources, announce_history=announce_history)
    fresh = edition.applied_seq != before.applied_seq
    programs = {name: versions[-1].version for name, versions in edition.ruleset.programs.items()}
    if as_json:
        told = {"applied": fresh, "hash": edition.ruleset.hash, "programs": programs, "withdrawn": withdrawn}
        click.echo(json.dumps(told))
        return
    what = ", ".join(f"{name} v{version}" for name, version in sorted(programs.items())) or "no programs"
    click.echo(f"{'published' if fresh else 'nothing new'}: {what}")
    if withdrawn:
        click.echo(f"withdrawn: {', '.join(withdrawn)}")
    if fresh:
        click.echo("the server (or: prowess work) decides everybody anew")


@click.command(name="explain")
@click.argument("person")
@click.argument("program")
@click.option("--as-of", help="A date or an RFC 3339 instant; default now.")
@click.option("--known-at", help="Judge by what was known at that date or instant; default everything.")
@click.option("--json", "as_json", is_flag=True, help="Print the decision and its account as JSON.")
@pass_prowess
def explain_command(
    prowess: Prowess, person: str, program: str, as_of: str | None, known_at: str | None, as_json: bool
) -> None:
    """Say what holds for a person in a program, on any day and as known on any day, and why.

    Example: prowess explain ada forklift-operator --as-of 2026-12-31
    """
    found = explain(prowess, person, program, as_of, known_at)
    text = json.dumps(explanation_json(found), indent=2, ensure_ascii=False) if as_json else explain_text(found)
    click.echo(text)


def _plan_text(found: Plan) -> str:
    if found.is_empty:
        return "nothing would change"
    lines = []
    for word, programs in (("new", found.added), ("changed", found.changed), ("gone", found.removed)):
        lines += [f"{word:<8} {program}" for program in programs]
    lines += [f"ladder   {name}" for name in found.ladders]
    lines += [
        f"  {change.person:<20} {change.program:<24} "
        + ", ".join(
            f"{key} {change.before[key] or '-'} -> {change.after[key] or '-'}"
            for key in change.after
            if change.before[key] != change.after[key]
        )
        for change in found.changes
    ]
    counts = ", ".join(f"{count} {name}" for name, count in sorted(found.counts.items())) or "nothing"
    lines.append(f"{len(found.changes)} of {found.people} people and programs change; announced would be: {counts}")
    return "\n".join(lines)
