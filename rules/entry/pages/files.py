"""A file of rows on a page: read as the commands read it, recorded as a whole or not at all, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from flask import request

from lrs.errors import BadRequest
from lrs.xapi.lexical import find_uuid
from rules.entry.counting import Idle, examine
from rules.entry.desk import Desk
from rules.entry.lookup import Lookup
from rules.entry.rights import Deed
from rules.entry.sheet import Entered, Flaw, Sheet, SheetInvalid, csv_rows, decoded, named_in, read_rows, statements_of

SHOWN: Final = 20
"""Of those that count for nothing, how many are named."""

E = TypeVar("E", bound=Entered)


@dataclass(frozen=True, slots=True)
class Done:
    """What the rows before this page came to; unseen: of how many nobody looked whether they count."""

    new: int
    known: int
    idle: Sequence[Idle]
    idle_in_all: int
    unseen: int


def rows_of_file(here: Desk, sheet: Sheet[E], deed: Deed) -> tuple[Lookup, list[E]]:
    """The rows of this form's file, and what they were read by.  Raises BadRequest, with every flaw of them."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise BadRequest("no file was chosen", hint="choose a CSV file")
    cells = csv_rows(sheet, decoded(file.read()))
    look = here.lookup(named_in(cells), deed)
    return look, read_rows(sheet, cells, look)


def record_rows(here: Desk, look: Lookup, rows: Sequence[Entered]) -> dict[str, Any]:
    """Record rows, and say for the next page's address what became of them."""
    statements = statements_of(rows, look, here.who.tenant_id, here.enterer.agent)
    done = here.record_rows(rows, statements)
    examined = examine(here.prowess, here.who.tenant_id, statements)
    found = {one.statement for one in examined.idle}
    return {
        "new": done.new,
        "known": done.known,
        "idle": [str(id_) for id_ in done.ids if str(id_) in found][:SHOWN] or None,
        "idle_in_all": len(found) or None,
        "unseen": examined.unseen or None,
    }


def done_before(here: Desk) -> Done | None:
    """What the address says that was recorded, as far as whoever looks may see it; None where it says nothing."""
    new, known = request.args.get("new", ""), request.args.get("known", "")
    if not new.isdecimal() or not known.isdecimal():
        return None
    asked = [id_ for text in request.args.getlist("idle")[:SHOWN] if (id_ := find_uuid(text))]
    idle = here.idle(id_ for id_ in asked if here.journal.find(id_, here.enterer) is not None)
    return Done(
        int(new),
        int(known),
        idle,
        request.args.get("idle_in_all", 0, type=int),
        request.args.get("unseen", 0, type=int),
    )


def flaws_of(problem: BadRequest | None) -> list[Flaw]:
    """What is wrong with single cells."""
    return list(problem.flaws) if isinstance(problem, SheetInvalid) else []
