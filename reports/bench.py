"""What reading reports costs: each of them, over HTTP, of a made-up organisation."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from lrs.bench.findings import Findings, Setting
from lrs.bench.http import Target, loaded, prowess_command, running, set_up
from lrs.bench.load import Loader
from lrs.bench.traffic import head
from lrs.jobs import LANES
from lrs.prowess import Prowess, installed_plugins
from reports.catalogue import CATALOGUE
from rules.bench.store import organise, people_of


def measure(setting: Setting) -> Findings:
    """Each report as JSON, its first page, on one connection."""
    found = setting.findings()
    with Prowess(set_up(setting), installed_plugins()) as prowess:
        credential, secret = prowess.credentials.create("bench-reports", ["reports"])
        people = people_of(setting.statements)
        found.facts["people"] = f"{people:,}, in ten programs each"
        organise(prowess, people)
        for lane in LANES:
            prowess.work.drain(lane)
    with (
        Loader() as loader,
        running(prowess_command(setting.home, "serve", "--port", "0"), setting.environ) as (url, pids),
    ):
        target = Target(loader, url, credential.key, str(secret), pids=pids)
        for name in CATALOGUE:
            load = partial(_reads, target.key, target.secret, name)
            found.rows.append(loaded(f"{name}.json", target, load, 1, setting.seconds / 2).told())
    return found


def _reads(key: str, secret: str, name: str, host: str) -> Iterator[bytes]:
    while True:
        yield head("GET", f"/reports/{name}.json", key, secret, host) + b"\r\n\r\n"
