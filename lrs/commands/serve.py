"""`prowess serve` and `prowess work`."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import click

from lrs import memory, rq_runner
from lrs.app import create_app
from lrs.cli_context import invocation
from lrs.errors import ConfigError
from lrs.jobs import LANES
from lrs.logs import configure_logs, get_logger
from lrs.migrate import ahead, migrate
from lrs.server import Server

log = get_logger(__name__)

_GLANCE = 0.2
"""Seconds between two looks at the lanes."""


@click.command()
@click.option("--host", help="Address to listen on; default server.host.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 takes a free one; default server.port.")
def serve(host: str | None, port: int | None) -> None:
    """Serve xAPI, the API and the pages, and work behind them; migrates first when that is due.

    Example: prowess --config my-prowess/config.yaml serve --port 8080
    """
    prowess = invocation().open(current=False, host=host, port=port)
    configure_logs(prowess.settings.log)
    try:
        migrate(prowess.database, prowess.plugins)
    except BaseException:
        prowess.close()
        raise
    for name, revision in ahead(prowess.database, prowess.plugins).items():
        log.warning("a later version has migrated the tables; this one can run on them", plugin=name, revision=revision)
    server = Server(create_app(prowess))
    server.stop_on_signals()
    click.echo(f"Prowess serves {server.url}  (xAPI at {server.url}/xapi)")
    sys.stdout.flush()
    memory.settle()
    server.serve()


@click.command()
@click.option(
    "--lane", "lanes", multiple=True, type=click.Choice(LANES), help="Only this lane; default: one process for each."
)
@click.option("--burst", is_flag=True, help="Stop when nothing is queued.")
def work(lanes: tuple[str, ...], burst: bool) -> None:
    """Be the worker of an RQ installation: decisions in one lane, deliveries in the other.

    Example: prowess --config config.yaml work
    """
    chosen = lanes or LANES
    with invocation().open() as prowess:
        configure_logs(prowess.settings.log)
        if prowess.runner_kind != "rq":
            raise ConfigError(
                "there is nothing to work for: the server runs its own lanes", hint="set redis.url to use RQ"
            )
        if len(chosen) == 1:
            click.echo(f"working: {chosen[0]}")
            sys.stdout.flush()
            memory.settle()
            rq_runner.work(prowess, chosen, burst=burst)
            return
    sys.exit(_work_in_processes(chosen, burst=burst))


def _work_in_processes(lanes: tuple[str, ...], *, burst: bool) -> int:
    """One process for each lane, so that a slow LMS never holds up a decision; ends when the first of them ends.

    SIGTERM and SIGINT stop them all.  Exit code 0 when told to stop, else that of the lane that ended.
    """
    config = invocation().config_path
    base = [sys.executable, "-m", "lrs.cli", *(["--config", str(config)] if config else []), "work"]
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    children = [subprocess.Popen([*base, "--lane", lane, *(["--burst"] if burst else [])]) for lane in lanes]  # noqa: S603
    try:
        while not stopping.wait(_GLANCE):
            ended = [child for child in children if child.poll() is not None]
            if len(ended) == len(children) or (ended and not burst):
                return max(abs(int(child.returncode)) for child in ended)
        return 0
    finally:
        for child in children:
            child.terminate()
        for child in children:
            child.wait()
