"""Behind a reverse proxy: forms of the public address, and each client by its own address where the proxy is trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from lrs.prowess import Plugin
from lrs.web.accounts import create_account
from lrs.web.brake import FREE
from reports.plugin import plugin as reports
from tests.conftest import Served
from tests.servers import sqlite_at
from tests.smtp import make_certificate
from tests.web.browser import Browser
from tests.web.reverse_proxy import ReverseProxy, reverse_proxy

PASSWORD = "a quiet morning walk"
PUBLIC = "https://prowess.example.org"
TRUSTED = {"PROWESS_SERVER_TRUSTED_PROXIES": "[127.0.0.1]"}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("proxy"))


@pytest.fixture
def behind(
    serve: Callable[..., Served], certificate: tuple[Path, Path], tmp_path: Path
) -> Iterator[Callable[..., ReverseProxy]]:
    """A store with the account grace behind a proxy that puts its own Host: `behind(plugins=(), **environment)`."""
    with ExitStack() as stack:

        def start(plugins: tuple[Plugin, ...] = (), **environment: str) -> ReverseProxy:
            served = serve(sqlite_at(tmp_path / f"{uuid4()}.db"), plugins, **environment)
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


def guess(proxy: ReverseProxy, client: str, said: str | None = None, *, is_right: bool = False) -> int:
    """The status of one client's try.  said: what it sends as X-Forwarded-For itself."""
    proxy.client = client
    opened = browser(proxy)
    if said is not None:
        opened.session.headers["X-Forwarded-For"] = said
    return opened.sign_in("grace", PASSWORD if is_right else "a wrong password").status_code


def test_wrong_guesses_of_one_client_locked_the_account_for_all(behind: Callable[..., ReverseProxy]) -> None:
    proxy = behind(PROWESS_SERVER_PUBLIC_URL=PUBLIC, **TRUSTED)
    with capture_logs() as logs:
        assert [guess(proxy, "203.0.113.9") for _ in range(FREE)] == [401] * FREE
    assert guess(proxy, "203.0.113.9", is_right=True) == 429
    assert guess(proxy, "198.51.100.7", is_right=True) == 303
    assert {one["address"] for one in logs if one["event"] == "sign-in refused"} == {"203.0.113.9"}


def test_a_client_escapes_the_brake_by_no_header_of_its_own(behind: Callable[..., ReverseProxy]) -> None:
    proxy = behind(PROWESS_SERVER_PUBLIC_URL=PUBLIC, **TRUSTED)
    sent = ("192.0.2.1", "192.0.2.2", "192.0.2.3, 127.0.0.1", "nonsense", "", "192.0.2.4")
    assert [guess(proxy, "203.0.113.9", said=one) for one in sent] == [401] * FREE + [429]


def test_nobody_is_believed_where_no_proxy_is_trusted(behind: Callable[..., ReverseProxy]) -> None:
    proxy = behind(PROWESS_SERVER_PUBLIC_URL=PUBLIC)
    assert [guess(proxy, f"203.0.113.{number}") for number in range(FREE + 1)] == [401] * FREE + [429]
    elsewhere = behind(PROWESS_SERVER_PUBLIC_URL=PUBLIC, PROWESS_SERVER_TRUSTED_PROXIES="[10.0.0.0/8]")
    assert [guess(elsewhere, f"203.0.113.{number}") for number in range(FREE + 1)] == [401] * FREE + [429]


@pytest.mark.parametrize(("environment", "is_secure"), [(TRUSTED, True), ({}, False)])
def test_the_cookie_is_secure_where_a_trusted_proxy_speaks_https(
    behind: Callable[..., ReverseProxy], environment: dict[str, str], *, is_secure: bool
) -> None:
    cookie = browser(behind(**environment)).get("/sign-in").headers["Set-Cookie"]
    assert ("Secure" in cookie) is is_secure


def test_addresses_of_reports_led_past_the_proxy(behind: Callable[..., ReverseProxy]) -> None:
    grace = browser(behind((reports,), PROWESS_SERVER_PUBLIC_URL=PUBLIC))
    grace.sign_in("grace", PASSWORD)
    listed = grace.get("/reports", headers={"Accept": "application/json"}).json()["reports"]
    assert listed
    for one in listed:
        assert one["url"] == f"{PUBLIC}/reports/{one['name']}.json"
        assert one["schema"] == f"{PUBLIC}/reports/{one['name']}/schema"
