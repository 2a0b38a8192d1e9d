"""What a key may do: the scopes of xAPI 1.0.3 (Communication 4.2, S-62) and five of ours.

Only `all` and `void` may void statements (S-28); `launch` lends a learner's content a part of the store for some hours.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

SCOPES = (
    "all",
    "all/read",
    "statements/write",
    "statements/read",
    "statements/read/mine",
    "state",
    "define",
    "profile",
    "void",
    "launch",
    "reports",
    "programs",
    "admin",
)

DEFAULT_SCOPES = ("statements/write", "statements/read/mine")
"""What a key may do for which nobody said anything (S-63)."""

_IMPLIED: Mapping[str, frozenset[str]] = {
    "all": frozenset(SCOPES),
    "all/read": frozenset({"statements/read", "statements/read/mine"}),
    "statements/read": frozenset({"statements/read/mine"}),
}


def grants(held: Collection[str], scope: str) -> bool:
    """Whether somebody who holds these scopes may do what `scope` stands for."""
    return scope in held or any(scope in _IMPLIED.get(own, ()) for own in held)
