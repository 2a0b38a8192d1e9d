"""Programs in a list: those of files that were checked, and those that a store has published."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from lrs.clock import to_text
from lrs.errors import NotFound
from rules.language import Program, Ruleset
from rules.published.composition import published_of
from rules.published.in_force import program_of

if TYPE_CHECKING:
    from lrs.prowess import Prowess


def checked(ruleset: Ruleset) -> dict[str, Any]:
    """What `prowess check --json` prints of programs without a mistake."""
    found = [_program(versions) for versions in ruleset.programs.values()]
    return {"ok": True, "hash": ruleset.hash, "programs": found}


def listed(prowess: Prowess, tenant_id: int) -> list[dict[str, Any]]:
    """Every program that is or was published, by its id; see `one`."""
    names = set(published_of(prowess).current(tenant_id).ruleset.programs)
    names |= published_of(prowess).withdrawn(tenant_id, known_at=prowess.clock.now()).keys()
    return [one(prowess, tenant_id, name) for name in sorted(names)]


def one(prowess: Prowess, tenant_id: int, program_id: str) -> dict[str, Any]:
    """A published program with its versions, the first one first; one that was withdrawn as it last was.

    `in_force`: the version in force by the day of UTC, null once the program is withdrawn.  `withdrawn_at`: null or an
    instant.  `published_at`, of a version: when it first was.  Raises NotFound.
    """
    published, now = published_of(prowess), prowess.clock.now()
    edition, withdrawn = published.last_with(tenant_id, program_id, known_at=now)
    program = program_of(edition.ruleset, program_id, now)
    applied = published.applied(tenant_id, program_id)
    found = _program(edition.ruleset.programs[program_id])
    versions = [{**each, "published_at": to_text(applied[each["version"]])} for each in found["versions"]]
    return {
        **found,
        "versions": versions,
        "in_force": None if withdrawn is not None or program is None else program.version,
        "withdrawn_at": None if withdrawn is None else to_text(withdrawn),
    }


def find_version(versions: Sequence[Program], number: str) -> Program:
    """The version of a number.  Raises NotFound, which names the versions that there are."""
    found = next((one for one in versions if str(one.version) == number), None)
    if found is None:
        known = ", ".join(str(one.version) for one in versions)
        raise NotFound(f"program '{versions[0].id}' has no version '{number}'", hint=f"there are: {known}")
    return found


def _program(versions: Sequence[Program]) -> dict[str, Any]:
    latest = versions[-1]
    return {"id": latest.id, "kind": latest.kind, "title": latest.title, "versions": list(_versions(versions))}


def _versions(versions: Sequence[Program]) -> Iterator[dict[str, Any]]:
    for program in versions:
        effective = program.effective.isoformat() if program.effective > date.min else None
        yield {"version": program.version, "effective": effective}
