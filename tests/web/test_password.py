"""Changing one's own password: with the current one, braked as signing in is, and every other session ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import requests
from sqlalchemy import select, update

from lrs.clock import ManualClock
from lrs.store import audit
from lrs.store import tables as t
from lrs.web.accounts import create_account, disable_account, verify
from lrs.web.brake import FREE
from tests.conftest import Served
from tests.web.browser import Browser, Page

PASSWORD = "a quiet morning walk"
FRESH = "a noisy evening ride"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_780_000_000_000_000)


@pytest.fixture
def served(serve: Callable[..., Served], database_url: str, clock: ManualClock) -> Served:
    served = serve(database_url, clock=clock)
    create_account(served.prowess, "grace", PASSWORD, "member")
    create_account(served.prowess, "ada", PASSWORD, "member")
    return served


def signed_in(served: Served, name: str = "grace", password: str = PASSWORD) -> Browser:
    browser = Browser(served.url)
    assert browser.sign_in(name, password).status_code == 303
    return browser


def change(browser: Browser, current: str, new: str, again: str | None = None) -> requests.Response:
    token = browser.page("/password").hidden("csrf")
    return browser.post("/password", csrf=token, current=current, new=new, again=new if again is None else again)


def test_the_new_password_holds_and_the_others_sessions_end(served: Served) -> None:
    here, elsewhere, ada = signed_in(served), signed_in(served), signed_in(served, "ada")
    done = change(here, PASSWORD, FRESH)
    assert done.status_code == 200
    assert done.headers["Cache-Control"] == "no-store"
    page = Page(done.text)
    assert not page.faults
    assert "Your password is changed." in page.words
    assert here.get("/").status_code == 200
    assert elsewhere.get("/").status_code == 303
    assert ada.get("/").status_code == 200
    assert Browser(served.url).sign_in("grace", PASSWORD).status_code == 401
    assert Browser(served.url).sign_in("grace", FRESH).status_code == 303
    assert verify(served.prowess, "ada", PASSWORD) is not None
    line = audit.lines(served.prowess.database, 1, limit=1)[0]
    assert (line.action, line.subject, line.details) == ("account.password", "grace", {"own": True})
    assert line.by == audit.Asker("account", "grace", "127.0.0.1")


def test_whoever_copied_the_cookie_was_still_signed_in_after_the_change(served: Served) -> None:
    here, thief = signed_in(served), Browser(served.url)
    thief.session.cookies.update(here.session.cookies)
    assert thief.get("/").status_code == 200
    done = change(here, PASSWORD, FRESH)
    assert thief.get("/").status_code == 303
    assert here.get("/").status_code == 200
    assert here.post("/sign-out", csrf=Page(done.text).hidden("csrf")).status_code == 303


def test_whoever_signed_in_with_the_old_password_during_the_change_stayed_signed_in(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old password fitted when it was looked at, and its session began when the others had ended."""
    here, thief, write = signed_in(served), Browser(served.url), served.prowess.database.write
    token = thief.page("/sign-in").hidden("csrf")

    def late(work: Callable[..., object], **more: object) -> object:
        monkeypatch.undo()
        assert change(here, PASSWORD, FRESH).status_code == 200
        return write(work, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(served.prowess.database, "write", late)
    refused = thief.post("/sign-in", csrf=token, username="grace", password=PASSWORD, next="/")
    assert (refused.status_code, "do not fit together" in Page(refused.text).words) == (401, True)
    assert thief.get("/").status_code == 303
    assert thief.sign_in("grace", FRESH).status_code == 303


def test_every_page_leads_there(served: Served) -> None:
    browser = signed_in(served)
    assert "/password" in {one.get("href") for one in browser.page("/").all("a")}
    assert not browser.page("/password").faults
    assert Browser(served.url).get("/password").headers["Location"] == "/sign-in?next=/password"


@pytest.mark.parametrize(
    ("current", "new", "again", "status", "why"),
    [
        ("a wrong password", FRESH, FRESH, 403, "The current password is another one."),
        ("x" * 5000, FRESH, FRESH, 403, "The current password is another one."),
        ("", FRESH, FRESH, 403, "The current password is another one."),
        (PASSWORD, FRESH, FRESH + "s", 400, "typed in two ways"),
        (PASSWORD, "short", "short", 400, "at least 12 characters"),
        (PASSWORD, "", "", 400, "at least 12 characters"),
        (PASSWORD, "x" * 1001, "x" * 1001, 400, "at least 12 characters"),
        (PASSWORD, PASSWORD, PASSWORD, 400, "The new password is the current one; choose another one."),
        ("a wrong password", "a wrong password", "a wrong password", 403, "The current password is another one."),
    ],
)
def test_what_is_not_right_changes_nothing(
    served: Served, current: str, new: str, again: str, status: int, why: str
) -> None:
    here, elsewhere = signed_in(served), signed_in(served)
    before = audit.lines(served.prowess.database, 1, limit=1)
    answer = change(here, current, new, again)
    assert (answer.status_code, why in Page(answer.text).words) == (status, True)
    assert verify(served.prowess, "grace", PASSWORD) is not None
    assert elsewhere.get("/").status_code == 200
    assert audit.lines(served.prowess.database, 1, limit=1) == before
    for secret in (current, new):
        assert len(secret) < 12 or secret not in answer.text


def test_whoever_finds_an_open_browser_guesses_no_faster_than_at_the_door(served: Served, clock: ManualClock) -> None:
    browser = signed_in(served)
    for _ in range(FREE):
        assert change(browser, "a wrong password", FRESH).status_code == 403
        assert change(browser, "a wrong password", "short").status_code == 400  # this forgets no failure
    braked = change(browser, PASSWORD, FRESH)
    assert (braked.status_code, int(braked.headers["Retry-After"]) >= 1) == (429, True)
    assert Browser(served.url).sign_in("grace", PASSWORD).status_code == 429  # it is one brake
    clock.move(seconds=int(braked.headers["Retry-After"]) + 60)
    assert change(browser, PASSWORD, FRESH).status_code == 200


def test_the_form_is_taken_from_this_session_only(served: Served) -> None:
    here, other = signed_in(served), signed_in(served, "ada")
    foreign = other.page("/password").hidden("csrf")
    for token in ("", foreign):
        assert here.post("/password", csrf=token, current=PASSWORD, new=FRESH, again=FRESH).status_code == 403
    own = here.page("/password").hidden("csrf")
    here.session.headers["Origin"] = "https://evil.example"
    assert here.post("/password", csrf=own, current=PASSWORD, new=FRESH, again=FRESH).status_code == 403
    assert Browser(served.url).post("/password", current=PASSWORD, new=FRESH, again=FRESH).status_code == 303
    assert verify(served.prowess, "grace", PASSWORD) is not None


def test_a_password_that_an_administrator_set_meanwhile_stays(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the look at the old one and the write somebody else wrote."""
    browser, database = signed_in(served), served.prowess.database
    with database.read() as conn:
        others = conn.scalar(select(t.account.c.password_hash).where(t.account.c.username == "ada"))
    write = database.write

    def late(work: Callable[..., object], **more: object) -> object:
        monkeypatch.undo()
        write(
            lambda conn: conn.execute(
                update(t.account).where(t.account.c.username == "grace").values(password_hash=others)
            )
        )
        return write(work, **more)  # type: ignore[arg-type]

    token = browser.page("/password").hidden("csrf")
    monkeypatch.setattr(database, "write", late)
    answer = browser.post("/password", csrf=token, current=PASSWORD, new=FRESH, again=FRESH)
    assert answer.status_code == 403
    assert verify(served.prowess, "grace", FRESH) is None


def test_whoever_was_disabled_changes_nothing(served: Served) -> None:
    browser = signed_in(served)
    token = browser.page("/password").hidden("csrf")
    disable_account(served.prowess, "grace", is_disabled=True)
    assert browser.post("/password", csrf=token, current=PASSWORD, new=FRESH, again=FRESH).status_code == 303
    disable_account(served.prowess, "grace", is_disabled=False)
    assert verify(served.prowess, "grace", PASSWORD) is not None
