"""`prowess serve` and `prowess work`."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time

import click

from lrs import memory, rq_worker
from lrs.app import create_app
from lrs.cli_context import invocation
from lrs.errors import ConfigError
from lrs.jobs import LANES, work_unwoken
from lrs.logs import get_logger
from lrs.migrate import ahead, migrate
from lrs.prowess import Prowess
from lrs.server import Server

log = get_logger(__name__)

_GLANCE = 0.2
"""Seconds between two looks at the lanes."""
_AFTERMATH = 0.2
"""Seconds in which the HTTP server's own threads end: an interpreter that is gone before one of them is aborted, though all is done."""
_DESCRIPTORS = 65_536
_NICENESS = 10
"""Of a worker beside the server: where both want the same processor, whoever answers requests goes first."""


@click.command()
@click.option("--host", help="Address to listen on; default server.host.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 takes a free one; default server.port.")
def serve(host: str | None, port: int | None) -> None:
    """Serve xAPI, the API and the pages, and work behind them; migrates first when that is due.

    Example: prowess --config my-prowess/config.yaml serve --port 8080
    """
    invocation().log_as_told()
    prowess = invocation().open(current=False, whole=True)
    try:
        migrate(prowess.database, prowess.plugins)
    except BaseException:
        prowess.close()
        raise
    for name, revision in ahead(prowess.database, prowess.plugins).items():
        log.warning("a later version has migrated the tables; this one can run on them", plugin=name, revision=revision)
    server = Server(create_app(prowess), host=host, port=port)
    server.stop_on_signals()
    click.echo(f"Prowess serves {server.url}  (xAPI at {server.url}/xapi)")
    if prowess.settings.server.public_url is None and server.url != prowess.settings.public_url:
        known = prowess.settings.public_url
        log.warning("statements and letters go on calling it otherwise; say how: server.public_url", known_as=known)
    sys.stdout.flush()
    memory.settle()
    _take_descriptors()
    server.serve()
    time.sleep(_AFTERMATH)


def _take_descriptors() -> None:
    """As many open files as we may have: by custom it begins with 1,024, and a connection takes up to three."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, _DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


@click.command()
@click.option("--lane", "lanes", multiple=True, type=click.Choice(LANES), help="Only this lane; default: both.")
@click.option("--burst", is_flag=True, help="Stop when nothing is queued.")
def work(lanes: tuple[str, ...], burst: bool) -> None:
    """Do the work behind a server's requests: decisions in one lane, deliveries in the other.

    It is woken by RQ where redis.url is set; with runner.kind none it looks for itself, all lanes in one process.

    Example: prowess --config config.yaml work
    """
    chosen = lanes or LANES
    invocation().log_as_told()
    with invocation().open(whole=True) as prowess:
        if prowess.runner_kind == "embedded":
            raise ConfigError(
                "there is nothing to work for: the server runs its own lanes",
                hint="set runner.kind: none for a worker beside the server, or redis.url for workers of RQ",
            )
        if prowess.runner_kind == "none" or len(chosen) == 1:
            click.echo(f"working: {', '.join(chosen)}")
            sys.stdout.flush()
            memory.settle()
            work_here = rq_worker.work if prowess.runner_kind == "rq" else _work_unwoken
            work_here(prowess, chosen, burst=burst)
            return
    sys.exit(_work_in_processes(chosen, burst=burst))


def _work_unwoken(prowess: Prowess, lanes: tuple[str, ...], *, burst: bool) -> None:
    if burst:
        for lane in lanes:
            prowess.work.drain(lane)
        return
    stopping = _stopping_on_signals()
    if hasattr(os, "nice"):
        os.nice(_NICENESS)
    work_unwoken(prowess.work, lanes, stopping, sweep_seconds=prowess.settings.runner.sweep_seconds)


def _work_in_processes(lanes: tuple[str, ...], *, burst: bool) -> int:
    """One process for each lane, so that a slow LMS never holds up a decision; ends when the first of them ends.

    SIGTERM and SIGINT stop them all.  Exit code 0 when told to stop, else that of the lane that ended.
    """
    config = invocation().config_path
    base = [sys.executable, "-m", "lrs.cli", *(["--config", str(config)] if config else []), "work"]
    stopping = _stopping_on_signals()
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


def _stopping_on_signals() -> threading.Event:
    """Set by SIGTERM and SIGINT."""
    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    return stopping
