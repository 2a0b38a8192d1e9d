"""How an agent's identifier names a person.

The record store compares identifiers exactly, as xAPI asks.  People are matched a little wider: nobody has two mailboxes
that differ in case only, and systems write addresses as they please.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lrs.xapi.actors import ifi_text


def identity_of(agent: Mapping[str, Any]) -> str | None:
    """The text under which an agent is somebody's; None for an anonymous group."""
    mbox = agent.get("mbox")
    return ifi_text({"mbox": mbox.lower()} if isinstance(mbox, str) else agent)
