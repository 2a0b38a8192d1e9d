"""What is known of one person in one program, for criteria that ask for more than its rows: offices, observers, zones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from rules.decide.assignment import Assignments
from rules.decide.facts import Facts
from rules.decide.logic import Steps
from rules.decide.office import Office, office_of
from rules.decide.record import Record
from rules.decide.zones import Zones

if TYPE_CHECKING:
    from rules.decide.compiled import Compiled

Holding = Callable[[Facts, str], Steps]
"""When a person's award of a program was valid."""


class Case:
    """The record with its surroundings; what costs something is found out when it is asked for."""

    def __init__(
        self,
        compiled: Compiled,
        facts: Facts,
        record: Record,
        zones: Mapping[int, Zones],
        holding: Holding,
    ) -> None:
        self.compiled = compiled
        self.facts = facts
        self.record = record
        self.zones = zones
        self.holding = holding
        self.has_acts = bool(record.tracks[compiled.overrides].rows)
        self._offices: dict[int, Office] = {}

    @cached_property
    def assignments(self) -> Assignments:
        return Assignments(self.compiled, self.facts, self.zones)

    @cached_property
    def assigned_at(self) -> Sequence[int]:
        """The instants at which the program began to ask something of the person."""
        return self.assignments.began_at()

    def office(self, version: int) -> Office:
        """The acts of office, as a version of the program lets them count."""
        found = self._offices.get(version)
        if found is None:
            entries = self.record.tracks[self.compiled.overrides]
            waive = self.compiled.versions[version].program.waive
            found = self._offices[version] = office_of(entries, waive, self.zones[version], self.facts)
        return found
