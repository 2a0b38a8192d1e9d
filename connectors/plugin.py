"""Connectors as a plug-in of the record store."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from connectors.commands import connect
from connectors.complaints import complaints
from connectors.composition import outbox_of, registry_of
from connectors.deliveries import DeliveryWriter, foresee
from connectors.metrics import families as metrics
from connectors.record import check
from connectors.registry import ConnectorsSchema
from connectors.sender import Sender
from connectors.tables import metadata
from lrs.erasure.policies import Delete, Policy
from lrs.prowess import Place, Plugin, Push

if TYPE_CHECKING:
    from lrs.feed.consumer import Consumer
    from lrs.jobs import Job
    from lrs.prowess import Prowess

ERASURE: Final[dict[str, Policy]] = {
    "delivery": Delete(people=("person_id",), why="what an LMS was told of them, or waits to be"),
    "remote_person": Delete(people=("person_id",), why="who they are there"),
}


def _consumers(prowess: Prowess) -> Iterable[Consumer]:
    return [DeliveryWriter(outbox_of(prowess), registry_of(prowess), prowess.clock)]


def _jobs(prowess: Prowess) -> Iterable[Job]:
    return [Sender(outbox_of(prowess), registry_of(prowess), prowess.clock)]


def _pushes(prowess: Prowess, statement: Mapping[str, Any]) -> Iterable[Push]:
    return foresee(registry_of(prowess), statement)


def _places(prowess: Prowess, program: str) -> Iterable[Place]:
    found = ((connector.name, connector.place(program)) for connector in registry_of(prowess))
    return [Place(name, url) for name, url in found if url is not None]


plugin = Plugin(
    name="connectors",
    settings=ConnectorsSchema,
    metadata=metadata,
    migrations="connectors.migrations.versions",
    erasure=ERASURE,
    commands=(connect,),
    consumers=_consumers,
    jobs=_jobs,
    pushes=_pushes,
    places=_places,
    checks=check,
    complaints=complaints,
    metrics=metrics,
)
