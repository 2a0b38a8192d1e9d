"""What erasing a person does to what the rules know and said of them (`lrs.erasure`)."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Table, bindparam, delete, select, update

from lrs.erasure.policies import Erasing, Key
from lrs.feed.items import items_after
from lrs.xapi.edit import json_text
from rules import tables as r
from rules.decide import hash_of, text_of
from rules.facts.projector import rows_of

_KEYS = ("person",)


def project_anew(erasing: Erasing, table: Table) -> int:
    """Evidence of the statements that say something else now, as far as it was there."""
    c, found = table.c, 0
    for seq in erasing.statements:
        gone = erasing.do(delete(table).where((c.tenant_id == erasing.tenant_id) & (c.seq == seq)))
        if gone and not erasing.is_rehearsal:
            (item,) = items_after(erasing.conn, seq - 1, 1)
            erasing.dialect.append(erasing.conn, [(r.evidence, rows_of(item))], anew=False)
        found += gone
    return found


def decisions_about(erasing: Erasing, table: Table) -> list[Key]:
    """Decisions, and lines of their log, of theirs and of others whom they answered for."""
    return erasing.keys(table, _whose(erasing, table) | erasing.naming(table.c.document))


def rename_decisions(erasing: Erasing, table: Table) -> int:
    """Those: the document, the person, and the hash that follows."""
    c = table.c
    keys = list(table.primary_key)
    people = erasing.pseudonyms.people
    mine = erasing.sought(table, _whose(erasing, table) | erasing.naming(c.document))
    rows = erasing.conn.execute(
        select(*keys, c.person_id.label("whose_"), c.document.label("said_")).where(erasing.here(table), mine)
    ).all()
    change = update(table).where(*(key == bindparam(f"key_{key.name}") for key in keys))
    changed = []
    for row in rows:
        said: dict[str, Any] = json.loads(row.said_)
        found = erasing.telling_only.value(said, _KEYS)
        if found == said and row.whose_ not in people:
            continue
        changed.append(
            {
                **{f"key_{key.name}": row[i] for i, key in enumerate(keys)},
                "person_": people.get(row.whose_, row.whose_),
                "document_": text_of(found),
                "hash_": bytes.fromhex(hash_of(found)),
            }
        )
    values: dict[str, Any] = {
        name: bindparam(f"{name.removesuffix('_id')}_") for name in ("person_id", "document", "hash")
    }
    return erasing.do(change.values(values), changed)


def emissions_about(erasing: Erasing, table: Table) -> list[Key]:
    """What was announced of them, or waits to be, and what else names them."""
    return erasing.keys(table, _whose(erasing, table) | erasing.holding(table.c.body))


def rename_emissions(erasing: Erasing, table: Table) -> int:
    """The same words as the statement that each is."""

    def change(body: bytes) -> bytes:
        said = json.loads(body, parse_float=Decimal)
        found = erasing.pseudonyms.statement(said)
        return body if found == said else json_text(found).encode()

    mine = _whose(erasing, table) | erasing.holding(table.c.body)
    return erasing.rewrite(table.c.body, change, erasing.sought(table, mine))


def _whose(erasing: Erasing, table: Table) -> ColumnElement[bool]:
    """Rows of theirs, also when the pseudonym stands there already."""
    people = erasing.pseudonyms.people
    return table.c.person_id.in_([*people, *people.values()])
