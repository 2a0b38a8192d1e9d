"""What a tenant holds by the model: statements, documents and attachments, and what was told of each statement's `stored`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lrs.clock import to_us
from tests.histories.documents import Documents
from tests.store.model import Model, Statement, is_voiding

STATEMENT_VERSIONS = {"1.0.3": "1.0.0", "2.0.0": "2.0.0"}


@dataclass
class Tenant:
    """floors: what each statement's `stored` must be later than, and what it must not be earlier than."""

    statements: Model = field(default_factory=Model)
    documents: Documents = field(default_factory=Documents)
    stored: dict[str, str] = field(default_factory=dict)
    floors: dict[str, tuple[int, int]] = field(default_factory=dict)

    def judge(self, batch: Sequence[Statement], *, version: str, may_void: bool, brings_data: bool) -> int:
        """The status of the answer to a batch; 200 also stands for 204."""
        sent = [one["id"] for one in batch if "id" in one]
        if any("actor" not in one for one in batch) or len(set(sent)) < len(sent):
            return 400
        if any("attachments" in one for one in batch) and not brings_data:
            return 400
        if any(is_voiding(one) for one in batch) and not may_void:
            return 403
        return 409 if self.statements.contradicts(batch, timestamps=version != "2.0.0") else 200

    def keep(self, batch: Sequence[Statement], *, version: str, authority: Statement, floor: tuple[int, int]) -> None:
        """Take in a batch whose statements all have their ids; floor: what was promised, and the clock."""
        for one in batch:
            if self.statements.known(one["id"]) is None:
                self.floors[one["id"]] = floor
                self.statements.post([{"version": STATEMENT_VERSIONS[version], **one}], authority)

    def read(self, got: Mapping[str, Any]) -> None:
        """Hold a statement that came back against the one that was sent."""
        id_ = got["id"]
        sent = self.statements.known(id_)
        assert sent is not None, f"nobody sent {id_}"
        stored = self.stored.setdefault(id_, got["stored"])
        assert got == {"timestamp": stored, **sent, "stored": stored}, f"{got} is not {sent}"
        promised, clock = self.floors[id_]
        assert instant(stored) > promised, f"{id_} was stored at {stored}, and everything up to {promised} was there"
        assert instant(stored) >= clock, f"{id_} was stored at {stored}, before it was sent at {clock}"

    def in_order(self) -> None:
        """`stored` ascends with the sequence."""
        times = [self.stored[one["id"]] for one in self.statements.statements]
        assert times == sorted(set(times)), "stored does not ascend"


def instant(text: str) -> int:
    return to_us(datetime.fromisoformat(text))
