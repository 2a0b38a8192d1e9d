"""Pages of the quarantine: what is wrong is marked, forms are ours, strangers and analysts stay outside."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from lrs.web.accounts import create_account
from tests.conftest import Served
from tests.http.asking import Asker, asker
from tests.store.sending import statement
from tests.web.browser import Browser, Page

PASSWORD = "a quiet morning walk"
CANARY = "</code><script>alert(1)</script><mark>"


@pytest.fixture
def served(serve: Callable[..., Served], database_url: str) -> Served:
    served = serve(database_url)
    create_account(served.prowess, "ada", PASSWORD, "admin")
    create_account(served.prowess, "grace", PASSWORD, "analyst")
    return served


@pytest.fixture
def lenient(served: Served) -> Asker:
    return asker(served, ["statements/write", "statements/read/mine"], bad_statements="quarantine")


def signed_in(served: Served, name: str) -> Browser:
    browser = Browser(served.url)
    browser.sign_in(name, PASSWORD)
    return browser


def entry_path(ada: Browser) -> str:
    """The first entry that the list leads to."""
    links = [str(link["href"]) for link in ada.page("/quarantine").all("a")]
    return next(link for link in links if link.startswith("/quarantine/"))


def marked(page: str) -> str:
    return page.partition('<mark class="flaw">')[2].partition("</mark>")[0]


def test_a_flaw_is_marked_where_it_stands_and_no_text_becomes_markup(served: Served, lenient: Asker) -> None:
    one = statement(actor={"mbox": CANARY, "name": CANARY}, context={"extensions": {"https://x.example/e": CANARY}})
    lenient.post([statement(), one])
    ada = signed_in(served, "ada")
    assert Page(ada.get("/quarantine").text).faults == []
    answer = ada.get(entry_path(ada))
    page = Page(answer.text)
    assert page.faults == []
    assert "<script" not in answer.text
    assert "mbox" in marked(answer.text)
    assert "name" not in marked(answer.text)
    assert "$[1].actor.mbox" in page.words
    assert "XAPI-00038" in page.words


def test_an_entry_is_discarded_by_a_form_of_this_session_only(served: Served, lenient: Asker) -> None:
    lenient.post([{"actor": 1}])
    ada = signed_in(served, "ada")
    path = entry_path(ada)
    assert ada.post(f"{path}/discard").status_code == 403
    assert ada.post(f"{path}/discard", csrf="x").status_code == 403
    token = ada.page(path).hidden("csrf")
    foreign = ada.session.post(
        served.url + f"{path}/discard", data={"csrf": token}, headers={"Origin": "https://evil.example"}, timeout=20
    )
    assert foreign.status_code == 403
    done = ada.post(f"{path}/discard", csrf=token)
    assert (done.status_code, done.headers["Location"]) == (303, "/quarantine")
    assert "Nothing waits here" in ada.page("/quarantine").words
    assert "discarded" in ada.page(path).words
    assert ada.post(f"{path}/discard", csrf=token).status_code == 409


def test_a_statement_in_quarantine_was_discarded_on_one_tap(served: Served, lenient: Asker) -> None:
    lenient.post([{"actor": 1}])
    ada = signed_in(served, "ada")
    path = entry_path(ada)
    forms = [str(one["action"]) for one in ada.page(path).all("form")]
    assert f"{path}/discard" not in forms
    page = ada.page(f"{path}/discard")
    assert page.faults == []
    assert "This cannot be undone" in page.words
    assert "waiting" in ada.page(path).words
    assert ada.post(f"{path}/discard", csrf=page.hidden("csrf")).status_code == 303
    assert ada.get(f"{path}/discard").status_code == 409


def test_an_entry_that_is_still_bad_says_so_and_one_that_is_good_becomes_a_statement(
    served: Served, lenient: Asker
) -> None:
    from uuid import UUID

    from lrs.store import tables as t

    good = statement()
    lenient.post([{**good, "verb": 7}])
    ada = signed_in(served, "ada")
    path = entry_path(ada)
    token = ada.page(path).hidden("csrf")
    assert ada.post(f"{path}/replay", csrf=token).status_code == 400
    body = json.dumps(good).encode()
    change = t.quarantine.update().where(t.quarantine.c.id == UUID(path.rpartition("/")[2]).bytes).values(bytes=body)
    served.prowess.database.write(lambda conn: conn.execute(change))
    done = ada.post(f"{path}/replay", csrf=token)
    assert (done.status_code, done.headers["Location"]) == (303, f"/statements/{good['id']}")
    assert ada.get(done.headers["Location"]).status_code == 200


def test_the_quarantine_is_for_administrators(served: Served, lenient: Asker) -> None:
    lenient.post([{"actor": 1}])
    path = entry_path(signed_in(served, "ada"))
    stranger, grace = Browser(served.url), signed_in(served, "grace")
    token = grace.page("/statements").hidden("csrf")
    for address in ("/quarantine", path):
        assert stranger.get(address).status_code == 303
        assert grace.get(address).status_code == 403
    assert grace.get(f"{path}/discard").status_code == 403
    for action in ("replay", "discard"):
        assert stranger.post(f"{path}/{action}").status_code == 303
        assert grace.post(f"{path}/{action}", csrf=token).status_code == 403
    assert "Quarantine" in signed_in(served, "ada").page("/statements").words
    assert "Quarantine" not in grace.page("/statements").words


def test_a_long_quarantine_has_pages(served: Served, lenient: Asker) -> None:
    lenient.post([{"actor": number} for number in range(60)])
    ada = signed_in(served, "ada")
    seen: set[str] = set()
    path = "/quarantine"
    while path:
        links = [str(link["href"]) for link in ada.page(path).all("a")]
        seen |= {link for link in links if link.startswith("/quarantine/")}
        path = next((link for link in links if "before=" in link), "")
    assert len(seen) == 60
