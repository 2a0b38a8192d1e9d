"""A statement's page says which decisions it fed, or why it fed none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lrs.web.accounts import create_account
from tests.journey.house import House, house_in, passed, voiding
from tests.web.browser import Browser, Page, close_clients

PASSWORD = "a quiet morning walk"


@pytest.fixture
def house(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setenv("PROWESS_SERVER_PUBLIC_URL", "http://prowess.example")  # cookies of https would not come back
    with house_in(tmp_path, database_url, light=True) as house:
        house.furnish()
        house.serve_here()
        create_account(house.prowess, "grace", PASSWORD, "analyst")
        yield house
        close_clients()


def test_a_statement_s_page_says_which_decisions_it_fed(house: House) -> None:
    browser = Browser(house.url)
    browser.sign_in("grace", PASSWORD)

    def page(id_: str) -> Page:
        found = browser.page(f"/statements/{id_}")
        assert found.faults == []
        assert "Decisions it fed" in found.words
        return found

    (good,) = house.post(passed("ada@example.org"))
    (late,) = house.post(passed("ada@example.org", score=0.5))
    (weak,) = house.post(passed("grace@example.org", score=0.5))
    (stranger,) = house.post(passed("nobody@example.org"))
    (other,) = house.post(passed("ada@example.org", object={"id": "https://lms.example/picnic"}))
    house.drain()
    assert "Ada Byron Forklift used as proof valid" in page(good).words
    assert "prowess explain ada forklift" in page(good).words
    assert "Ada Byron Forklift read, and it changes nothing valid" in page(late).words
    assert "Grace Hopper Forklift rejected: score below min none" in page(weak).words
    assert "no person has its actor as an identifier" in page(stranger).words
    assert "no criterion of a published program looks for" in page(other).words
    (ours,) = [one["id"] for one in house.statements() if one["verb"]["id"].endswith("certified")]
    assert "Decisions it fed" not in browser.page(f"/statements/{ours}").words

    house.post(voiding(good))
    house.drain()
    assert "None any more: it was voided." in page(good).words or "rejected: voided" in page(good).words
