"""Which kinds of connector there are, and the configured ones.

Kinds come from the entry points `prowess.connectors`, ours and outsiders' alike.  A kind is a class with a `schema`
(its keys in the configuration) that is built from those settings and its surroundings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import Any, Protocol, cast

from marshmallow import ValidationError, post_load
from marshmallow import fields as f

from connectors.contract import Connector, Surroundings
from connectors.settings import StrictSchema, SystemSchema, SystemSettings
from lrs.errors import ConfigError, NotFound, did_you_mean

GROUP = "prowess.connectors"


class Kind(Protocol):
    """What an entry point names."""

    kind: str
    schema: type[SystemSchema]

    def __call__(self, settings: Any, surroundings: Surroundings) -> Connector: ...


@dataclass(frozen=True, slots=True)
class ConnectorSettings:
    """The section `connectors`."""

    systems: tuple[SystemSettings, ...]


class SystemField(f.Field[SystemSettings]):
    """One entry of `systems`, read by the schema of its kind."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> SystemSettings:
        if not isinstance(value, Mapping):
            raise ValidationError("a mapping with name, kind and url")
        name = str(value.get("kind", ""))
        if name not in kinds():
            raise ValidationError({"kind": [f"no kind of connector is called '{name}'; {did_you_mean(name, kinds())}"]})
        return cast("SystemSettings", kinds()[name].schema().load(dict(value)))


def _check_names(systems: Sequence[SystemSettings]) -> None:
    names = [system.name for system in systems]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValidationError(f"two systems are called '{twice}'")


class ConnectorsSchema(StrictSchema):
    becomes = ConnectorSettings
    systems = f.List(SystemField(), load_default=list, validate=_check_names)

    @post_load
    def _build(self, values: dict[str, Any], **_: Any) -> ConnectorSettings:
        return ConnectorSettings(tuple(values["systems"]))


@cache
def kinds() -> Mapping[str, Kind]:
    """Every kind the environment offers.  Raises ConfigError when one cannot be loaded."""
    found: dict[str, Kind] = {}
    for point in entry_points(group=GROUP):
        try:
            found[point.name] = point.load()
        except Exception as error:
            raise ConfigError(f"connector '{point.name}' ({point.value}) cannot be loaded: {error}") from error
    return found


class Registry:
    """The configured connectors of one process, by name."""

    def __init__(self, settings: ConnectorSettings, surroundings: Surroundings) -> None:
        self._connectors = {system.name: kinds()[system.kind](system, surroundings) for system in settings.systems}

    def __iter__(self) -> Iterator[Connector]:
        return iter(self._connectors.values())

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._connectors)

    def get(self, name: str) -> Connector:
        """Raises NotFound, naming the nearest."""
        if name not in self._connectors:
            hint = did_you_mean(name, self.names) if self._connectors else "none is configured; see docs/connectors.md"
            raise NotFound(f"no connector is called '{name}'", hint=hint)
        return self._connectors[name]

    def close(self) -> None:
        for connector in self._connectors.values():
            connector.close()
