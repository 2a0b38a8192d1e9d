"""What is known of one person in one program, for criteria that ask for more than its rows: offices, observers, zones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from rules.decide.assignment import Assignments
from rules.decide.facts import Facts
from rules.decide.logic import Steps
from rules.decide.office import Office, office_of
from rules.decide.record import Entries, Record
from rules.decide.zones import Zones
from rules.language.model import Program

Holding = Callable[[Facts, str], Steps]
"""When a person's award of a program was valid."""


class Case:
    """The record with its surroundings; what costs something is found out when it is asked for.

    `programs`: each version, oldest first.  `acts`: the rows of the acts of office.
    """

    def __init__(
        self,
        programs: Sequence[Program],
        facts: Facts,
        record: Record,
        acts: Entries,
        zones: Mapping[int, Zones],
        holding: Holding,
    ) -> None:
        self.facts = facts
        self.record = record
        self.zones = zones
        self.holding = holding
        self.has_acts = bool(acts.rows)
        self._programs = programs
        self._acts = acts
        self._offices: dict[int, Office] = {}

    @cached_property
    def assignments(self) -> Assignments:
        return Assignments(self._programs, self.facts, self.zones)

    @cached_property
    def assigned_at(self) -> Sequence[int]:
        """The instants at which the program began to ask something of the person."""
        return self.assignments.began_at()

    def office(self, version: int) -> Office:
        """The acts of office, as a version of the program lets them count."""
        found = self._offices.get(version)
        if found is None:
            waive = self._programs[version].waive
            found = self._offices[version] = office_of(self._acts, waive, self.zones[version], self.facts)
        return found
