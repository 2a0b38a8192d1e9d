"""`prowess plan | apply | rollback | history`: what is published, what would change, and going back."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from lrs.cli_context import pass_prowess
from lrs.clock import to_datetime
from lrs.errors import BadRequest, NotFound
from lrs.prowess import Prowess
from lrs.store.tables import DEFAULT_TENANT
from rules.facts import dirty
from rules.lint import Finding
from rules.published import editions
from rules.published.composition import published_of
from rules.published.store import Source, load_sources, read_sources
from rules.publishing.files import unreached
from rules.publishing.plan import file as plan_file
from rules.publishing.plan.text import FIRST, text
from rules.publishing.proposal import Outcome, Proposal, again, propose, publish, record, restore

_DIRECTORY = click.Path(path_type=Path, exists=True, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False, writable=True)
CHANGES = 3

_out = click.option("--out", type=_FILE, metavar="PLAN.json", help="Write the plan, for: prowess apply PLAN.json.")
_exit_code = click.option("--exit-code", is_flag=True, help="Exit with 3 when anything would change.")
_all = click.option("--all", "every", is_flag=True, help="Name everybody, not only the first of each kind.")
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_announce = click.option(
    "--announce-history", is_flag=True, help="Also announce awards that older statements already earned."
)
_withdraw = click.option(
    "--withdraw", is_flag=True, help="Withdraw published programs that are missing in what is published now."
)
_by = click.option("--by", metavar="NAME", help="Who publishes; the history keeps it.")


@click.command(name="plan")
@click.argument("directory", type=_DIRECTORY, required=False)
@_exit_code
@_all
@_announce
@_json
@_out
@pass_prowess
def plan_command(
    prowess: Prowess,
    directory: Path | None,
    exit_code: bool,
    every: bool,
    announce_history: bool,
    as_json: bool,
    out: Path | None,
) -> None:
    """Show what publishing the programs of a directory would change: who gains, who loses, which dates move, which
    notices and which messages to other systems would follow.  Nothing is changed.

    Example: prowess plan programs --out plan.json
    """
    sources = read_sources(_programs_directory(prowess, directory))
    proposal = propose(
        prowess, published_of(prowess), sources, load_sources(sources), announce_history=announce_history
    )
    _show(prowess, proposal, every=every, as_json=as_json, out=out)
    if exit_code and not proposal.plan.is_empty:
        sys.exit(CHANGES)


@click.command(name="apply")
@click.argument("what", metavar="[DIRECTORY|PLAN.json]", type=click.Path(path_type=Path, exists=True), required=False)
@click.option(
    "--tolerance",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="How many outcomes may differ from the plan.",
)
@_announce
@_withdraw
@_by
@_json
@pass_prowess
def apply_command(
    prowess: Prowess,
    what: Path | None,
    tolerance: int,
    announce_history: bool,
    withdraw: bool,
    by: str | None,
    as_json: bool,
) -> None:
    """Publish the programs of a directory, or a plan exactly as it was planned; everybody is judged by them from now on.

    A plan is refused when other programs were published since, or when the facts moved so that it would come out
    otherwise or tell others.  Awards that follow from statements of before are kept, but only announced (as statements and to the LMS)
    with --announce-history.

    Example: prowess apply plan.json
    """
    published = published_of(prowess)
    if what is not None and what.is_file():
        if announce_history:
            raise BadRequest("a plan says itself whether history is announced", hint="plan with --announce-history")
        proposal = again(prowess, published, plan_file.load(what), tolerance=tolerance)
        _warn(prowess, proposal.sources)
        _tell(publish(published, proposal, withdraw=withdraw, by=by), prowess.worker, as_json)
        return
    sources = read_sources(_programs_directory(prowess, what))
    before = published.current()
    ruleset = load_sources(sources)
    published.check(ruleset)
    _warn(prowess, sources)
    done = record(published, sources, ruleset, before, withdraw=withdraw, by=by, announce_history=announce_history)
    _tell(done, prowess.worker, as_json)


@click.command(name="rollback")
@click.option("--to", "name", metavar="HASH|N", help="Which edition; default the one before the newest.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_exit_code
@_all
@_announce
@_withdraw
@_by
@_json
@_out
@pass_prowess
def rollback_command(
    prowess: Prowess,
    name: str | None,
    yes: bool,
    exit_code: bool,
    every: bool,
    announce_history: bool,
    withdraw: bool,
    by: str | None,
    as_json: bool,
    out: Path | None,
) -> None:
    """Publish an earlier edition again, after showing what that changes; the history only grows.

    With --out nothing is published: look at the plan, then prowess apply PLAN.json.

    Example: prowess rollback --to 3 --by grace
    """
    published = published_of(prowess)
    with prowess.database.read() as conn:
        entry = editions.get(editions.history(conn, DEFAULT_TENANT), name)
    proposal = restore(prowess, published, entry, announce_history=announce_history)
    click.echo(f"edition {entry.number} of {_when(entry)}, {entry.hash[:12]}", err=as_json)
    _show(prowess, proposal, every=every, as_json=as_json and out is not None, out=out, err=as_json)
    if out is None:
        _confirm(yes)
        _tell(publish(published, proposal, withdraw=withdraw, by=by), prowess.worker, as_json)
    elif exit_code and not proposal.plan.is_empty:
        sys.exit(CHANGES)


@click.command(name="history")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
@pass_prowess
def history_command(prowess: Prowess, as_json: bool) -> None:
    """List what was published, the newest first: number, when, hash, by whom, and which programs changed.

    Example: prowess history
    """
    with prowess.database.read() as conn:
        entries = editions.history(conn, DEFAULT_TENANT)[::-1]
    if as_json:
        click.echo(json.dumps([entry.as_json() for entry in entries], ensure_ascii=False))
        return
    for entry in entries:
        parts = [f"{entry.number:>4}  {_when(entry)}  {entry.hash[:12]}"]
        parts += [f"by {entry.by}"] if entry.by else []
        parts += [f"edition {entry.restores} again"] if entry.restores else []
        click.echo("  ".join(parts))
        for word in ("added", "changed", "withdrawn", "ladders"):
            if names := getattr(entry, word):
                click.echo(f"      {word} {', '.join(names)}")
    if not entries:
        click.echo("nothing was published yet; publish programs with: prowess apply")


def _programs_directory(prowess: Prowess, given: Path | None) -> Path:
    directory = given or prowess.settings.directory / "programs"
    if not directory.is_dir():
        raise NotFound(f"there is no directory {directory}", hint="name it: prowess plan DIR")
    return directory


def _show(
    prowess: Prowess, proposal: Proposal, *, every: bool, as_json: bool, out: Path | None, err: bool = False
) -> None:
    with prowess.database.read() as conn:
        waiting = dirty.waiting(conn, DEFAULT_TENANT)
    if waiting:
        click.echo(f"{waiting} people wait to be decided; what that changes is counted here too", err=True)
    if out is not None:
        out.write_text(plan_file.text_of(proposal.as_json(prowess.clock.now())), "utf-8")
    found = _warn(prowess, proposal.sources)
    if as_json:
        told = {**proposal.plan.as_json(), "warnings": [asdict(one) for one in found]}
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    click.echo(text(proposal.plan, most=None if every else FIRST), err=err)
    if out is not None:
        click.echo(f"written to {out}; publish it with: prowess apply {out}", err=True)


def _warn(prowess: Prowess, sources: Sequence[Source]) -> list[Finding]:
    """Says whom the programs name and nobody is, beside what is printed."""
    found = unreached(prowess, sources)
    for one in found:
        click.echo(f"warning: {one.file}:{one.line}:{one.column}: {one.message}\n    {one.hint}", err=True)
    return found


def _confirm(yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise BadRequest(
            "nobody is there to confirm it", hint="say --yes, or --out PLAN.json and prowess apply PLAN.json"
        )
    click.confirm("publish it?", abort=True)


def _tell(done: Outcome, worker: str, as_json: bool) -> None:
    told = done.as_json()
    if as_json:
        click.echo(json.dumps(told))
        return
    what = ", ".join(f"{name} v{version}" for name, version in sorted(told["programs"].items())) or "no programs"
    click.echo(f"{'published' if done.is_new else 'nothing new'}: {what}")
    if done.withdrawn:
        click.echo(f"withdrawn: {', '.join(done.withdrawn)}")
    if done.is_new:
        click.echo(f"{worker} decides everybody anew")


def _when(entry: editions.Entry) -> str:
    return to_datetime(entry.applied_seq).strftime("%Y-%m-%d %H:%M:%SZ")
