"""The connectors of one process, opened from its Prowess: what the plug-in, the commands and pages start from."""

from __future__ import annotations

from weakref import WeakKeyDictionary

from connectors.contract import Surroundings
from connectors.outbox import Outbox
from connectors.people import PeopleDirectory
from connectors.registry import ConnectorSettings, Registry
from lrs.prowess import Prowess

_registries: WeakKeyDictionary[Prowess, Registry] = WeakKeyDictionary()


def registry_of(prowess: Prowess) -> Registry:
    """The configured connectors, built once for each Prowess."""
    if prowess not in _registries:
        settings = prowess.settings.sections.get("connectors") or ConnectorSettings(())
        people = PeopleDirectory(prowess.database, prowess.clock)
        _registries[prowess] = Registry(settings, Surroundings(prowess.clock, people))
    return _registries[prowess]


def outbox_of(prowess: Prowess) -> Outbox:
    """The deliveries of a Prowess."""
    return Outbox(prowess.database, prowess.clock)
