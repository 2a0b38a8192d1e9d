"""Take pictures of the pages about badges: `python -m tests.recognition.look DIRECTORY [NAME,…]`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from lrs.web.sessions import SESSION_COOKIE
from tests.conftest import start_server
from tests.recognition.scene import badge_of, badges_template, earn, later, open_badges, void
from tests.servers import sqlite_at
from tests.web.look import DARK, LIGHT, WIDTHS, SignedInFor, shoot

PAGES = {
    "badge": ("", "/badges/credentials/{valid}", 1300),
    "badge-back": ("", "/badges/credentials/{back}", 1300),
    "picture": ("", "/badges/achievements/forklift/1.svg", 520),
    "achievement": ("", "/badges/achievements/forklift/1", 800),
    "issuer": ("", "/badges/issuer", 500),
    "mine": ("ada", "/people/ada", 1300),
    "managers": ("grace", "/people/ada", 1000),
}


def main() -> None:
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    only = sys.argv[2].split(",") if len(sys.argv) > 2 else list(PAGES)
    stops = []

    def serve(*arguments: Any, **options: Any) -> Any:
        served, stop = start_server(*arguments, **options)
        stops.append(stop)
        return served

    home = Path(tempfile.mkdtemp(prefix="prowess-look-"))
    office = open_badges(serve, sqlite_at(home / "store.db", badges_template))
    earn(office, "ada")
    _, exam = earn(office, "bob")
    names = {"valid": badge_of(office, "ada").token, "back": badge_of(office, "bob").token}
    void(office, exam)
    later(office, days=0.01)
    cookies = {name: office.browser(name).session.cookies[SESSION_COOKIE] for name in ("ada", "grace")}
    wrapped = SignedInFor(office.served.app.wsgi_app)
    office.served.app.wsgi_app = wrapped  # type: ignore[method-assign]
    for name in only:
        who, path, height = PAGES[name]
        wrapped.cookie = f"{SESSION_COOKIE}={cookies[who]}" if who else ""
        for width in WIDTHS:
            for scheme in (LIGHT, DARK):
                file = directory / f"{name}-{width}-{'dark' if scheme == DARK else 'light'}.png"
                url = office.served.url + path.format(**names)
                shoot(url, file, width, height if width > 600 else int(height * 1.6), scheme)
                sys.stdout.write(f"{file}\n")
    for stop in stops:
        stop()


if __name__ == "__main__":
    main()
