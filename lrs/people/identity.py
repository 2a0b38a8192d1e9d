"""How an agent's identifier names a person.

The record store compares identifiers exactly, as xAPI asks.  People are matched a little wider: nobody has two mailboxes
that differ in case only, and systems write addresses as they please.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lrs.xapi.actors import ifi_text


def identity_of(agent: Mapping[str, Any]) -> str | None:
    """The text under which an agent is somebody's; None for an anonymous group."""
    mbox = agent.get("mbox")
    return ifi_text({"mbox": mbox.lower()} if isinstance(mbox, str) else agent)


def mailbox_of(email: str | None) -> tuple[str, ...]:
    """The identity that an e-mail address is by itself: most systems send it as the actor's mbox."""
    text = identity_of({"mbox": f"mailto:{email}"}) if email else None
    return (text,) if text else ()


def identity_words(identity: str) -> str:
    """An identity as messages name it: its kind, which is its column in a CSV file, and the value as people write it there."""
    ((kind, value),) = json.loads(identity).items()
    return f"{kind} '{value['homePage']}|{value['name']}'" if kind == "account" else f"{kind} '{value}'"
