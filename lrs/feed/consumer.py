"""Who follows the feed: what a consumer has to offer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from sqlalchemy import Connection

from lrs.errors import ProwessError
from lrs.feed.items import FeedItem

Effect = Callable[[Connection], None]


class Consumer(Protocol):
    """Somebody who follows the feed.

    `consume` may read and compute at leisure, outside any write; what it returns runs in one short transaction together
    with the cursor, for which intake waits on SQLite: `batch` items, fifty where each leaves rows; elsewhere it gets more
    (`Feed.most`).  None: these items leave nothing, now or if they come again, and cost no transaction.  An item that was
    parked comes again later, alone: its effect must then be what it would have been in its place, and undo nothing that
    later items did.
    """

    name: str
    batch: int

    def consume(self, items: Sequence[FeedItem]) -> Effect | None: ...


def is_patient(consumer: Consumer) -> bool:
    """Whether a consumer says `patient = True`: nobody waits for it, so it follows a batch at a time behind decisions."""
    return bool(getattr(consumer, "patient", False))


class HaltedConsumer(ProwessError):
    """A consumer could not digest many items in a row and stopped."""

    code = "halted-consumer"
