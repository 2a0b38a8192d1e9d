"""Signing in: who gets in, who is braked, and what other sites cannot do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from itertools import islice
from pathlib import Path
from typing import Any, Literal

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, select, update

from lrs.clock import ManualClock
from lrs.config import load_settings
from lrs.errors import BadRequest, Conflict
from lrs.migrate import migrate
from lrs.prowess import Prowess
from lrs.store import tables as t
from lrs.web import accounts
from lrs.web.accounts import change_password, create_account, verify
from lrs.web.brake import DRAIN, FREE, FREE_OF_ADDRESS, Brake
from lrs.web.destinations import safe_destination
from tests.servers import sqlite_at
from tests.web.browser import Browser, Page

PASSWORD = "a quiet morning walk"
MEGABYTE = 1024 * 1024
TRICKS = (
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "\\\\evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "/\\/evil.example",
    "/%5cevil.example",
    "/%2f%2fevil.example",
    "/%2fevil.example",
    "/%09/evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/%0d%0aLocation:%20https://evil.example",
    "/%0aSet-Cookie:a=b",
    "/\r\nSet-Cookie: a=b",
    "http://evil.example",
    "https://evil.example",
    "HTTPS:evil.example",
    "https:/evil.example",
    "http:\\\\evil.example",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:x",
    "evil.example",
    "@evil.example",
    ".evil.example",
    "/@evil.example\\",
    "?next=//evil.example",
    "#//evil.example",
    "/\u2028/evil.example",
    "/\u202eevil",
    "/a\0b",
    "/%00",
    "",
    "/" + "a" * 3000,
    "  //evil.example",
)


@pytest.mark.parametrize("trick", TRICKS)
def test_no_destination_leads_away(trick: str) -> None:
    assert safe_destination(trick) == "/"


@pytest.mark.parametrize(
    "path", ["/", "/reports/overdue?unit=dock&sort=-days_late", "/statements?agent=a%40b", "/a/b?c=//d"]
)
def test_paths_of_this_server_are_kept(path: str) -> None:
    assert safe_destination(path) == path


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_780_000_000_000_000)


@pytest.fixture
def served(serve: Callable[..., Any], tmp_path: Any, clock: ManualClock) -> Any:
    """An empty store with one account."""
    served = serve(sqlite_at(tmp_path / "store.db"), clock=clock)
    create_account(served.prowess, "grace", PASSWORD, "analyst")
    return served


def _sessions(prowess: Prowess) -> int:
    with prowess.database.read() as conn:
        return conn.scalar(select(func.count()).select_from(t.session)) or 0


def test_strangers_are_sent_to_sign_in_and_come_back(served: Any) -> None:
    browser = Browser(served.url)
    sent = browser.get("/statements?verb=x")
    assert sent.status_code == 303
    assert sent.headers["Location"] == "/sign-in?next=/statements?verb%3Dx"
    page = browser.page(sent.headers["Location"])
    back = browser.post(
        "/sign-in", csrf=page.hidden("csrf"), next=page.hidden("next"), username="grace", password=PASSWORD
    )
    assert (back.status_code, back.headers["Location"]) == (303, "/statements?verb=x")
    assert browser.get("/statements?verb=x").status_code == 200


def test_the_cookie_is_closed_to_scripts_and_other_sites(served: Any) -> None:
    cookie = Browser(served.url).sign_in("grace", PASSWORD).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie  # this server is http


def test_behind_https_the_cookie_is_secure(serve: Callable[..., Any], tmp_path: Any) -> None:
    served = serve(sqlite_at(tmp_path / "s.db"), PROWESS_SERVER_PUBLIC_URL="https://prowess.example")
    assert "Secure" in Browser(served.url).get("/sign-in").headers["Set-Cookie"]


@pytest.mark.parametrize("trick", TRICKS[:8])
def test_signing_in_never_leads_away(served: Any, trick: str) -> None:
    assert Browser(served.url).sign_in("grace", PASSWORD, next=trick).headers["Location"] == "/"


@pytest.mark.parametrize(
    ("name", "password"), [("grace", "wrong password"), ("nobody", PASSWORD), ("", ""), ("grace", "x" * 5000)]
)
def test_wrong_ones_learn_nothing(served: Any, name: str, password: str) -> None:
    answer = Browser(served.url).sign_in(name, password)
    assert answer.status_code == 401
    assert "User name and password do not fit together." in answer.text
    assert "prowess_session" not in answer.headers.get("Set-Cookie", "")


def test_a_disabled_account_is_out_at_once(served: Any) -> None:
    browser = Browser(served.url)
    browser.sign_in("grace", PASSWORD)
    served.prowess.database.write(lambda conn: conn.execute(update(t.account).values(disabled_at=1)))
    assert browser.get("/").status_code == 303
    assert verify(served.prowess, "grace", PASSWORD) is None


def test_a_session_ends_by_itself(served: Any, clock: ManualClock) -> None:
    browser = Browser(served.url)
    browser.sign_in("grace", PASSWORD)
    clock.move(seconds=12 * 3600 - 1)
    assert browser.get("/").status_code == 200
    clock.move(seconds=1)
    assert browser.get("/").status_code == 303


def test_signing_in_again_changes_the_session(served: Any) -> None:
    browser = Browser(served.url)
    browser.sign_in("grace", PASSWORD)
    first = browser.session.cookies["prowess_session"]
    token = browser.page("/").hidden("csrf")
    other = Browser(served.url)
    other.session.cookies.set("prowess_session", "planted-by-somebody")
    other.sign_in("grace", PASSWORD)
    assert other.session.cookies.get("prowess_session", domain="127.0.0.1") not in {first, "planted-by-somebody", None}
    assert browser.post("/sign-out", csrf=token).status_code == 303
    assert browser.get("/").status_code == 303


def test_signing_out_needs_the_form_of_this_session(served: Any) -> None:
    one, other = Browser(served.url), Browser(served.url)
    one.sign_in("grace", PASSWORD)
    other.sign_in("grace", PASSWORD)
    foreign = other.page("/").hidden("csrf")
    for token in ("", "x", foreign, "\N{SNOWMAN}"):
        refused = one.post("/sign-out", csrf=token)
        assert refused.status_code == 403
        assert "How to mend it" in refused.text
    assert _sessions(served.prowess) == 2
    assert one.get("/sign-out").status_code == 405


def test_forms_of_other_sites_are_refused(served: Any) -> None:
    browser = Browser(served.url)
    browser.sign_in("grace", PASSWORD)
    token = browser.page("/").hidden("csrf")
    for name, value in (
        ("Origin", "https://evil.example"),
        ("Origin", "null"),
        ("Origin", "http://["),  # this was a 500
        ("Sec-Fetch-Site", "cross-site"),
        ("Sec-Fetch-Site", "same-site"),
    ):
        browser.session.headers[name] = value
        assert browser.post("/sign-out", csrf=token).status_code == 403
        del browser.session.headers[name]
    browser.session.headers["Origin"] = served.url
    assert browser.post("/sign-out", csrf=token).status_code == 303


def test_the_sign_in_form_needs_its_token_too(served: Any) -> None:
    browser = Browser(served.url)
    answer = browser.post("/sign-in", csrf="x", username="grace", password=PASSWORD)
    assert answer.status_code == 403
    assert Page(answer.text).hidden("csrf")


def test_guessing_is_braked_for_that_name(served: Any, clock: ManualClock) -> None:
    browser = Browser(served.url)
    for _ in range(FREE):
        assert browser.sign_in("grace", "a wrong password").status_code == 401
    braked = browser.sign_in("grace", PASSWORD)
    assert braked.status_code == 429
    assert int(braked.headers["Retry-After"]) >= 1
    clock.move(seconds=int(braked.headers["Retry-After"]))
    assert browser.sign_in("grace", PASSWORD).status_code == 303


def test_the_brake_doubles_and_forgets(clock: ManualClock) -> None:
    brake, who = Brake(clock), ("grace", "10.0.0.1")
    waits: list[int] = []
    for _ in range(FREE + 12):
        assert brake.admit(who) == 0
        waits.append(brake.admit(who) if len(waits) >= FREE - 1 else 0)
        clock.move(seconds=waits[-1])
    assert waits[:FREE] == [0, 0, 0, 0, 2]
    assert waits[FREE : FREE + 3] == [4, 8, 16]
    assert waits[-1] == 900
    assert brake.admit(("grace", "10.0.0.2")) == 0
    clock.move(seconds=3601)
    assert [brake.admit(who) for _ in range(FREE + 1)] == [0, 0, 0, 0, 0, 2]
    brake.succeeded(who)
    assert brake.admit(who) == 0


def test_whoever_guessed_at_many_names_never_met_the_brake(clock: ManualClock) -> None:
    brake = Brake(clock)
    waits = [brake.admit((f"name{number}", "10.0.0.1")) for number in range(FREE_OF_ADDRESS + 1)]
    assert waits == [0] * FREE_OF_ADDRESS + [2]
    assert brake.admit(("grace", "10.0.0.2")) == 0
    clock.move(seconds=DRAIN * FREE_OF_ADDRESS)
    assert [brake.admit((f"other{number}", "10.0.0.1")) for number in range(FREE_OF_ADDRESS)] == [0] * FREE_OF_ADDRESS


def test_behind_one_address_a_guesser_never_holds_up_the_others_for_long(clock: ManualClock) -> None:
    brake, longest = Brake(clock), 0
    grace = ("grace", "10.0.0.1")
    assert brake.admit(grace) == 0
    brake.succeeded(grace)
    for name in range(300):
        wait = brake.admit((f"name{name}", "10.0.0.1"))
        longest = max(longest, wait)
        clock.move(seconds=wait)
    assert 8 <= longest <= 32
    assert brake.admit(grace) == 0, "whoever signed in there before is no stranger to the address"


def test_who_mistypes_and_then_gets_in_costs_the_address_nothing(clock: ManualClock) -> None:
    brake = Brake(clock)
    for number in range(3 * FREE_OF_ADDRESS):
        who = (f"name{number}", "10.0.0.1")
        assert [brake.admit(who), brake.admit(who)] == [0, 0]
        brake.succeeded(who)


class Held(PasswordHasher):
    """Looks at no password before it is let go."""

    def __init__(self) -> None:
        super().__init__(time_cost=1, memory_cost=8, parallelism=1)
        self.let_go = threading.Event()
        self.looked = threading.Semaphore(0)

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - as argon2 calls it
        self.looked.release()
        assert self.let_go.wait(20)
        return super().verify(hash, password)


@pytest.fixture
def held(served: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    """Passwords are looked at, and nothing is found for as long as the test wants."""
    assert verify(served.prowess, "nobody", "warms what unknown names are checked against") is None
    held = Held()
    monkeypatch.setattr(accounts, "_HASHER", held)
    yield held
    held.let_go.set()


def test_three_hundred_sign_ins_at_once_stopped_everybody_s_requests(served: Any, held: Held) -> None:
    with ThreadPoolExecutor(40) as pool:
        tries = [pool.submit(Browser(served.url).sign_in, f"name{number}", PASSWORD) for number in range(40)]
        first = list(islice(as_completed(tries, timeout=20), 36))
        assert Browser(served.url).get("/health/live").status_code == 200
        assert {one.result().status_code for one in first} == {429}
        assert {one.result().headers["Retry-After"] for one in first} == {"1"}
        assert "Many people are signing in" in first[0].result().text
        held.let_go.set()
        assert sorted(one.result().status_code for one in tries) == [401] * 4 + [429] * 36
    assert Browser(served.url).sign_in("grace", PASSWORD).status_code == 303


def test_guesses_that_ran_at_once_were_all_free(served: Any, held: Held) -> None:
    held.let_go.set()
    for _ in range(FREE - 1):
        assert Browser(served.url).sign_in("grace", "a wrong password").status_code == 401
    held.let_go.clear()
    with ThreadPoolExecutor(20) as pool:
        tries = [pool.submit(Browser(served.url).sign_in, "grace", "a wrong password") for _ in range(20)]
        assert [one.result().status_code for one in islice(as_completed(tries, timeout=20), 19)] == [429] * 19
        held.let_go.set()
        assert sorted(one.result().status_code for one in tries) == [401] + [429] * 19
    assert sum(held.looked.acquire(blocking=False) for _ in range(30)) == FREE


def test_a_server_of_one_thread_still_signs_people_in(serve: Callable[..., Any], tmp_path: Path) -> None:
    served = serve(sqlite_at(tmp_path / "store.db"), PROWESS_SERVER_THREADS="1")
    create_account(served.prowess, "grace", PASSWORD, "analyst")
    assert Browser(served.url).sign_in("grace", PASSWORD).status_code == 303


def test_an_older_hash_is_taken_and_made_anew(served: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "_HASHER", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    for _ in range(2):
        assert verify(served.prowess, "grace", PASSWORD) is not None
    with served.prowess.database.read() as conn:
        assert "m=16,t=2,p=1" in conn.scalar(select(t.account.c.password_hash))


def test_accounts(served: Any) -> None:
    prowess = served.prowess
    made_up = create_account(prowess, "alan", None, "admin")
    assert repr(made_up) == "Secret('***')"
    account = verify(prowess, " alan ", str(made_up))
    assert account
    assert account.role == "admin"
    with pytest.raises(Conflict):
        create_account(prowess, "alan", None, "admin")
    with pytest.raises(BadRequest, match="role"):
        create_account(prowess, "joan", None, "amdin")
    with pytest.raises(BadRequest, match="at least 12"):
        create_account(prowess, "joan", "short", "admin")
    changed = change_password(prowess, "alan", None)
    assert verify(prowess, "alan", str(made_up)) is None
    assert verify(prowess, "alan", str(changed))


def test_a_password_changed_while_somebody_signed_in_was_the_old_one_again(
    served: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old one is hashed anew where its hash is of an older kind; by then it may be somebody's no more."""
    prowess = served.prowess
    old = create_account(prowess, "alan", None, "admin")
    changed: list[str] = []

    class Slow(PasswordHasher):
        def hash(self, password: str | bytes, **more: Any) -> str:
            if not changed and password == str(old):
                changed.append("")
                changed[0] = str(change_password(prowess, "alan", None))
            return super().hash(password, **more)

    monkeypatch.setattr(accounts, "_HASHER", Slow(time_cost=2, memory_cost=8, parallelism=1))
    assert verify(prowess, "alan", str(old)) is None
    assert verify(prowess, "alan", changed[0])


def test_an_empty_store_teaches_the_next_step(served: Any) -> None:
    browser = Browser(served.url)
    browser.sign_in("grace", PASSWORD)
    page = browser.page("/")
    assert page.faults == []
    for needed in ("First steps", "prowess people import", "prowess apply"):
        assert needed in page.words
    assert "No statement has arrived yet." in browser.page("/statements").words


def resident(name: str) -> int:
    """Bytes of this process: VmRSS now, VmHWM at the highest since it was last asked to forget."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024


@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="only Linux tells how much memory was taken")
def test_sixteen_sign_ins_at_once_took_a_gigabyte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = load_settings(None, environ={"PROWESS_DATABASE_URL": sqlite_at(tmp_path / "store.db")})
    with Prowess(settings) as prowess, ThreadPoolExecutor(16) as pool:
        migrate(prowess.database, prowess.plugins)
        monkeypatch.setattr(accounts, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64 * 1024, parallelism=1))
        create_account(prowess, "ada", PASSWORD, "admin")
        assert verify(prowess, "ada", PASSWORD) is not None
        Path("/proc/self/clear_refs").write_text("5")
        before = resident("VmRSS")
        answers = list(pool.map(lambda _: verify(prowess, "ada", "not this one"), range(16)))
        assert answers == [None] * 16
        assert resident("VmHWM") - before < 4 * 64 * MEGABYTE
