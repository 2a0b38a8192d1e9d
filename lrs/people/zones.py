"""In which time zone somebody lives: their own, else that of the site where they work.  What a rule counts in is the rules' own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from lrs.people.roster import Person, Site


def zone_of(person: Person, sites: Mapping[str, Site], day: date) -> str | None:
    """The IANA name of the zone; None where nobody said one.

    Of sites that of the position that began last by then counts, before all of them the first one.
    """
    if person.timezone:
        return person.timezone
    placed = sorted((one for one in person.positions if one.site in sites), key=lambda one: one.start)
    begun = [one for one in placed if one.start <= day] or placed[:1]
    return sites[str(begun[-1].site)].timezone if begun else None
