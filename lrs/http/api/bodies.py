"""JSON bodies of the API: read through the one strict door, checked against a declaration, every mistake named."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import request
from marshmallow import Schema, ValidationError

from lrs.errors import BadRequest, did_you_mean
from lrs.http.bodies import read_body
from lrs.xapi.json_door import load

MOST = 64 * 1024
"""Bytes: little that is said here is long."""

_NAME_LIMIT = 60


class BodyInvalid(BadRequest):
    """The body is not what this resource takes."""

    code = "body-invalid"


def load_body(schema: Schema, *, most: int = MOST) -> dict[str, Any]:
    """The members of the request's JSON object, checked; an empty body is an empty object.

    Raises BodyInvalid, whose `errors` name each member and what is wrong with it, and TooLarge.
    """
    if request.mimetype not in {"", "application/json"}:
        raise BadRequest(f"Content-Type '{request.mimetype[:40]}' is not accepted", hint="send application/json")
    body = read_body(most)
    given = load(body) if body.strip() else {}
    if not isinstance(given, dict):
        raise BodyInvalid("the body is not a JSON object", hint="send {…}")
    try:
        loaded: dict[str, Any] = schema.load(given)
    except ValidationError as error:
        raise _explained(error, schema) from error
    return loaded


def load_arguments(schema: Schema) -> dict[str, Any]:
    """The query parameters, checked.  Raises BodyInvalid."""
    try:
        loaded: dict[str, Any] = schema.load(request.args.to_dict())
    except ValidationError as error:
        raise _explained(error, schema) from error
    return loaded


def _explained(error: ValidationError, schema: Schema) -> BodyInvalid:
    errors = [{"path": path, "detail": detail} for path, detail in _flat("$", error.messages)]
    unknown = next((one["path"][2:] for one in errors if one["detail"] == "Unknown field."), None)
    hint = did_you_mean(unknown[:_NAME_LIMIT], schema.fields) if unknown else None
    return BodyInvalid(f"{errors[0]['path']}: {errors[0]['detail']}", hint=hint, errors=errors)


def _flat(path: str, messages: Any) -> Iterator[tuple[str, str]]:
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            yield from _flat(path if name == "_schema" else f"{path}.{name}", inner)
    else:
        yield path, " ".join(messages) if isinstance(messages, list) else str(messages)
