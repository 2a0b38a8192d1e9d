"""`prowess test`: the cases that stand in programs, decided."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from rules.language import load_draft
from rules.refusals import refusing
from rules.trials import Outcome, rejections, report, run


@click.command(
    "test",
    epilog="Example:  prowess test programs/",
    help="Run the tests that stand in programs: what is given, decided by the same rules, against what is expected.",
)
@click.argument("programs", type=click.Path(path_type=Path), default=Path("programs"))
@click.option("-k", "words", help="Only tests with this text in their name or their program's.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def trial_command(programs: Path, words: str | None, as_json: bool) -> None:
    with refusing(as_json):
        draft = load_draft(programs)
    wanted = [trial for trial in draft.trials if words is None or words in f"{trial.program} {trial.name}"]
    outcomes = [run(draft.ruleset, trial) for trial in wanted]
    failed = sum(not outcome.is_ok for outcome in outcomes)
    if as_json:
        click.echo(json.dumps(report(outcomes), indent=2, ensure_ascii=False, default=str))
    else:
        for line in _lines(outcomes):
            click.echo(line)
        click.echo(f"{len(outcomes) - failed} passed, {failed} failed" if outcomes else "no tests")
    if failed:
        raise click.exceptions.Exit(1)


def _lines(outcomes: Iterable[Outcome]) -> Iterator[str]:
    for (program, version), some in groupby(
        outcomes, key=lambda outcome: (outcome.trial.program, outcome.trial.version)
    ):
        yield f"{program} v{version}"
        for outcome in some:
            yield f"  {'ok  ' if outcome.is_ok else 'FAIL'}  {outcome.trial.name}"
            if not outcome.is_ok:
                yield from _why(outcome)


def _why(outcome: Outcome) -> Iterator[str]:
    """What differs, each with its place, and what the proof says about it."""
    trial = outcome.trial
    for difference in outcome.differences:
        mark = trial.marks.get(difference.key.partition(".")[0], trial.mark)
        yield f"        {trial.file}:{mark.line}:{mark.column}: {difference.key}"
        yield f"          expected  {_shown(difference.expected)}"
        yield f"          got       {_shown(difference.got)}"
    reasons = [f"missing {gap['criterion']}: {gap['text']} ({gap['reason']})" for gap in outcome.decision["gaps"]]
    rejected = dict.fromkeys(rejections(outcome.decision["proof"]))
    reasons += [f"rejected {outcome.said.get(statement, statement)}: {reason}" for statement, reason in rejected]
    yield from (f"        {reason}" for reason in reasons)


def _shown(value: Any) -> str:
    if value is None:
        return "nothing"
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)
