"""Reports as a plug-in."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lrs.plugins import Link, Plugin
from reports.commands import report

if TYPE_CHECKING:
    from flask import Blueprint

    from lrs.prowess import Prowess
    from lrs.web.panels import Panel


def _blueprints(_: Prowess) -> Iterable[Blueprint]:
    from reports.pages import blueprint  # noqa: PLC0415 - commands need no web server

    return [blueprint]


def _panels(prowess: Prowess) -> Iterable[Panel]:
    from reports.panels import panels  # noqa: PLC0415 - commands need no web server

    return panels(prowess)


plugin = Plugin(
    name="reports",
    blueprints=_blueprints,
    commands=(report,),
    links=(Link("Reports", "reports.index", 20),),
    panels=_panels,
)
