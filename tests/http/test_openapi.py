"""The OpenAPI document says what the routes do, all of them and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import schemathesis
from flask import Flask
from werkzeug.routing import Rule

from lrs.app import create_app
from lrs.config import load_settings
from lrs.http.access import Door, access_of
from lrs.http.interface import operation_of
from lrs.http.openapi import ADDRESS, address_of, document
from lrs.migrate import migrate
from lrs.prowess import Prowess, installed_plugins
from lrs.xapi.documents import RESOURCES
from lrs.xapi.parameters import QUERY_NAMES
from reports.arguments import PAGING
from reports.catalogue import CATALOGUE
from tests.conftest import Served
from tests.servers import sqlite_at

OPEN_PAGES = {"web", "digests"}
"""Blueprints of pages that strangers may see in part."""
Document = dict[str, Any]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    url = sqlite_at(tmp_path_factory.mktemp("openapi") / "store.db")
    plugins = installed_plugins()
    sections = {plugin.name: plugin.settings for plugin in plugins if plugin.settings}
    environ = {"PROWESS_DATABASE_URL": url, "PROWESS_RUNNER_KIND": "none"}
    with Prowess(load_settings(None, environ=environ, sections=sections), plugins) as prowess:
        migrate(prowess.database, prowess.plugins)
        yield create_app(prowess)


@pytest.fixture(scope="module")
def said(app: Flask) -> Document:
    return json.loads(json.dumps(document(app)))


def is_page(app: Flask, rule: Rule) -> bool:
    access = access_of(app, rule.endpoint)
    assert access is not None
    return access.door is Door.SESSION or (access.door is Door.OPEN and rule.endpoint.partition(".")[0] in OPEN_PAGES)


def requests_of(app: Flask) -> set[tuple[str, str]]:
    """Method and address of everything that is no page."""
    return {
        (method, address_of(rule))
        for rule in app.url_map.iter_rules()
        if not is_page(app, rule)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def operations(said: Document) -> Iterator[tuple[str, str, Document]]:
    for address, methods in said["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), address, operation


def parameters(said: Document, method: str, address: str, place: str = "query") -> set[str]:
    found = said["paths"][address][method.lower()]["parameters"]
    return {one["name"] for one in found if one.get("in") == place}


def test_every_route_that_is_no_page_has_an_entry_and_every_entry_a_route(app: Flask, said: Document) -> None:
    entries = {
        (method, address)
        for method, address, operation in operations(said)
        if not operation["operationId"].startswith("alternate.")
    }
    wanted = requests_of(app)
    assert wanted - entries == set(), "say what these take: @described(...), see lrs.http.interface"
    assert entries - wanted == set()


def test_a_page_describes_nothing(app: Flask) -> None:
    assert not [
        rule.rule for rule in app.url_map.iter_rules() if is_page(app, rule) and operation_of(app, rule.endpoint)
    ]


def test_a_route_that_says_nothing_is_missed(app: Flask, said: Document) -> None:
    forgetful = create_app(app.extensions["prowess"])
    forgetful.view_functions["health.live"] = lambda: "alive"
    assert set(said["paths"]) - set(document(forgetful)["paths"]) == {"/health/live"}


def test_the_document_is_openapi_3_1(said: Document) -> None:
    schemathesis.openapi.from_dict(said).validate()
    assert said["openapi"] == "3.1.0"
    broken = {**said, "paths": {"/x": {"get": {"parameters": [{"name": "x"}]}}}}
    with pytest.raises(Exception, match=r"required|valid"):
        schemathesis.openapi.from_dict(broken).validate()


def test_every_reference_leads_somewhere_and_every_operation_says_what_it_is_for(said: Document) -> None:
    text = json.dumps(said)
    for kind, components in said["components"].items():
        for name in components:
            assert kind == "securitySchemes" or f'"#/components/{kind}/{name}"' in text, name
    named = [operation["operationId"] for _, _, operation in operations(said)]
    assert len(named) == len(set(named))
    assert not [operation["operationId"] for _, _, operation in operations(said) if not operation["summary"]]


def test_parameters_of_xapi_are_those_that_are_accepted(said: Document) -> None:
    assert parameters(said, "GET", "/xapi/statements") == set(QUERY_NAMES)
    assert parameters(said, "PUT", "/xapi/statements") == {"statementId"}
    for resource in RESOURCES:
        for method in ("GET", "PUT", "POST", "DELETE"):
            others = {"method"} if method == "POST" else set()
            assert parameters(said, method, f"/xapi{resource.path}") - others == set(resource.names(method))


def test_parameters_of_reports_are_those_that_some_report_accepts(said: Document) -> None:
    filters = {one.name for report in CATALOGUE.values() for one in report.filters}
    assert parameters(said, "GET", "/reports/{name}") == {*PAGING, *filters}


SAMPLES = {"string": "x", "boolean": "true", "integer": "1"}
OF_A_FORMAT = {"uuid": "5b1d1d4e-5ad1-4d1e-8d51-1f1d1d1d1d1d", "iri": "a:b", "date-time": "2026-01-01T00:00:00Z"}


def value_of(one: Document) -> str:
    """A value that a parameter takes."""
    if "content" in one:
        return '{"mbox": "mailto:ada@example.org"}'
    schema = one["schema"]
    if "enum" in schema:
        return str(schema["enum"][0])
    return OF_A_FORMAT.get(schema.get("format"), SAMPLES[schema.get("type", "string")])


def test_no_documented_parameter_is_unknown_to_the_server(
    serve: Callable[..., Served], tmp_path: Path, said: Document
) -> None:
    """Each alone, beside those that are required: whatever is wrong with it, it is known."""
    served = serve(sqlite_at(tmp_path / "store.db"), installed_plugins(), PROWESS_RUNNER_KIND="none")
    with served.session() as session:
        for method, address, operation in operations(said):
            given = [one for one in operation["parameters"] if "in" in one]
            needed = {one["name"]: value_of(one) for one in given if one.get("required") and one["in"] == "query"}
            path = address.format(**{one["name"]: value_of(one) for one in given if one["in"] == "path"})
            for one in given:
                if one["in"] != "query" or one["name"] == "method":
                    continue
                asked = {**needed, one["name"]: value_of(one)}
                answer = session.request(method, served.url + path, params=asked, json={}, timeout=20)
                assert "is not a parameter" not in answer.text, (method, path, one["name"], answer.text)
                assert "Unknown field" not in answer.text, (method, path, one["name"], answer.text)
                assert answer.status_code < 500, (method, path, answer.text)


def test_an_alternate_request_exists_where_the_document_says_so(
    serve: Callable[..., Served], tmp_path: Path, said: Document
) -> None:
    served = serve(sqlite_at(tmp_path / "store.db"), installed_plugins(), PROWESS_RUNNER_KIND="none")
    tried = 0
    with served.session() as session:
        for method, address, operation in operations(said):
            allowed = next(
                (one["schema"]["enum"] for one in operation["parameters"] if one.get("name") == "method"), []
            )
            for other in allowed:
                tried += 1
                form = {"content": "{}"} if other in {"PUT", "POST"} else {}
                where = f"{served.url}{address.replace('{token}', 'x')}?method={other}"
                answer = session.request(method, where, data=form or "", timeout=20, headers={
                    "Content-Type": "application/x-www-form-urlencoded"
                })  # fmt: skip
                assert answer.status_code in {200, 400}, (where, answer.text)
                assert "is not a parameter here" not in answer.text, (where, answer.text)
    assert tried > 20


def test_a_post_may_answer_what_the_method_it_names_does(said: Document) -> None:
    """Statements asked for by a form were no answer to POST, said the document."""
    get, post = (said["paths"]["/xapi/statements"][method]["responses"] for method in ("get", "post"))
    either = post["200"]["content"]["application/json"]["schema"]["anyOf"]
    assert get["200"]["content"]["application/json"]["schema"] in either
    assert any(one.get("type") == "array" for one in either)
    assert get["200"]["content"].keys() <= post["200"]["content"].keys()


def test_it_is_served_to_everybody_without_secrets(lite_store: Served) -> None:
    answer = requests.get(f"{lite_store.url}{ADDRESS}", timeout=20)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.json()["info"]["title"] == "Prowess"
    for secret in (lite_store.key, lite_store.secret, lite_store.url, str(lite_store.prowess.settings.database.url)):
        assert secret not in answer.text
