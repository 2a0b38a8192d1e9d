"""Northwind Logistics: some two hundred made-up people at two sites, the same for the same seed and day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

MOODLE = "https://moodle.demo.example"
CONTENT = "https://content.demo.example"
SITES = {"us-1": "America/New_York", "uk-1": "Europe/London"}

_GIVEN = (
    "Amara", "Bao", "Carla", "Dario", "Elif", "Femi", "Greta", "Hugo", "Ines", "Jonas", "Kavya", "Liam", "Mina", "Nils",
    "Oona", "Pablo", "Qadira", "Rhys", "Sofia", "Tomas", "Ulla", "Vera", "Wren", "Ximena", "Yara", "Zeno",
)  # fmt: skip
_FAMILY = (
    "Abara", "Berg", "Costa", "Dahl", "Eriksen", "Fofana", "Gallo", "Haas", "Ito", "Jensen", "Kaya", "Lopes", "Moreau",
    "Novak", "Okoye", "Petrov", "Quist", "Rossi", "Sato", "Tanaka", "Usman", "Vidal", "Weber", "Xu", "Yilmaz", "Zeman",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody of the organisation, as every system of it knows them."""

    number: int
    id: str
    name: str
    email: str
    job: str
    level: str
    site: str
    unit: str
    employment: str
    since: date
    manager: str | None
    leave: tuple[date, date] | None = None

    def as_document(self) -> dict[str, Any]:
        """This person as `people.yaml` writes people."""
        position: dict[str, Any] = {
            "from": self.since.isoformat(),
            "job": self.job,
            "level": self.level,
            "site": self.site,
            "unit": self.unit,
            "employment": self.employment,
        }
        if self.manager:
            position["managers"] = [self.manager]
        document: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "email": self.email,
            "identifiers": [
                {"account": {"homePage": MOODLE, "name": str(self.number)}},
                {"account": {"homePage": CONTENT, "name": self.id}},
            ],
            "hired_on": self.since.isoformat(),
            "positions": [position],
        }
        if self.leave:
            document["leave"] = [{"from": self.leave[0].isoformat(), "to": self.leave[1].isoformat()}]
        return document


def organisation(random: Random, today: date) -> list[Member]:
    """A director for each site, managers under them, leads under those, and everybody else under leads."""
    people: list[Member] = []

    def add(job: str, level: str, site: str, unit: str, days: int, manager: str | None, **more: Any) -> Member:
        number = 1001 + len(people)
        name = f"{_GIVEN[len(people) % 26]} {_FAMILY[(len(people) * 7 + len(people) // 26) % 26]}"
        handle = f"{name.lower().replace(' ', '.')}.{number}"
        employment = more.pop("employment", "employee")
        member = Member(
            number, f"p{number}", name, f"{handle}@northwind.example", job, level, site, unit, employment,
            today - timedelta(days=days), manager, **more,
        )  # fmt: skip
        people.append(member)
        return member

    chief = add("chief-operating-officer", "executive", "us-1", "operations", 2900, None)
    for site in SITES:
        director = add("site-director", "manager", site, "operations", random.randint(900, 2500), chief.id)
        for unit in ("warehouse", "yard", "office"):
            manager = add(f"{unit}-manager", "manager", site, unit, random.randint(500, 2000), director.id)
            for _ in range(2):
                lead = add(
                    "yard-lead" if unit == "yard" else "team-lead",
                    "lead",
                    site,
                    unit,
                    random.randint(400, 1500),
                    manager.id,
                )
                for _ in range(15):
                    _add_worker(add, random, today, site, unit, lead.id)
    return people


def _add_worker(add: Any, random: Random, today: date, site: str, unit: str, lead: str) -> None:
    job = {"warehouse": "forklift-operator", "yard": "forklift-operator", "office": "clerk"}[unit]
    if unit != "office" and random.random() < 0.35:
        job = "picker"
    if random.random() < 0.25:
        days = random.randint(10, 110)
        leave = None
        if random.random() < 0.3 and days > 40:
            start = today - timedelta(days=days - 10)
            leave = (start, start + timedelta(days=random.randint(4, 13)))
        add(job, "individual-contributor", site, unit, days, lead, employment="new-hire", leave=leave)
    else:
        add(job, "individual-contributor", site, unit, random.randint(150, 1800), lead)
