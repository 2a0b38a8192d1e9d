"""`/openapi.json`: the interface for programs as OpenAPI 3.1, made from the routes themselves.

It holds what is said at every view that describes itself (`lrs.http.interface`), plug-ins' views too, and nothing that
differs between two stores of the same release.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from flask import Blueprint, Flask, Response, current_app
from werkzeug.routing import Rule

from lrs import __version__
from lrs.http.access import Access, Door, access_of, open_to_all
from lrs.http.alternate import FORM
from lrs.http.alternate import HEADERS as ALTERNATE_HEADERS
from lrs.http.alternate import METHODS as ALTERNATE_METHODS
from lrs.http.interface import ID, OBJECT, TEXT, Json, Operation, described, gives, media, operation_of, shared
from lrs.http.problems import MEDIA_TYPE
from lrs.http.shapes import SCHEMAS
from lrs.http.xapi import PREFIX
from lrs.web.sessions import SESSION_COOKIE
from lrs.xapi.versions import HEADER, Version

ADDRESS: Final = "/openapi.json"

_HOUR: Final = 60 * 60
_VARIABLE: Final = re.compile(r"<(?:(\w+)(?:\([^)]*\))?:)?(\w+)>")
_INTRODUCTION: Final = (
    "GET includes HEAD. Refusals are RFC 9457 problems. One key belongs to one tenant; scopes are the roles of `key`. "
    "A request of xAPI 1.0.3 may be sent as a form by POST with the one query parameter `method`; xAPI 2.0 has no such form."
)

blueprint = Blueprint("openapi", __name__)


@blueprint.get(ADDRESS)
@open_to_all
@described(answers={200: gives("The document.", OBJECT)})
def show() -> Response:
    """This document."""
    text: str | None = current_app.extensions.get("prowess.openapi")
    if text is None:
        text = current_app.extensions["prowess.openapi"] = json.dumps(document(current_app))
    response = Response(text, content_type="application/json")
    response.headers["Cache-Control"] = f"public, max-age={_HOUR}"
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def document(app: Flask) -> dict[str, Any]:
    """The OpenAPI document of an application's routes."""
    paths: dict[str, dict[str, Any]] = {}
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        operation, access = operation_of(app, rule.endpoint), access_of(app, rule.endpoint)
        if operation is None or access is None:
            continue
        entry = _entry(rule, operation, access, _purpose(app.view_functions[rule.endpoint]))
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            paths.setdefault(address_of(rule), {})[method.lower()] = entry
    for address, operations in paths.items():
        if address.startswith(f"{PREFIX}/"):
            _add_alternate(operations, address)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Prowess", "version": __version__, "description": _INTRODUCTION},
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "parameters": {
                "Version": {
                    "name": HEADER,
                    "in": "header",
                    "required": True,
                    "schema": {**TEXT, "examples": [version.header for version in Version]},
                }
            },
            "responses": {"Problem": gives("Refused, and why.", shared("schemas", "Problem"), MEDIA_TYPE)},
            "securitySchemes": {
                "key": {"type": "http", "scheme": "basic", "description": "An API key and its secret."},
                "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE},
            },
        },
    }


def address_of(rule: Rule) -> str:
    """A rule's address as OpenAPI writes it."""
    return _VARIABLE.sub(r"{\2}", rule.rule)


def _entry(rule: Rule, operation: Operation, access: Access, purpose: str) -> dict[str, Any]:
    in_path = [
        {"name": name, "in": "path", "required": True, "schema": ID if converter == "uuid" else TEXT}
        for converter, name in _VARIABLE.findall(rule.rule)
    ]
    body = {"requestBody": {"required": operation.needs_body, "content": operation.body}} if operation.body else {}
    return {
        "operationId": rule.endpoint,
        "summary": purpose,
        "security": _security(access),
        "parameters": [*in_path, *operation.parameters],
        **body,
        "responses": {**{str(status): said for status, said in operation.answers.items()}, **_refused()},
    }


def _purpose(view: Any) -> str:
    """The first sentence of a view's docstring, without the numbers of requirements."""
    text = " ".join((getattr(view, "func", view).__doc__ or "").partition("\n\n")[0].split())
    return re.sub(r" \([A-Z]+-?[0-9][^)]*\)", "", text)


def _security(access: Access) -> list[Json]:
    """Any of these suffices."""
    if access.door is Door.OPEN:
        return []
    keys: list[Json] = [{"key": [scope]} for scope in access.scopes]
    return [*keys, {"session": []}] if access.door is Door.EITHER else keys


def _refused() -> Json:
    return {"default": shared("responses", "Problem")}


def _add_alternate(operations: dict[str, Any], address: str) -> None:
    """POST with `method`, beside the POST of the resource where it has one (xAPI-Communication 1.3)."""
    methods = [method for method in ALTERNATE_METHODS if method.lower() in operations or method == "HEAD"]
    method = {"name": "method", "in": "query", "schema": {"enum": methods}}
    form = media(_form(operations.values()), FORM)
    post = operations.get("post")
    if post is None:
        first = next(iter(operations.values()))
        operations["post"] = {
            "operationId": f"alternate{address.replace('/', '.')}",
            "summary": "Another request as a form.",
            "security": first["security"],
            "parameters": [
                *(one for one in first["parameters"] if one.get("in") == "path"),
                {**method, "required": True},
            ],
            "requestBody": {"required": True, "content": form},
            "responses": {"200": {"description": "What the method answers."}, **_refused()},
        }
    else:
        contents = {**post["requestBody"]["content"], **form}
        answers = post["responses"]
        for operation in operations.values():
            answers = _either(answers, operation["responses"])
        operations["post"] = {
            **post,
            "parameters": [*post["parameters"], method],
            "requestBody": {"required": True, "content": contents},
            "responses": answers,
        }


def _either(some: Mapping[str, Json], others: Mapping[str, Json]) -> dict[str, Json]:
    """The answers of both; under a status that both have, one or the other."""
    return {**others, **{status: _or(answer, others.get(status, answer)) for status, answer in some.items()}}


def _or(answer: Json, other: Json) -> Json:
    contents = {**other.get("content", {}), **answer.get("content", {})}
    for media_type, mine in contents.items():
        theirs = other.get("content", {}).get(media_type, mine)
        if theirs != mine:
            contents[media_type] = {"schema": {"anyOf": [mine["schema"], theirs["schema"]]}}
    return {**answer, "content": contents} if contents else answer


def _form(operations: Iterable[Mapping[str, Any]]) -> Json:
    """The fields of an alternate request: parameters, headers and content, all as text."""
    given = [one["name"] for operation in operations for one in operation["parameters"] if one.get("in") == "query"]
    names = dict.fromkeys([*given, *(name for name in ALTERNATE_HEADERS if name != "Content-Length"), "content"])
    return {"type": "object", "properties": dict.fromkeys(names, TEXT), "additionalProperties": False}
