"""`/api/v1`: attendance, samples of indicators and acts of office, as other programs enter them.

Attendance and samples are a sender's own evidence and carry the sender's key.  Acts are ours: only administrators' keys may
ask for them, and they carry the store's own key as if they were entered on a page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar

from flask import Blueprint, Response
from marshmallow import Schema, fields, validate

from lrs.http.access import needs
from lrs.http.api.answers import PREFIX, answer
from lrs.http.api.bodies import BodyInvalid, load_body
from lrs.http.api.shapes import SHAPE, body_of
from lrs.http.auth import require_credential
from lrs.http.interface import ID, Json, array, described, gives, media, members
from lrs.http.requests import this_prowess
from lrs.prowess import Prowess
from lrs.recorder import Recorded
from lrs.store.credentials import Credential
from rules.entry import attendance, samples
from rules.entry.acts import KINDS
from rules.entry.counting import Examined, examine
from rules.entry.lookup import lookup
from rules.entry.office import Asked
from rules.entry.recorder import Recorder
from rules.entry.sheet import Entered, Flaw, Sheet, SheetInvalid, array_rows, named_in, read_rows, statements_of
from rules.entry.statement import content_id

R = TypeVar("R", bound=Entered)

MOST_ROWS: Final = 5_000
_MOST_BYTES: Final = 4 * 1024 * 1024

blueprint = Blueprint("entry_api", __name__, url_prefix=PREFIX)

_rows: Final = validate.Length(min=1, max=MOST_ROWS)
_COUNT: Final[Json] = {"type": "integer", "minimum": 0}
_TEXT: Final[Json] = {"type": "string"}
_IDLE: Final = members(
    "statement person program why mend",
    statement=ID,
    person=_TEXT,
    program={"type": ["string", "null"]},
    why=_TEXT,
    mend=_TEXT,
)
_RECORDED: Final = gives(
    "What is recorded now, and what was before; which of it counts for nothing now, why, and what would make it count; and "
    "at how many nobody looked for that: the rest of many, and all for a key without `reports` or `admin`.",
    members(
        "recorded known statements not_counted not_looked_at",
        recorded=_COUNT,
        known=_COUNT,
        statements=array(ID),
        not_counted=array(_IDLE),
        not_looked_at=_COUNT,
    ),
)


def _row(sheet: Sheet[R]) -> dict[str, Json]:
    """Of a field's metadata: the rows that a sheet reads."""
    cell: Json = {"type": ["string", "number", "boolean", "null"]}
    one = {**members(" ".join(sheet.needed), **dict.fromkeys(sheet.columns, cell)), "additionalProperties": False}
    return {SHAPE: {**array(one), "minItems": 1, "maxItems": MOST_ROWS}}


class _Attendance(Schema):
    attendance = fields.List(fields.Dict(), required=True, validate=_rows, metadata=_row(attendance.SHEET))


class _Samples(Schema):
    samples = fields.List(fields.Dict(), required=True, validate=_rows, metadata=_row(samples.SHEET))


class _Act(Schema):
    act = fields.String(required=True, validate=validate.OneOf(KINDS))
    person = fields.String(required=True)
    program = fields.String(required=True)
    reason = fields.String(required=True, validate=validate.Length(min=1, max=4_000))
    by = fields.String(load_default=None)
    criteria = fields.List(fields.String(), load_default=list)
    until = fields.String(load_default=None)
    for_ = fields.String(data_key="for", load_default=None)
    due_on = fields.String(load_default=None)
    ref = fields.String(load_default=None, validate=validate.Length(min=1, max=200))


@blueprint.post("/attendance")
@needs("statements/write", "admin", lent=False)
@described(body=media(body_of(_Attendance())), answers={200: _RECORDED})
def post_attendance() -> Response:
    """Who was at which session; all rows or none, and the same row only once."""
    return _record_sheet("attendance", _Attendance(), attendance.SHEET)


@blueprint.post("/kpi-samples")
@needs("statements/write", "admin", lent=False)
@described(body=media(body_of(_Samples())), answers={200: _RECORDED})
def post_samples() -> Response:
    """Measured values; all rows or none, and the same row only once."""
    return _record_sheet("samples", _Samples(), samples.SHEET)


@blueprint.post("/acts")
@needs("admin")
@described(body=media(body_of(_Act())), answers={200: _RECORDED})
def post_act() -> Response:
    """An act of office about one person in one program.  `by` answers for it; with a `ref`, asking again adds nothing."""
    given = load_body(_Act())
    credential, prowess = require_credential(), this_prowess()
    tenant_id, ref, by = credential.tenant_id, given.pop("ref"), given.pop("by")
    look = lookup(prowess, tenant_id, filter(None, (given["person"], by)))
    kind = KINDS[given.pop("act")]
    asked = Asked(kind, criteria=tuple(given.pop("criteria")), **given)
    id_ = content_id(tenant_id, "act", credential.id, ref) if ref else prowess.ids.uuid()
    instructor = look.agent(look.person(by)) if by else dict(credential.authority)
    statement = asked.statement(look, id_, instructor)
    done = Recorder(prowess, tenant_id).record([statement], also=asked.noted(look, id_, tenant_id))
    return _told(done, examine(prowess, tenant_id, [statement]))


def _record_sheet(name: str, schema: Schema, sheet: Sheet[R]) -> Response:
    """Record the rows of a body's one array."""
    given = load_body(schema, most=_MOST_BYTES)[name]
    credential, prowess = require_credential(), this_prowess()
    cells = array_rows(sheet, given)
    look = lookup(prowess, credential.tenant_id, named_in(cells))
    with _located(name):
        rows = read_rows(sheet, cells, look)
        statements = statements_of(rows, look, credential.tenant_id)
        done = Recorder(prowess, credential.tenant_id, credential).record_rows(rows, statements)
    return _told(done, _examined(prowess, credential, statements))


def _examined(prowess: Prowess, credential: Credential, statements: Sequence[Mapping[str, Any]]) -> Examined:
    """What counts for nothing says of what is asked of whom: that is for keys that may read it, or do acts of office."""
    if not (credential.may("reports") or credential.may("admin")):
        return Examined((), len(statements))
    return examine(prowess, credential.tenant_id, statements, credential.name)


@contextmanager
def _located(name: str) -> Iterator[None]:
    """Say of every bad cell where in the body it is."""
    try:
        yield
    except SheetInvalid as error:
        errors = [_located_flaw(name, flaw) for flaw in error.flaws]
        raise BodyInvalid(error.message, hint=error.hint, errors=errors) from error


def _located_flaw(name: str, flaw: Flaw) -> dict[str, str]:
    told = {"path": f"$.{name}.{flaw.line}.{flaw.column}", "detail": flaw.detail}
    return {**told, "hint": flaw.hint} if flaw.hint else told


def _told(done: Recorded, found: Examined) -> Response:
    told = {"recorded": done.new, "known": done.known, "statements": [str(id_) for id_ in done.ids]}
    idle = [one.as_json() for one in found.idle]
    return answer({**told, "not_counted": idle, "not_looked_at": found.unseen})
