"""Behind a reverse proxy: whose forms are taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from lrs.web.accounts import create_account
from tests.conftest import Served
from tests.servers import sqlite_at
from tests.smtp import make_certificate
from tests.web.browser import Browser
from tests.web.reverse_proxy import ReverseProxy, reverse_proxy

PASSWORD = "a quiet morning walk"
PUBLIC = "https://prowess.example.org"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("proxy"))


@pytest.fixture
def behind(
    serve: Callable[..., Served], certificate: tuple[Path, Path], tmp_path: Path
) -> Iterator[Callable[..., ReverseProxy]]:
    """A store with the account grace behind a proxy that puts its own Host: `behind(**environment)`."""
    with ExitStack() as stack:

        def start(**environment: str) -> ReverseProxy:
            served = serve(sqlite_at(tmp_path / f"{uuid4()}.db"), **environment)
            create_account(served.prowess, "grace", PASSWORD, "analyst")
            return stack.enter_context(reverse_proxy(served.url, certificate, X_Forwarded_Proto="https"))

        yield start


def browser(proxy: ReverseProxy, origin: str = PUBLIC) -> Browser:
    """One that shows a page of the origin."""
    opened = Browser(proxy.url)
    opened.session.headers.update({"Origin": origin, "Sec-Fetch-Site": "same-origin"})
    opened.session.verify = str(proxy.certificate)
    return opened


@pytest.mark.parametrize(
    ("public", "origin"),
    [
        (PUBLIC, PUBLIC),
        (f"{PUBLIC}/", PUBLIC),
        (f"{PUBLIC}:443", PUBLIC),
        ("https://Prowess.Example.org", PUBLIC),
        (f"{PUBLIC}:8443", f"{PUBLIC}:8443"),
        ("http://prowess.example.org:80", "http://prowess.example.org"),
        ("https://münchen.example", "https://xn--mnchen-3ya.example"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_nobody_could_sign_in_behind_a_proxy_that_rewrites_host(
    behind: Callable[..., ReverseProxy], public: str, origin: str
) -> None:
    grace = browser(behind(PROWESS_SERVER_PUBLIC_URL=public), origin)
    signed_in = grace.sign_in("grace", PASSWORD)
    assert (signed_in.status_code, signed_in.headers["Location"]) == (303, "/")
    home = grace.page("/")
    assert grace.post("/sign-out", csrf=home.hidden("csrf")).status_code == 303


@pytest.mark.parametrize(
    "origin",
    [
        "http://prowess.example.org",
        f"{PUBLIC}:8443",
        "https://prowess.example.org.evil.example",
        "https://evil.example/prowess.example.org",
        "https://evil.example",
        "https://example.org",
        f"{PUBLIC}/",
        f"{PUBLIC}@evil.example",
        f"{PUBLIC}, https://evil.example",
        "null",
        "",
        "http://[",
    ],
)
def test_only_the_very_origin_of_the_public_address_is_let_in(behind: Callable[..., ReverseProxy], origin: str) -> None:
    assert browser(behind(PROWESS_SERVER_PUBLIC_URL=PUBLIC), origin).sign_in("grace", PASSWORD).status_code == 403


def test_a_refused_origin_did_not_say_how_to_mend_it(behind: Callable[..., ReverseProxy]) -> None:
    proxy = behind()
    with capture_logs() as logs:
        refused = browser(proxy).sign_in("grace", PASSWORD)
    assert refused.status_code == 403
    assert "another site, https://prowess.example.org: open the page here" in refused.text
    assert "set server.public_url to the address that browsers show, or let the proxy pass on Host" in refused.text
    (said,) = [one for one in logs if one["event"] == "form of another site refused"]
    assert (said["origin"], said["host"]) == (PUBLIC, proxy.target)


def test_a_page_of_another_site_is_refused_whatever_its_origin_says(behind: Callable[..., ReverseProxy]) -> None:
    grace = browser(behind(PROWESS_SERVER_PUBLIC_URL=PUBLIC))
    grace.session.headers["Sec-Fetch-Site"] = "cross-site"
    assert grace.sign_in("grace", PASSWORD).status_code == 403
