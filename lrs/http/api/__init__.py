"""`/api/v1`: what administrators and their programs do over HTTP, one module a resource; JSON in, JSON or problems out."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint


def blueprints() -> Iterable[Blueprint]:
    """Every resource of this interface."""
    from lrs.http.api import keys, launches, quarantine  # noqa: PLC0415 - they import the application's context

    return [keys.blueprint, launches.blueprint, quarantine.blueprint]
