"""`make demo`: plays the whole loop on a made-up organisation, prints what happened, and keeps serving."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import click

from reports.demo.play import Play


@click.command()
@click.option("--once", is_flag=True, help="Stop after the summary.")
@click.option("--directory", type=click.Path(path_type=Path), default=Path("demo-data"), show_default=True)
@click.option("--port", default=8080, show_default=True, help="Where to serve; another one when it is taken.")
@click.option("--statements", default=5000, show_default=True, help="About how many statements to send.")
@click.option("--seed", default=7, show_default=True)
def main(once: bool, directory: Path, port: int, statements: int, seed: int) -> None:
    """Seed an organisation, send its statements over HTTP, decide, certify, push and report.

    Example: make demo DEMO_ARGS="--once --statements 1000"
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started here ends with us
    with Play(directory, port=port, seed=seed, count=statements) as play:
        play.run()
        if once:
            play.say_how_to_come_back()
        else:
            play.keep_serving()


if __name__ == "__main__":
    main()
