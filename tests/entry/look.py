"""Take pictures of the pages on which evidence is entered: `python -m tests.entry.look DIRECTORY [NAME,…]`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from lrs.web.sessions import SESSION_COOKIE
from tests.conftest import start_server
from tests.entry.desk import Office, database_in, fill_in, open_office
from tests.entry.test_credentials import hand_in, waiting
from tests.web.browser import Browser
from tests.web.look import DARK, LIGHT, WIDTHS, SignedInFor, shoot

PAGES = {
    "enter": ("grace", "/enter", 900),
    "sign-off": ("grace", "/sign-off?activity=practical", 900),
    "sign-off-form": ("grace", "/sign-off?person=ada&activity=practical", 1100),
    "attendance": ("grace", "/attendance?activity=toolbox-talk&date=2026-06-29&group=reports", 1200),
    "credentials": ("ada", "/credentials", 1200),
    "review": ("root", "/credentials/review", 700),
    "acts": ("root", "/acts", 900),
    "act": ("grace", "/acts?person=ada&program=forklift&act=waive", 1100),
    "survey": ("ada", "/surveys?activity=toolbox-talk", 900),
    "stray": ("stray", "/enter", 600),
}


def main() -> None:
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    only = sys.argv[2].split(",") if len(sys.argv) > 2 else [*PAGES, "review-one"]
    served, stop = None, None

    def serve(*arguments: object, **options: object) -> object:
        nonlocal served, stop
        served, stop = start_server(*arguments, **options)  # type: ignore[arg-type]
        return served

    office: Office = open_office(serve, database_in(Path(tempfile.mkdtemp(prefix="prowess-look-"))))  # type: ignore[arg-type]
    pages = {**PAGES, "review-one": ("root", _lived_in(office), 1000)}
    cookies = {name: office.browser(name).session.cookies[SESSION_COOKIE] for name, *_ in pages.values()}
    app = office.served.app
    wrapped = SignedInFor(app.wsgi_app)
    app.wsgi_app = wrapped  # type: ignore[method-assign]
    for name in only:
        who, path, height = pages[name]
        wrapped.cookie = f"{SESSION_COOKIE}={cookies[who]}"
        for width in WIDTHS:
            for scheme in (LIGHT, DARK) if name == "sign-off-form" else (LIGHT,):
                file = directory / f"{name}-{width}-{'dark' if scheme == DARK else 'light'}.png"
                shoot(office.served.url + path, file, width, height if width > 600 else 1300, scheme)
                sys.stdout.write(f"{file}\n")
    assert stop is not None
    stop()


def _lived_in(office: Office) -> str:
    """Enter a few things; returns the address of a certificate that waits."""
    grace, ada = office.browser("grace"), office.browser("ada")
    fill_in(grace, "/sign-off?person=ada&activity=practical", outcome="done", date="2026-06-29")
    fill_in(grace, PAGES["act"][1], reason="Broken leg until the autumn", criteria=["exam"], until="2026-09-30")
    hand_in(ada)
    root: Browser = office.browser("root")
    return waiting(root)


if __name__ == "__main__":
    main()
