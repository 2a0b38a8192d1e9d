"""A store with a real mail server beside it, a clock that is moved, and rows made by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from lrs.clock import ManualClock
from lrs.config import load_settings
from lrs.ids import SeededIds
from lrs.jobs import LANES
from lrs.migrate import migrate
from lrs.prowess import Prowess, installed_plugins
from reports.reading import ReportReader
from rules.published.composition import published_of
from rules.published.store import Source
from tests.reports.rows import Rows, us
from tests.smtp import Post, smtp_server

START = "2026-06-30"


@dataclass
class Newsroom:
    """Everything a digest needs."""

    prowess: Prowess
    clock: ManualClock
    post: Post
    rows: Rows

    @property
    def reader(self) -> ReportReader:
        return ReportReader(self.prowess)

    def publish(self, text: str) -> None:
        published_of(self.prowess).apply([Source("programs.yaml", text)])

    def work(self) -> None:
        while any([self.prowess.work.drain(lane) for lane in LANES]):  # noqa: C419 - both, each time
            pass

    def until(self, day: str, hour: int = 12) -> None:
        """The engine is down until then, and then works."""
        at = us(day) + hour * 3_600_000_000
        self.clock.move(seconds=(at - self.clock.now()) / 1_000_000)
        self.work()

    def person(self, id_: str, name: str, *, manager: str | None = None, job: str = "operator") -> None:
        """Somebody with an address."""
        self.rows.person(id_, name, manager=manager, job=job, unit="dock")
        self.prowess.database.write(
            lambda conn: conn.exec_driver_sql(
                f"UPDATE person SET email = '{id_}@example.org' WHERE person_id = '{id_}'"
            )
        )

    def told(self) -> list[tuple[str, str]]:
        return [(str(one["To"]), str(one["Subject"])) for one in self.post.messages]


Open = Callable[..., Newsroom]


@pytest.fixture
def newsroom(database_url: str, tmp_path: Path) -> Iterator[Open]:
    """Opens newsrooms on each database: `newsroom(digests, start)`."""
    with ExitStack() as stack:

        def open_(digests: str = "[]", start: str = START) -> Newsroom:
            post = stack.enter_context(smtp_server())
            mail = f"mail: {{host: 127.0.0.1, port: {post.port}, security: none, sender: 'Prowess <p@example.org>'}}"
            file = tmp_path / "config.yaml"
            file.write_text(
                f"server: {{public_url: 'http://prowess.example'}}\n{mail}\nreports:\n  digests: {digests}\n"
            )
            plugins = installed_plugins()
            sections = {plugin.name: plugin.settings for plugin in plugins if plugin.settings}
            environ = {"PROWESS_DATABASE_URL": database_url, "PROWESS_RUNNER_KIND": "none"}
            clock = ManualClock(us(start) + 12 * 3_600_000_000)
            settings = load_settings(file, environ=environ, sections=sections)
            prowess = stack.enter_context(Prowess(settings, plugins, clock, SeededIds(5)))
            migrate(prowess.database, prowess.plugins)
            return Newsroom(prowess, clock, post, Rows(prowess))

        yield open_
