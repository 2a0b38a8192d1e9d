"""`/metrics`: what Prometheus and its like read, for administrators' keys and for the addresses that the settings name."""

from __future__ import annotations

from flask import Blueprint, Response, g

from lrs.errors import Forbidden
from lrs.http.access import watched_from
from lrs.http.interface import TEXT, described, gives
from lrs.http.requests import this_prowess
from lrs.metrics import readings
from lrs.metrics.exposition import CONTENT_TYPE, render
from lrs.store import tables as t

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
@watched_from("admin")
@described(answers={200: gives("Prometheus text format 0.0.4.", TEXT, "text/plain")})
def metrics() -> Response:
    """What this process counted, and what the store shows of its feed, its deliveries and its size."""
    if "credential" in g and g.credential.tenant_id != t.DEFAULT_TENANT:
        raise Forbidden("these numbers are about all tenants", hint="ask with a key of the tenant 'default'")
    return Response(render(readings.families(this_prowess())), content_type=CONTENT_TYPE)
