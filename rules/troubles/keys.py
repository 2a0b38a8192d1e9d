"""Keys that no source of the programs names, while a source waits for a key that is not there: a slip in one of the two names.

Such statements are stored, and read as those of any sender: Moodle's attempts, for one, then prove nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lrs.complaints import Complaint
from lrs.prowess import Prowess
from lrs.store.credentials import OWN
from rules.published.composition import published_of

_WRITES: Final = "statements/write"


def unread(prowess: Prowess, tenant_id: int) -> tuple[Sequence[str], Sequence[str]]:
    """Names of keys that may write and that no source names, and names that sources wait for; both empty unless both are there.

    A key that has ended is none.
    """
    sources = published_of(prowess).current(tenant_id).ruleset.sources
    named = {name for source in sources if (name := source.match.get("credential")) is not None}
    if not named:
        return (), ()
    now = prowess.clock.now()
    keys = {one.name for one in prowess.credentials.list(tenant_id) if one.works_at(now) and one.may(_WRITES)} - OWN
    missing, unnamed = sorted(named - keys), sorted(keys - named)
    return (unnamed, missing) if unnamed and missing else ((), ())


def note(prowess: Prowess, tenant_id: int, name: str) -> str | None:
    """What somebody is told who has just made a key of this name."""
    unnamed, missing = unread(prowess, tenant_id)
    return _told([name], missing) if name in unnamed else None


def complaint(prowess: Prowess, tenant_id: int) -> Complaint | None:
    """The same of all keys of a tenant."""
    unnamed, missing = unread(prowess, tenant_id)
    return Complaint(_told(unnamed, missing), "prowess key list") if unnamed else None


def _told(unnamed: Sequence[str], missing: Sequence[str]) -> str:
    keys = f"the key{'s' * (len(unnamed) > 1)} {_listed(unnamed)}"
    waiting = " and ".join(f"{{credential: {name}}}" for name in missing)
    return (
        f"no source of the programs names {keys}, so what comes with {'them' if len(unnamed) > 1 else 'it'} is read as any "
        f"sender's; sources match {waiting}, and there is no key of that name: make one so named, or change the source"
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
