"""The matrix of routes: each says who may use it, and whatever says nothing is refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule

from lrs.app import create_app
from lrs.config import load_settings
from lrs.http.access import Door, access_of
from lrs.migrate import migrate
from lrs.prowess import Prowess, installed_plugins
from lrs.store.launches import LENT
from lrs.store.scopes import SCOPES, grants
from tests.conftest import Served
from tests.servers import sqlite_at


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    environ = {"PROWESS_DATABASE_URL": sqlite_at(tmp_path / "store.db"), "PROWESS_RUNNER_KIND": "none"}
    plugins = installed_plugins()
    sections = {plugin.name: plugin.settings for plugin in plugins if plugin.settings}
    with Prowess(load_settings(None, environ=environ, sections=sections), plugins) as prowess:
        migrate(prowess.database, prowess.plugins)
        yield create_app(prowess)


def test_every_route_says_who_may_use_it(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        access = access_of(app, rule.endpoint)
        assert access is not None, f"{rule.endpoint} ({rule.rule}) declares no access: see lrs.http.access"
        assert set(access.scopes) <= set(SCOPES), rule.endpoint
        assert bool(access.scopes) == (access.door in {Door.KEY, Door.EITHER, Door.ADDRESS}), rule.endpoint


def test_every_route_that_a_launch_could_open_says_whether_it_is_for_launches(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        access = access_of(app, rule.endpoint)
        assert access is not None
        if access.door is Door.KEY and any(grants(LENT, scope) for scope in access.scopes):
            say = "lent=True and hold launches to their binding (require_binding), or lent=False"
            assert access.lent is not None, f"{rule.endpoint} ({rule.rule}): needs(..., {say})"


def test_a_route_without_a_row_is_refused(app: Flask) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    answer = app.test_client().get("/forgotten")
    assert answer.status_code == 403
    assert b"secret" not in answer.data


def address_of(rule: Rule) -> str:
    """An address that the rule answers."""
    samples = {"uuid": "5b1d1d4e-5ad1-4d1e-8d51-1f1d1d1d1d1d", "int": "1", None: "x", "string": "x", "path": "x"}

    def sample(match: re.Match[str]) -> str:
        converter, options = match["converter"], match["options"]
        return options.split(",")[0].strip() if converter == "any" else samples[converter]

    return re.sub(r"<(?:(?P<converter>\w+)(?:\((?P<options>[^)]*)\))?:)?\w+>", sample, rule.rule)


def test_strangers_get_nothing_but_what_is_open(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        access = access_of(app, rule.endpoint)
        assert access is not None
        if access.door is Door.OPEN:
            continue
        address = address_of(rule)
        for method in (rule.methods or set()) - {"OPTIONS", "HEAD"}:
            answer = app.test_client().open(address, method=method, headers={"X-Experience-API-Version": "1.0.3"})
            wanted = {Door.KEY: {401}, Door.EITHER: {401}, Door.ADDRESS: {401}, Door.SESSION: {303}}[access.door]
            assert answer.status_code in wanted, (method, address, answer.status_code)


def test_a_key_opens_what_its_scopes_say_and_nothing_else(serve: Callable[..., Served], tmp_path: Path) -> None:
    served = serve(sqlite_at(tmp_path / "store.db"), tuple(installed_plugins()), PROWESS_RUNNER_KIND="none")
    client = served.app.test_client()
    credentials = served.prowess.credentials
    keys = {scope: credentials.create(f"only-{scope}", [scope]) for scope in SCOPES}
    for rule in served.app.url_map.iter_rules():
        access = access_of(served.app, rule.endpoint)
        assert access is not None
        if access.door not in {Door.KEY, Door.ADDRESS}:
            continue
        address = address_of(rule)
        for scope, (credential, secret) in keys.items():
            may = any(credential.may(wanted) for wanted in access.scopes)
            for method in (rule.methods or set()) - {"OPTIONS"}:
                answer = client.open(
                    address,
                    method=method,
                    auth=(credential.key, str(secret)),
                    headers={"X-Experience-API-Version": "1.0.3"},
                )
                assert (answer.status_code == 403) == (not may), (scope, method, address, answer.status_code)
