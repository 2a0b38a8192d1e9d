"""Values that several resources of the API take: what reads or checks them, for marshmallow."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from marshmallow import ValidationError

from lrs.errors import BadRequest
from lrs.expiry import load_expiry
from lrs.http.requests import this_prowess
from lrs.xapi.lexical import find_uuid, is_iri


def expiry(value: Any) -> int:
    """When something ends, in microseconds, from a day, an instant or a period.  Raises ValidationError."""
    if not isinstance(value, str):
        raise ValidationError("Not a day, an instant or a period, such as 2027-01-31 or P90D.")
    try:
        return load_expiry(value, this_prowess().clock.now())
    except BadRequest as error:
        raise ValidationError(f"{error.message}; {error.hint}") from error


def uuid(value: Any) -> UUID:
    """A UUID in the standard form only.  Raises ValidationError."""
    found = find_uuid(value) if isinstance(value, str) else None
    if found is None:
        raise ValidationError("Not a UUID in the form 8-4-4-4-12.")
    return found


def iri(text: str) -> None:
    """Raises ValidationError."""
    if not is_iri(text):
        raise ValidationError("Not an IRI: start it with a scheme, such as https:.")
