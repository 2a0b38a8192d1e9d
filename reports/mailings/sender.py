"""Sends mailings, each written by the room that made it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from lrs.letters import LetterJob, Settlement
from lrs.mail import Message
from lrs.retries import Randomness, system_randomness
from reports.mailings.outbox import MailingState, mailings

if TYPE_CHECKING:
    from lrs.prowess import Prowess


@dataclass(frozen=True, slots=True)
class Skip:
    """A letter that need not be written, and why."""

    reason: str


Writer = Callable[[Row[Any]], Message | Skip]
"""Writes the letter of a mailing.  Raises MailError when there is nowhere to send it."""


class Sender(LetterJob):
    """The job that sends what waits."""

    name = "reports.mailings"
    what = "mailing"
    sent_not_recorded = "reports.mailing-sent-not-recorded"

    def __init__(
        self, prowess: Prowess, writers: Mapping[str, Writer], *, randomness: Randomness = system_randomness
    ) -> None:
        super().__init__(prowess, mailings, randomness=randomness)
        self._writers = writers

    def write(self, row: Row[Any]) -> Message | Settlement:
        written = self._writers[row.kind](row)
        return {"state": MailingState.SKIPPED, "reason": written.reason} if isinstance(written, Skip) else written
