"""`make mutants`: judges the mutants of the rules, and holds docs/mutants.md to what survives.

A survivor that the page does not name fails, and so does a name on the page that no survivor has.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import click
import pytest

from tests.mutants.judge import PYTEST, Judge, survives_import
from tests.mutants.make import Mutant, make

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "mutants.md"
BESIDE = ("moments.py", "decisions/scoring.py", "decisions/transitions.py")
MODULES = [*sorted((ROOT / "rules" / "decide").glob("*.py")), *(ROOT / "rules" / name for name in BESIDE)]


def main(names: Sequence[str]) -> int:
    paths = [path for path in MODULES if not names or path.stem in names]
    mutants = [mutant for path in paths for mutant in make(path)]
    explained = set(re.findall(r"^- `([^`]+)`: \S", PAGE.read_text(), re.MULTILINE))
    survivors: list[Mutant] = []

    def survived(mutant: Mutant) -> None:
        survivors.append(mutant)
        click.echo(f"{'explained' if mutant.text in explained else 'survived'}: {mutant}")

    for mutant in mutants:
        if not mutant.function and survives_import(mutant):
            survived(mutant)
    if pytest.main([*PYTEST], plugins=[Judge([mutant for mutant in mutants if mutant.function], survived)]):
        return 2
    _print_scores(paths, mutants, survivors)
    texts, stems = {mutant.text for mutant in survivors}, {path.stem for path in paths}
    gone = {text for text in explained - texts if re.split(r"[.:]", text)[0] in stems}
    for mutant in survivors:
        if mutant.text not in explained:
            click.echo(f"not explained: {mutant}")
    for text in sorted(gone):
        click.echo(f"explained, but it does not survive: {text}")
    return int(bool(texts - explained or gone))


def _print_scores(paths: Sequence[Path], mutants: Sequence[Mutant], survivors: Sequence[Mutant]) -> None:
    made, left = (Counter(mutant.path for mutant in which) for which in (mutants, survivors))
    click.echo("\n| module | mutants | killed | score |\n|---|---|---|---|")
    for path in paths:
        if made[path]:
            killed = made[path] - left[path]
            click.echo(f"| `{path.relative_to(ROOT)}` | {made[path]} | {killed} | {killed / made[path]:.1%} |")
    killed = len(mutants) - len(survivors)
    click.echo(f"| all | {len(mutants)} | {killed} | {killed / len(mutants):.1%} |")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
