"""Which programs are meant for a job: by what audiences say, and by the positions in which people hold it today.  Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from rules.language.model import Audience, Match, Program


@dataclass(frozen=True, slots=True)
class Place:
    """A position as people hold it today, without its days."""

    job: str
    level: str | None = None
    site: str | None = None
    unit: str | None = None
    employment: str | None = None


@dataclass(frozen=True, slots=True)
class Meant:
    """That a program is meant for a job.  everybody: whatever the level, site, unit or employment."""

    audience: Audience
    everybody: bool


def meant(program: Program, job: str, places: Sequence[Place], assigned: Collection[str]) -> list[Meant]:
    """The audiences of a program that some holder of a job is in; of a job that nobody holds, those that name it.

    assigned: programs that some holder has; only that can tell where an audience asks who reports to whom.
    """
    known = places or [Place(job)]
    return list(_meant(program, job, known, assigned, is_held=bool(places)))


def _meant(
    program: Program, job: str, places: Sequence[Place], assigned: Collection[str], *, is_held: bool
) -> Iterator[Meant]:
    for audience in program.audiences:
        names = audience.match.patterns.get("job")
        if names is not None and not any(fnmatchcase(job, pattern) for pattern in names):
            continue
        inside = [fits(audience.match, place) for place in places]
        is_told = is_held and any(inside) and (audience.match.depth is None or program.id in assigned)
        if is_told or (not is_held and names is not None):
            plain = audience.match.depth is None and (all(inside) if is_held else len(audience.match.patterns) == 1)
            yield Meant(audience, plain)


def fits(match: Match, place: Place) -> bool:
    """Whether a position is what is asked for, as far as a position alone can tell."""
    for attribute, patterns in match.patterns.items():
        value = getattr(place, attribute)
        if value is None or not any(fnmatchcase(value, pattern) for pattern in patterns):
            return False
    exclude = match.exclude
    return exclude is None or exclude.depth is not None or not fits(exclude, place)
