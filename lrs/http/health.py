"""Health for whoever watches: alive without asking the database; ready while requests can be served, and what lags behind."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, Response, current_app, jsonify

from lrs.errors import ConfigError, Unavailable
from lrs.feed.lag import Lag
from lrs.http.access import open_to_all
from lrs.http.interface import TEXT, array, described, gives, members
from lrs.http.requests import this_prowess
from lrs.migrate import require_current, revisions
from lrs.prowess import Prowess

blueprint = Blueprint("health", __name__, url_prefix="/health")

_MOST: Final = 1_000
"""Items of a lag that are counted: strangers may ask."""
_CURRENT: Final = "prowess.current"
"""Where an application remembers the revisions that it found to be what its code needs."""
_STATUS = members("status", status=TEXT, reason=TEXT)
_NUMBER = {"type": "number"}
_FOLLOWER = members(
    "name lag_items lag_seconds parked", name=TEXT, lag_items=_NUMBER, lag_seconds=_NUMBER, parked=_NUMBER
)
_READY = members("status degraded followers", status=TEXT, degraded=array(TEXT), followers=array(_FOLLOWER))


@blueprint.get("/live")
@open_to_all
@described(answers={200: gives("It is alive.", _STATUS)})
def live() -> Response:
    """Whether the process answers."""
    return jsonify(status="alive")


@blueprint.get("/ready")
@open_to_all
@described(
    answers={
        200: gives("Requests can be served.", _READY),
        503: gives("Its database does not answer, or is not migrated.", _STATUS),
    }
)
def ready() -> tuple[Response, int]:
    """Whether requests can be served, how far each follower of the feed has come, and what is degraded."""
    prowess = this_prowess()
    try:
        _require_migrated(prowess)
        lags = prowess.work.lags(_MOST)
    except (ConfigError, Unavailable) as error:
        return jsonify(status="not ready", reason=error.message), 503
    degraded = [f"lag:{name}" for name in prowess.work.behind(lags)]
    degraded += [f"parked:{lag.consumer}" for lag in lags if lag.parked]
    return jsonify(status="ready", degraded=degraded, followers=[_told(prowess, lag) for lag in lags]), 200


def _require_migrated(prowess: Prowess) -> None:
    """Raises ConfigError unless this code can run on the tables; looked into only when they changed."""
    found = revisions(prowess.database, prowess.plugins)
    if found != current_app.extensions.get(_CURRENT):
        require_current(prowess.database, prowess.plugins)
        current_app.extensions[_CURRENT] = found


def _told(prowess: Prowess, lag: Lag) -> dict[str, Any]:
    seconds = round(lag.seconds(prowess.clock.now()), 1)
    return {"name": lag.consumer, "lag_items": lag.items, "lag_seconds": seconds, "parked": lag.parked}
