"""Whose page somebody may see: their own, those of the people who report to them, and for readers everybody's."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from lrs.errors import Forbidden
from lrs.http.requests import this_prowess
from lrs.prowess import Prowess
from lrs.web.sessions import current
from lrs.web.visitors import READERS, SignedIn
from rules.entry.rights import Enterer, enterer


@dataclass(frozen=True)
class Sight:
    """What one person who is signed in may see."""

    prowess: Prowess
    who: SignedIn

    @property
    def tenant_id(self) -> int:
        return self.who.tenant_id

    @property
    def is_reader(self) -> bool:
        """Whether they read everybody's statements and reports."""
        return self.who.account.role in READERS

    @cached_property
    def self_(self) -> Enterer:
        """Who they are among the people, and who reports to them today."""
        return enterer(self.prowess, self.who)

    def among(self) -> frozenset[str] | None:
        """The ids they may see; None: everybody's."""
        return None if self.is_reader else self.self_.seen

    def is_self(self, person_id: str) -> bool:
        return self.self_.id == person_id

    def known_as(self, person_id: str) -> str:
        """The id under which somebody is known now, who was perhaps merged.  Raises Forbidden as `require` does."""
        known_as = self.prowess.people.known_as(person_id, self.tenant_id)
        self.require(known_as)
        return known_as

    def require(self, person_id: str) -> None:
        """Raises Forbidden, whether there is such a person or not."""
        among = self.among()
        if among is not None and person_id not in among:
            raise Forbidden(
                "this page is for the person themselves, those they report to, and administrators",
                hint=None if self.self_.id else "ask an administrator to say who you are",
            )


def sight() -> Sight:
    """The sight of whoever is signed in."""
    return Sight(this_prowess(), current())
