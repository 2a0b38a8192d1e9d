"""The JSON Schema of what a declaration of `lrs.http.api.bodies` takes, so that documents and checks cannot differ."""

from __future__ import annotations

from typing import Any, Final

from marshmallow import Schema, fields, validate

from lrs.http.interface import Json, query

SHAPE: Final = "shape"
"""Key of a field's metadata under which it says its own schema, where its class does not tell."""
_TYPES: Final[dict[type[fields.Field[Any]], str]] = {
    fields.String: "string",
    fields.Integer: "integer",
    fields.Boolean: "boolean",
    fields.Dict: "object",
    fields.List: "array",
}


def body_of(schema: Schema) -> Json:
    """What `load_body` takes."""
    taken = {one.data_key or name: one for name, one in schema.fields.items()}
    return {
        "type": "object",
        "properties": {name: _shape(one) for name, one in taken.items()},
        "required": [name for name, one in taken.items() if one.required],
        "additionalProperties": False,
    }


def arguments_of(schema: Schema) -> list[Json]:
    """What `load_arguments` takes."""
    return query({name: _shape(one, nullable=False) for name, one in schema.fields.items()})


def _shape(one: fields.Field[Any], *, nullable: bool = True) -> Any:
    if SHAPE in one.metadata:
        return one.metadata[SHAPE]
    shape: dict[str, Any] = {}
    if kind := _TYPES.get(type(one)):
        shape["type"] = [kind, "null"] if one.allow_none and nullable else kind
    if isinstance(one, fields.List):
        shape["items"] = _shape(one.inner)
    for check in one.validators:
        shape.update(_bounds(check, "Items" if isinstance(one, fields.List) else "Length"))
    return shape


def _bounds(check: Any, what: str) -> dict[str, Any]:
    if isinstance(check, validate.OneOf):
        return {"enum": list(check.choices)}
    if isinstance(check, validate.Length):
        return _known({f"min{what}": check.min, f"max{what}": check.max})
    if isinstance(check, validate.Range):
        return _known({"minimum": check.min, "maximum": check.max})
    return {}


def _known(bounds: dict[str, Any]) -> dict[str, Any]:
    return {name: bound for name, bound in bounds.items() if bound is not None}
