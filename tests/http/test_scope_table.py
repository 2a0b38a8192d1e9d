"""The scope matrix of docs/xapi.md is what the routes declare (reliability 20)."""

from __future__ import annotations

import re
from pathlib import Path

from flask import Flask

from lrs.app import create_app
from lrs.config import load_settings
from lrs.http.access import Door, access_of
from lrs.migrate import migrate
from lrs.prowess import Prowess, installed_plugins
from lrs.store.scopes import SCOPES
from tests.servers import sqlite_at

PAGE = Path(__file__).resolve().parents[2] / "docs" / "xapi.md"
SECTION = "## Keys, scopes and limits"
ROW = re.compile(r"\| `([A-Z]+ /[^`]*)` \| (.+) \|")
OTHERS = {Door.KEY: "", Door.EITHER: " or a sign-in", Door.ADDRESS: " or an address of `server.metrics_from`"}
"""Who else may come in by each door that takes keys."""
SCOPE_ROW = re.compile(r"\| `([a-z/]+)` \| .+ \|")


def section() -> str:
    """What the page says of keys."""
    return PAGE.read_text("utf-8").partition(SECTION)[2].partition("\n## ")[0]


def declared(app: Flask) -> dict[str, str]:
    """Each request that takes a key, and the scopes that open it, as the page writes them."""
    rows = {}
    for rule in app.url_map.iter_rules():
        access = access_of(app, rule.endpoint)
        if access is None or access.door not in OTHERS:
            continue
        scopes = ", ".join(f"`{scope}`" for scope in access.scopes)
        address = re.sub(r"<\w+:", "<", rule.rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            rows[f"{method} {address}"] = scopes + OTHERS[access.door]
    return rows


def test_the_page_has_a_row_for_every_request_that_takes_a_key_and_no_other(tmp_path: Path) -> None:
    environ = {"PROWESS_DATABASE_URL": sqlite_at(tmp_path / "store.db"), "PROWESS_RUNNER_KIND": "none"}
    plugins = installed_plugins()
    sections = {plugin.name: plugin.settings for plugin in plugins if plugin.settings}
    with Prowess(load_settings(None, environ=environ, sections=sections), plugins) as prowess:
        migrate(prowess.database, prowess.plugins)
        wanted = declared(create_app(prowess))
    written = dict(ROW.findall(section()))
    missing = "\n".join(f"| `{request}` | {scopes} |" for request, scopes in sorted(wanted.items()))
    assert written == wanted, f"docs/xapi.md should have these rows:\n{missing}"


def test_the_page_explains_every_scope() -> None:
    assert set(SCOPE_ROW.findall(section())) == set(SCOPES)
