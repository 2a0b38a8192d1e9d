"""What came along with a statement, on its page: named, sized, judged, and given out as a download only.

A sender chose every byte of it.  It is never shown inside a page, never under the type its sender gave, never run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from flask import Response
from flask.typing import ResponseReturnValue

from lrs.errors import BadRequest, NotFound, Unavailable
from lrs.http.access import signed_in_only
from lrs.http.requests import this_prowess
from lrs.store.attachments import Held
from lrs.store.search import Found
from lrs.web.sessions import current, readers_only
from lrs.web.statement_view import in_words
from lrs.xapi.attachment import attachments_of
from lrs.xapi.problems import ROOT
from lrs.xapi.signatures import check_signature, is_signature
from lrs.xapi.versions import Version

_JUDGED_HERE: Final = 1024 * 1024
_ENDINGS: Final[Mapping[str, str]] = {
    "application/pdf": ".pdf",
    "application/json": ".json",
    "application/zip": ".zip",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "text/csv": ".csv",
    "text/plain": ".txt",
    "audio/mpeg": ".mp3",
    "video/mp4": ".mp4",
}
"""File name endings that open in something harmless; all else comes without one."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the table of attachments.  size: in octets, of what is held, else as said.  verdict: of a signature."""

    name: str
    content_type: str
    size: int
    sha2: str
    file_url: str | None
    is_held: bool
    verdict: str


def lines(found: Found, statement: Mapping[str, Any]) -> list[Line]:
    """The attachments of a stored statement, those of its SubStatement too."""
    tenant_id = current().tenant_id
    held = {one.sha2.lower(): one for one in this_prowess().attachments.of(tenant_id, [found.seq])}
    own = len(statement.get("attachments", ()))
    return [
        _line(attachment, held.get(attachment["sha2"].lower()), statement if index < own else None, tenant_id)
        for index, (_, attachment) in enumerate(attachments_of(statement, ROOT))
    ]


@signed_in_only
@readers_only
def download(id: UUID, sha2: str) -> ResponseReturnValue:  # noqa: A002 - the name in the address
    """The data of one attachment, as a file to keep."""
    prowess, tenant_id = this_prowess(), current().tenant_id
    found = prowess.reader.find_any(tenant_id, id)
    held = prowess.attachments.of(tenant_id, [found.seq]) if found else []
    for one in held:
        if one.sha2.lower() == sha2.lower():
            return _file(one, tenant_id)
    raise NotFound(f"statement {id} came with no such data", hint="its page lists what is held")


def _file(held: Held, tenant_id: int) -> Response:
    response = Response(this_prowess().attachments.pieces(tenant_id, held.sha256), mimetype="application/octet-stream")
    ending = _ENDINGS.get(held.content_type.partition(";")[0].strip().lower(), "")
    response.content_length = held.size
    response.headers["Content-Disposition"] = f'attachment; filename="{held.sha256.hex()[:16]}{ending}"'
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response


def _line(attachment: Mapping[str, Any], held: Held | None, signed: Mapping[str, Any] | None, tenant_id: int) -> Line:
    signs = signed is not None and is_signature(attachment)
    return Line(
        in_words(attachment["display"]) or attachment["usageType"],
        attachment["contentType"],
        held.size if held else attachment["length"],
        attachment["sha2"],
        attachment.get("fileUrl"),
        held is not None,
        _verdict(held, signed, tenant_id) if signs and signed is not None else "",
    )


def _verdict(held: Held | None, statement: Mapping[str, Any], tenant_id: int) -> str:
    """What a signature proves, found out anew: `verified`, `well-formed`, or `unknown` when it cannot be read here."""
    if held is None or held.size > _JUDGED_HERE:
        return "unknown"
    try:
        jws = b"".join(this_prowess().attachments.pieces(tenant_id, held.sha256))
        return check_signature(jws, statement, Version.V2_0).value
    except (BadRequest, Unavailable):
        return "unknown"
