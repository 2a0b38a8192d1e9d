"""The record store over HTTP: the xAPI resources, who may use them, what administrators do, and health."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Blueprint

if TYPE_CHECKING:
    from lrs.prowess import Prowess


def blueprints(prowess: Prowess) -> Iterable[Blueprint]:
    """Everything the bare record store answers, pages apart."""
    from lrs.http import about, api, directory, documents, health, metrics, openapi, statements  # noqa: PLC0415 - the application's context

    del prowess
    xapi = [about.blueprint, statements.blueprint, documents.blueprint, directory.blueprint]
    return [*xapi, health.blueprint, metrics.blueprint, openapi.blueprint, *api.blueprints()]
