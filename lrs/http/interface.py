"""What a view takes and answers, said beside it in the words of OpenAPI; `lrs.http.openapi` makes one document of all.

Address, methods, scopes and purpose are said once already, by the rule, by `lrs.http.access` and by the view's docstring:
only what they leave open stands here.  A plug-in's views are described by being among its blueprints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias, TypeVar

from flask import Flask

Json: TypeAlias = Mapping[str, Any]
V = TypeVar("V", bound=Callable[..., Any])

_MARK: Final = "prowess_operation"

TEXT: Final[Json] = {"type": "string"}
FLAG: Final[Json] = {"type": "boolean"}
ID: Final[Json] = {"type": "string", "format": "uuid"}
IRI: Final[Json] = {"type": "string", "format": "iri"}
INSTANT: Final[Json] = {"type": "string", "format": "date-time"}
OBJECT: Final[Json] = {"type": "object"}


@dataclass(frozen=True, slots=True)
class Operation:
    """Everything of an operation that stands at its view: parts of OpenAPI 3.1.

    parameters: those of query and headers.  body: content by media type.  answers: by status; refusals need no entry.
    """

    parameters: tuple[Json, ...] = ()
    body: Json = field(default_factory=dict)
    answers: Mapping[int, Json] = field(default_factory=dict)
    needs_body: bool = True


def described(
    *parameters: Iterable[Json],
    body: Json | None = None,
    answers: Mapping[int, Json] | None = None,
    needs_body: bool = True,
) -> Callable[[V], V]:
    """A view of the interface for programs; parameters in groups, as `query` and `header` give them."""
    operation = Operation(tuple(one for group in parameters for one in group), body or {}, answers or {}, needs_body)

    def mark(view: V) -> V:
        setattr(view, _MARK, operation)
        return view

    return mark


def operation_of(app: Flask, endpoint: str) -> Operation | None:
    """What was said of an endpoint; None of a page, and of what nobody described."""
    found: Operation | None = getattr(app.view_functions[endpoint], _MARK, None)
    return found


def query(shapes: Mapping[str, Json], *, required: Iterable[str] = ()) -> list[Json]:
    """Query parameters by name, each with its JSON Schema."""
    return [_parameter("query", name, shape, name in required) for name, shape in shapes.items()]


def header(*names: str) -> list[Json]:
    """Headers that may be left out."""
    return [_parameter("header", name, TEXT, False) for name in names]


def shared(kind: str, name: str) -> dict[str, str]:
    """A reference to a component of the document, such as `schemas`, `Agent`."""
    return {"$ref": f"#/components/{kind}/{name}"}


def media(schema: Json, *media_types: str) -> Json:
    """The same schema under each media type; JSON where none is named."""
    return {media_type: {"schema": schema} for media_type in media_types or ("application/json",)}


def gives(description: str, schema: Json | None = None, *media_types: str) -> Json:
    """One answer; without a schema it has no body."""
    said: Json = {"description": description}
    return said if schema is None else {**said, "content": media(schema, *media_types)}


def array(of: Json) -> Json:
    return {"type": "array", "items": of}


def members(required: str = "", **properties: Json) -> Json:
    """An object with these properties at least; required: names with spaces between them."""
    named = {"required": required.split()} if required else {}
    return {"type": "object", "properties": properties, **named}


def _parameter(place: str, name: str, shape: Json, required: bool) -> Json:
    said = {"content": media(shape)} if "$ref" in shape else {"schema": shape}
    return {"name": name, "in": place, **({"required": True} if required else {}), **said}
