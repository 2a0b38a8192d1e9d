"""The page *Audit*, for administrators: who did what to keys, sign-ins, people, programs and obligations, the latest first."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, request, stream_with_context
from flask.typing import ResponseReturnValue

from lrs.clock import to_text
from lrs.csv_lines import CSV_TYPE, csv_lines
from lrs.errors import BadRequest
from lrs.http.access import signed_in_only
from lrs.http.requests import this_prowess
from lrs.store.audit import COLUMNS, every_line, lines
from lrs.web.sessions import admin_only, current

PAGE = 50
_LARGEST = 2**63 - 1
_LONGEST = len(str(_LARGEST))


@signed_in_only
@admin_only
def show() -> ResponseReturnValue:
    """A page of what was done."""
    before = _before(request.args.get("before"))
    found = lines(this_prowess().database, current().tenant_id, limit=PAGE + 1, before=before)
    rows = [(line, ", ".join(_told(*one) for one in line.brief.items())) for line in found[:PAGE]]
    older = found[PAGE - 1].id if len(found) > PAGE else None
    return render_template("web/audit.html", rows=rows, older=older, is_first=before is None)


@signed_in_only
@admin_only
def download() -> ResponseReturnValue:
    """Everything as a CSV file, the latest first."""
    prowess = this_prowess()
    rows = (line.cells() for line in every_line(prowess.database, current().tenant_id))
    response = Response(stream_with_context(csv_lines(COLUMNS, rows)))
    response.headers["Content-Type"] = CSV_TYPE
    response.headers["Content-Disposition"] = f'attachment; filename="audit-{to_text(prowess.clock.now())[:10]}.csv"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _before(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > _LONGEST or int(text) > _LARGEST:
        raise BadRequest("there is no such page", hint="begin with the latest: /audit")
    return int(text)


def _told(name: str, value: Any) -> str:
    shown = " ".join(map(str, value)) if isinstance(value, list) else value
    if isinstance(value, bool):
        shown = "yes" if value else "no"
    return f"{name.replace('_', ' ')}: {shown}"
