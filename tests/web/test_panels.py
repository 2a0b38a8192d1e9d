"""The seam of the pages: panels and navigation of other packages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint
from markupsafe import Markup
from sqlalchemy import insert

from lrs.complaints import Complaint
from lrs.http.access import signed_in_only
from lrs.prowess import Link, Plugin
from lrs.store import tables as t
from lrs.store.search import Found
from lrs.web.accounts import create_account
from lrs.web.panels import Panel
from lrs.web.sessions import admin_only, demand_sign_in
from lrs.web.visitors import SignedIn
from tests.servers import sqlite_at
from tests.web.browser import Browser

PASSWORD = "a quiet morning walk"


@dataclass(frozen=True, kw_only=True)
class _WithPanels(Plugin):
    panels: Callable[..., Any] = lambda _: ()


def _greeting(who: SignedIn) -> Markup:
    return Markup("<h2>Hello {}</h2>").format(who.account.username)


def _decisions(found: Found) -> Markup:
    return Markup("<h2>Decisions of {}</h2>").format(found.id)


def _blueprints(_: Any) -> list[Blueprint]:
    extra = Blueprint("extra", __name__)
    extra.before_request(demand_sign_in)
    extra.add_url_rule("/extra", "index", signed_in_only(lambda: "extra"))
    extra.add_url_rule("/extra/secret", "secret", signed_in_only(admin_only(lambda: "secret")))
    return [extra]


PLUGIN = _WithPanels(
    name="extra",
    blueprints=_blueprints,
    links=(Link("Extra", "extra.index", 50), Link("Gone", "gone.index", 60)),
    panels=lambda _: [
        Panel("hello", "home", _greeting),
        Panel("fed", "statement", _decisions),
        Panel("silent", "home", lambda _: None),
    ],
)


def test_panels_and_links_of_a_plugin_are_shown(serve: Callable[..., Any], tmp_path: Any) -> None:
    served = serve(sqlite_at(tmp_path / "s.db"), (PLUGIN,))
    create_account(served.prowess, "<b>grace</b>", PASSWORD, "analyst")
    browser = Browser(served.url)
    browser.sign_in("<b>grace</b>", PASSWORD)
    with served.session() as session:
        session.headers["Connection"] = "close"
        statement = {
            "actor": {"mbox": "mailto:ada@example.org"},
            "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"},
            "object": {"id": "https://content.example/exam"},
        }
        (id_,) = session.post(f"{served.xapi}/statements", json=statement, timeout=10).json()
    home = browser.page("/")
    assert "Hello <b>grace</b>" in home.words
    assert home.faults == []
    assert f"Decisions of {id_}" in browser.page(f"/statements/{id_}").words
    links = {one["href"] for one in home.all("a")}
    assert "/extra" in links
    assert browser.get("/extra").text == "extra"
    assert browser.get("/extra/secret").status_code == 403
    assert Browser(served.url).get("/extra").status_code == 303


def test_administrators_are_told_what_will_not_mend_itself(serve: Callable[..., Any], tmp_path: Any) -> None:
    ailing = Plugin(
        name="ailing", complaints=lambda _: [Complaint("the <b>LMS</b> took nothing", "prowess connect test x")]
    )
    served = serve(sqlite_at(tmp_path / "s.db"), (ailing,))
    for name, role in (("grace", "admin"), ("joan", "analyst")):
        create_account(served.prowess, name, PASSWORD, role)
    admin, analyst = Browser(served.url), Browser(served.url)
    admin.sign_in("grace", PASSWORD)
    analyst.sign_in("joan", PASSWORD)
    home = admin.page("/")
    assert "the <b>LMS</b> took nothing: prowess connect test x" in home.words
    assert home.faults == []
    assert "took nothing" not in analyst.page("/").words
    served.prowess.database.write(
        lambda conn: conn.execute(insert(t.parked).values(consumer="gone", seq=1, error="boom", parked_at=1))
    )
    assert "1 item of the feed was not digested: prowess feed parked" in admin.page("/").words


def test_programs_never_get_pages(serve: Callable[..., Any], tmp_path: Any) -> None:
    served = serve(sqlite_at(tmp_path / "s.db"))
    for path in ("/xapi/nowhere", "/api/v1/nowhere"):
        assert Browser(served.url).get(path).headers["Content-Type"] == "application/problem+json"
