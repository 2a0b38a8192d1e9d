"""Take pictures of the pages with Chromium, to be looked at: `python -m tests.web.look DIRECTORY [--only NAME]`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import requests

from lrs.app import create_app
from lrs.prowess import Prowess
from lrs.server import Server
from lrs.web.sessions import SESSION_COOKIE
from tests.store.sending import VERSION, statement
from tests.web.organisation import PASSWORD, build

CHROMIUM = (
    "chromium",
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
WIDTHS = (1280, 390)
LIGHT, DARK = 1, 0
PAGES = {
    "sign-in": ("/sign-in", 720, False),
    "home": ("/", 1080, True),
    "reports": ("/reports", 800, True),
    "compliance-overview": ("/reports/compliance-overview", 1150, True),
    "standing": ("/reports/standing?unit=dispatch", 1150, True),
    "expiring": ("/reports/expiring?within=90", 1150, True),
    "overdue": ("/reports/overdue", 1150, True),
    "register": ("/reports/certification-register?award=valid", 1150, True),
    "transcript": ("/reports/transcript?person=p007", 1000, True),
    "data-health": ("/reports/data-health", 1150, True),
    "statements": ("/statements", 1000, True),
    "quarantine": ("/quarantine", 800, True),
    "audit": ("/audit", 800, True),
    "password": ("/password", 720, True),
    "refused": ("/reports/overdue?untit=x", 700, True),
}

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]


class SignedInFor:
    """Requests without a cookie get one: a browser that only takes pictures cannot fill in a form."""

    def __init__(self, app: WsgiApp) -> None:
        self._app = app
        self.cookie = ""

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if environ.get("HTTP_COOKIE") is None and not environ["PATH_INFO"].startswith("/sign-in"):
            environ["HTTP_COOKIE"] = self.cookie
        return self._app(environ, start)


def sign_in(url: str, password: str) -> requests.Session:
    """A client with a session of `ada`."""
    client = requests.Session()
    client.trust_env = False
    page = client.get(f"{url}/sign-in", timeout=10).text
    token = page.partition('name="csrf" value="')[2].partition('"')[0]
    sent = client.post(f"{url}/sign-in", data={"csrf": token, "username": "ada", "password": password}, timeout=10)
    assert sent.status_code == 200, sent.text
    return client


def send_badly(url: str, prowess: Prowess) -> None:
    """Put something into quarantine."""
    key, secret = prowess.credentials.create("open-edx", ["statements/write"], bad_statements="quarantine")
    bad = statement(result={"score": {"min": 0, "max": 0, "raw": 0}}, context={"platform": "Open edX"})
    worse = statement(actor={"mbox": "ada@example.org", "name": "Ada Byron"}, verb={"id": "passed"})
    headers = {VERSION: "1.0.3"}
    for batch in ([statement(), bad], [worse, {**statement(), "object": None}]):
        auth = (key.key, str(secret))
        requests.post(f"{url}/xapi/statements", json=batch, auth=auth, headers=headers, timeout=10)


def shoot(url: str, file: Path, width: int, height: int, scheme: int) -> None:
    with tempfile.TemporaryDirectory() as profile:
        options = (f"--user-data-dir={profile}", f"--blink-settings=preferredColorScheme={scheme}")
        size = (f"--window-size={width},{height}", f"--screenshot={file}")
        subprocess.run([*CHROMIUM, *options, *size, url], check=True, capture_output=True, timeout=60)


def main() -> None:
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    only = (
        sys.argv[sys.argv.index("--only") + 1].split(",")
        if "--only" in sys.argv
        else [*list(PAGES), "statement", "quarantined"]
    )
    prowess = build(Path(tempfile.mkdtemp(prefix="prowess-look-")))
    app = create_app(prowess)
    wrapped = SignedInFor(app.wsgi_app)
    app.wsgi_app = wrapped  # type: ignore[method-assign]
    server = Server(app, host="127.0.0.1", port=0)
    stop = server.serve_in_thread()
    send_badly(server.url, prowess)
    client = sign_in(server.url, PASSWORD)
    wrapped.cookie = f"{SESSION_COOKIE}={client.cookies[SESSION_COOKIE]}"
    pages = dict(PAGES)
    listed = client.get(f"{server.url}/statements?verb=http://adlnet.gov/expapi/verbs/passed", timeout=10).text
    pages["statement"] = (
        "/statements/" + listed.partition('scope="row"')[2].partition("/statements/")[2][:36],
        1000,
        True,
    )
    listed = client.get(f"{server.url}/quarantine", timeout=10).text
    pages["quarantined"] = ("/quarantine/" + listed.partition('"/quarantine/')[2][:36], 1150, True)
    for name in only:
        path, height, both = pages[name]
        for width in WIDTHS:
            for scheme in (LIGHT, DARK) if both else (LIGHT,):
                file = directory / f"{name}-{width}-{'dark' if scheme == DARK else 'light'}.png"
                shoot(server.url + path, file, width, height if width > 600 else 1300, scheme)
                sys.stdout.write(f"{file}\n")
    stop()


if __name__ == "__main__":
    main()
