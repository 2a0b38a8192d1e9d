"""Where a request comes from: what trusted proxies say, and what anybody else says is not heard."""

from __future__ import annotations

from ipaddress import ip_network

import pytest

from lrs.proxies import Proxies

NEAR = "10.0.0.1"
PROXIES = Proxies([ip_network("10.0.0.0/24"), ip_network("192.0.2.1/32"), ip_network("2001:db8::/64")])


def address(*lines: str, peer: str = NEAR) -> str:
    return PROXIES.caller(peer, "http", [("x-forwarded-for", line) for line in lines])[0]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["203.0.113.9"], "203.0.113.9"),
        (["203.0.113.9, 10.0.0.2"], "203.0.113.9"),
        (["203.0.113.9,192.0.2.1 ,\t10.0.0.2"], "203.0.113.9"),
        (["203.0.113.9, 2001:db8::7"], "203.0.113.9"),
        (["6.6.6.6, 203.0.113.9, 10.0.0.2"], "203.0.113.9"),
        (["6.6.6.6", "203.0.113.9"], "203.0.113.9"),
        (["6.6.6.6, 10.0.0.3", "203.0.113.9", "10.0.0.2"], "203.0.113.9"),
        (["10.0.0.9, 10.0.0.2"], "10.0.0.9"),
        (["nonsense, , 203.0.113.9"], "203.0.113.9"),
        (["2a00::9"], "2a00::9"),
        (["2A00:0:0::9"], "2a00::9"),
        (["::ffff:203.0.113.9"], "203.0.113.9"),
        (["203.0.113.9, ::ffff:10.0.0.2"], "203.0.113.9"),
        (["203.0.113.9:50123"], "203.0.113.9"),
        (["[2a00::9]:50123"], "2a00::9"),
        (["[2a00::9]"], "2a00::9"),
    ],
)
def test_the_client_is_the_first_before_the_trusted_proxies(lines: list[str], found: str) -> None:
    assert address(*lines) == found


@pytest.mark.parametrize(
    "line",
    [
        "",
        " ",
        "unknown",
        "203.0.113.9,",
        "203.0.113.9, nonsense",
        "203.0.113.9, nonsense, 10.0.0.2",
        "203.0.113",
        "203.0.113.09",
        "203.0.113.999",
        "3405803785",
        "203.0.113.9/32",
        "203.0.113.9:",
        "203.0.113.9:port",
        "2a00::9]:1",
        "[203.0.113.9",
        "fe80::1%<b>",
        "_hidden",
        '"[2a00::9]"',
        "for=203.0.113.9",
    ],
)
def test_what_cannot_be_read_leaves_the_address_of_the_connection(line: str) -> None:
    assert address(line) == NEAR


def test_nothing_said_leaves_the_address_of_the_connection() -> None:
    assert address() == NEAR


@pytest.mark.parametrize("peer", ["203.0.113.9", "10.0.1.1", "2001:db9::1", "", "nonsense", "::ffff:203.0.113.9"])
def test_what_others_say_is_not_believed(peer: str) -> None:
    said = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-proto", "https")]
    assert PROXIES.caller(peer, "http", said) == (peer, "http")
    assert Proxies().caller(NEAR, "http", said) == (NEAR, "http")


@pytest.mark.parametrize("peer", ["10.0.0.1", "::ffff:10.0.0.1", "192.0.2.1", "2001:db8::9"])
def test_a_proxy_is_known_however_its_address_is_written(peer: str) -> None:
    assert address("203.0.113.9", peer=peer) == "203.0.113.9"


@pytest.mark.parametrize(
    ("said", "scheme"),
    [
        (["https"], "https"),
        (["HTTPS"], "https"),
        (["http"], "http"),
        (["https, http"], "http"),
        (["http", "https"], "https"),
        (["javascript"], "http"),
        ([""], "http"),
        ([], "http"),
    ],
)
def test_the_scheme_is_what_the_nearest_proxy_says(said: list[str], scheme: str) -> None:
    assert PROXIES.caller(NEAR, "http", [("x-forwarded-proto", one) for one in said]) == (NEAR, scheme)
