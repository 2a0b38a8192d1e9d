"""`make breakages`: breaks one requirement after the other, and wants a test that names it to fail each time."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from tests.breakages.copies import Copy, OutOfDateError, edited
from tests.breakages.table import BREAKAGES, Breakage


def main(ids: Sequence[str]) -> int:
    breakages = [one for one in BREAKAGES if not ids or one.id in ids]
    if strangers := set(ids) - {one.id for one in breakages}:
        click.echo(f"not in the lot: {', '.join(sorted(strangers))}")
        return 2
    try:
        for one in breakages:
            edited(one)
    except OutOfDateError as why:
        click.echo(why)
        return 2
    with TemporaryDirectory(prefix="prowess-breakages-") as folder:
        copy = Copy(Path(folder))
        control = copy.run((one.id for one in breakages), keep_bytecode=True)
        if control.code:
            click.echo(f"{control.output}\nthese tests do not pass on the server as it is")
            return 2
        click.echo("| id | broken | killed by |\n|---|---|---|")
        killed = sum(_is_killed(copy, one) for one in breakages)
    click.echo(f"\n{killed} of {len(breakages)} killed")
    return int(killed < len(breakages))


def _is_killed(copy: Copy, breakage: Breakage) -> bool:
    with copy.broken(breakage):
        outcome = copy.run([breakage.id])
    told = f"`{outcome.failed}`" if outcome.is_killed else f"SURVIVED: {outcome.reason}"
    click.echo(f"| {breakage.id} | {breakage.broken} | {told} |")
    if outcome.code and not outcome.is_killed:
        click.echo(outcome.output, err=True)
    return outcome.is_killed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
