"""Who looks at the pages: an account, its role, and the visit that it signed in for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

ADMIN: Final = "admin"
ROLES: Final = (ADMIN, "analyst", "observer", "member")
READERS: Final = frozenset({ADMIN, "analyst"})
"""Who reads statements and reports of everybody; others see what is theirs."""


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in; `person_id` is who that is among the people, where it was said.

    seen: of whoever gave the password a moment ago, the hash that it fitted, so that no session begins after it was changed.
    """

    id: int
    tenant_id: int
    username: str
    role: str
    person_id: str | None = None
    disabled_at: int | None = None
    seen: str | None = field(default=None, repr=False, compare=False)


def who_to_ask(account: Account) -> str:
    """What somebody can do who may not see what is for others, whom the message names."""
    if account.person_id is None:
        return f"ask one of them; if you are one, ask an administrator to say that {account.username} is you"
    return "ask one of them"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who looks at the pages."""

    account: Account
    csrf: str

    @property
    def tenant_id(self) -> int:
        return self.account.tenant_id
