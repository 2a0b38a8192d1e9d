"""Pictures of the pages of curricula, cohorts, digests and reviews: `python -m tests.cadence.look DIRECTORY [NAME,NAME]`.

With a paper for each of curricula as PDF: what comes out of a printer.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from lrs.app import create_app
from lrs.clock import ManualClock
from lrs.config import load_settings
from lrs.ids import SeededIds
from lrs.jobs import LANES
from lrs.migrate import migrate
from lrs.prowess import Prowess, installed_plugins
from lrs.server import Server
from lrs.web.accounts import create_account
from lrs.web.sessions import SESSION_COOKIE
from rules.published.composition import published_of
from rules.published.store import Source
from tests.cadence.test_curricula import PROGRAMS
from tests.reports.rows import Rows, us
from tests.servers import sqlite_at
from tests.web.look import CHROMIUM, DARK, LIGHT, WIDTHS, SignedInFor, shoot, sign_in
from tests.web.organisation import PASSWORD

PAGES = {
    "curricula": ("/curricula", 800),
    "curriculum": ("/curricula/driver", 1500),
    "cohorts": ("/reports/cohorts", 900),
    "cohort-members": ("/reports/cohort-members", 1000),
    "due-soon": ("/reports/due-soon?within=365", 1000),
    "newly-proficient": ("/reports/newly-proficient", 900),
    "reviews": ("/reviews", 700),
    "review": ("/reviews/lift", 1000),
    "digests": ("/digests", 800),
}
DIGESTS = "[{name: managers, title: Your team, every: monthly, day: first-monday, to: [managers], team: all}]"
REVIEWED = "benefit: {learner: May"
REVIEW = "review: {every: P1Y, owner: lead, inputs: [pass-rates, waivers, survey]}\nbenefit: {learner: May"


def build(directory: Path) -> Prowess:
    """A hundred drivers and clerks, who began over two years."""
    file = directory / "config.yaml"
    file.write_text(f"runner: {{kind: none}}\nreports: {{digests: {DIGESTS}}}\n")
    plugins = installed_plugins()
    sections = {plugin.name: plugin.settings for plugin in plugins if plugin.settings}
    clock = ManualClock(us("2026-06-30") + 12 * 3_600_000_000)
    environ = {"PROWESS_DATABASE_URL": sqlite_at(directory / "store.db")}
    prowess = Prowess(load_settings(file, environ=environ, sections=sections), plugins, clock, SeededIds(5))
    migrate(prowess.database, prowess.plugins)
    rows = Rows(prowess)
    rows.person("lee", "Lee Okafor", job="lead", site="us-1")
    for number in range(100):
        id_, job = f"p{number:03}", "driver" if number % 3 else "clerk"
        since = f"202{5 + number // 70}-{1 + number % (6 if number // 70 else 12):02}-{1 + number % 27:02}"
        rows.person(id_, f"Person {number}", job=job, site="us-1" if number % 4 else "de-1", manager="lee", since=since)
        done = us(since) + (5 + number % 40) * 86_400_000_000
        for place, name in enumerate(("theory", "exam", "a", "conduct", "survey")):
            if (number * 7 + place) % 5:
                verb = {"theory": "passed", "exam": "passed", "survey": "responded"}.get(name, "completed")
                at = done + place * 3_600_000_000
                rows.evidence(id_, f"https://x.example/{name}", at, verb, raw="9", most="10")
    published_of(prowess).apply([Source("programs.yaml", PROGRAMS.replace(REVIEWED, REVIEW))])
    while any([prowess.work.drain(lane) for lane in LANES]):  # noqa: C419 - both, each time
        pass
    create_account(prowess, "ada", PASSWORD, "admin", person="p001")
    return prowess


def printed(url: str, file: Path) -> None:
    with tempfile.TemporaryDirectory() as profile:
        options = (f"--user-data-dir={profile}", f"--print-to-pdf={file}", "--no-pdf-header-footer")
        subprocess.run([*CHROMIUM, *options, url], check=True, capture_output=True, timeout=60)


def main() -> None:
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    only = sys.argv[2].split(",") if len(sys.argv) > 2 else [*PAGES]
    with ExitStack() as stack:
        prowess = stack.enter_context(build(Path(tempfile.mkdtemp(prefix="prowess-look-"))))
        app = create_app(prowess)
        wrapped = SignedInFor(app.wsgi_app)
        app.wsgi_app = wrapped  # type: ignore[method-assign]
        server = Server(app, host="127.0.0.1", port=0)
        stack.callback(server.serve_in_thread())
        wrapped.cookie = f"{SESSION_COOKIE}={sign_in(server.url, PASSWORD).cookies[SESSION_COOKIE]}"
        for name in only:
            path, height = PAGES[name]
            for width in WIDTHS:
                for scheme in (LIGHT, DARK):
                    file = directory / f"{name}-{width}-{'dark' if scheme == DARK else 'light'}.png"
                    shoot(server.url + path, file, width, height if width > 600 else 1500, scheme)
            if name == "curriculum":
                printed(server.url + path, directory / "curriculum.pdf")


if __name__ == "__main__":
    main()
