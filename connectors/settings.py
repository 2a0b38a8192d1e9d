"""What every configured system has in common, whatever its kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError, post_load, validate, validates_schema
from marshmallow import fields as f

from connectors.decisions import Transition
from lrs.config import MISSING, UNKNOWN
from lrs.errors import nearest
from lrs.settings import Secret, SectionSchema
from lrs.yaml_slips import key_meant

NAME = r"[a-z0-9][a-z0-9._-]{0,62}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemSettings:
    """One entry of `connectors.systems`."""

    name: str
    kind: str
    url: str
    push: frozenset[Transition]
    allow_http: bool = False
    allow_private: bool = False
    ca_file: str | None = None
    timeout: float = 10.0

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every text that must not be shown: what was declared secret, and what the address hides."""
        address = urlsplit(self.url)
        declared = [value for field in fields(self) if isinstance(value := getattr(self, field.name), Secret)]
        return tuple(str(text) for text in (*declared, address.query) if text)


class StrictSchema(SectionSchema):
    """A mapping whose unknown keys are errors that name the nearest known one, at any depth."""

    def handle_error(self, error: ValidationError, *_: Any, **__: Any) -> None:
        """Name the nearest key of each that nobody knows; what lacks because it is misspelt is not told twice."""
        messages = error.messages
        if not isinstance(messages, dict):
            return
        unknown = [key for key, said in messages.items() if said == UNKNOWN]
        for key in unknown:
            messages[key] = [f"unknown setting; {key_meant(key, self.fields)}"]
            meant = nearest(key, self.fields)
            if meant is not None and messages.get(meant) == MISSING:
                del messages[meant]


def push_field(*transitions: Transition) -> f.Field[Any]:
    """Which transitions are pushed; by default those given."""
    return f.List(f.Enum(Transition, by_value=True), load_default=lambda: list(transitions))


class SystemSchema(StrictSchema):
    """The common keys; a kind's schema inherits them and adds its own."""

    becomes: type[Any] = SystemSettings
    name = f.String(
        required=True, validate=validate.Regexp(rf"^{NAME}\Z", error="small letters, digits, dots, hyphens; at most 63")
    )
    kind = f.String(required=True)
    url = f.String(required=True)
    push = push_field(*Transition)
    allow_http = f.Boolean(load_default=False)
    allow_private = f.Boolean(load_default=False)
    ca_file = f.String(load_default=None, allow_none=True)
    timeout = f.Float(load_default=10.0, validate=validate.Range(min=0.1, max=60))

    @validates_schema
    def _check_address(self, values: Mapping[str, Any], **_: Any) -> None:
        problem = address_problem(values.get("url", ""), allow_http=values.get("allow_http", False))
        if problem:
            raise ValidationError({"url": [problem]})

    @post_load
    def _build(self, values: dict[str, Any], **_: Any) -> Any:
        return self.becomes(**{**values, "url": values["url"].rstrip("/"), "push": frozenset(values["push"])})


def address_problem(url: str, *, allow_http: bool) -> str | None:
    """What is wrong with the address of a system, if anything."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        return f"not an address: {error}"
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        return "an address such as https://lms.example"
    if parts.scheme == "http" and not allow_http:
        return "http sends secrets in the clear; use https, or say allow_http: true"
    if parts.username is not None or parts.password is not None:
        return "no user or password in the address; use the setting for the secret"
    return "no '#' in the address" if parts.fragment else None
