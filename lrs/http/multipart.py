"""Statements with their attachments over HTTP: taken in part by part, given back piece by piece, never held whole.

A part waits in a temporary file until everything about its request is known to be right; only then does its data go to
where attachments live.  What a refused request brought was never there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import IO, Final

from flask import Response, request

from lrs.errors import BadRequest, TooLarge, Unavailable
from lrs.http.bodies import open_body
from lrs.http.requests import this_prowess
from lrs.settings import LimitSettings
from lrs.store.attachments import Held, Incoming
from lrs.xapi.attachment import HASHES
from lrs.xapi.intake import Batch
from lrs.xapi.multipart import Outgoing, Part, load_boundary, multipart_length, read_parts, write_parts
from lrs.xapi.pairing import Measured, Pairing
from lrs.xapi.signatures import check_signature, is_signature
from lrs.xapi.versions import Version

_IN_MEMORY: Final = 256 * 1024
_NOT_HEX: Final = re.compile(rb"[^0-9A-Fa-f]")


@dataclass(frozen=True, slots=True)
class _Received:
    """The data of one part, in a file of its own."""

    measured: Measured
    content: IO[bytes]

    def read(self, limit: int) -> bytes:
        """All of it, for what is small.  Raises TooLarge."""
        if self.measured.size > limit:
            raise TooLarge(f"a signature is larger than {limit} bytes", rule="D-07")
        self.content.seek(0)
        return self.content.read()


def receive(prepared: Callable[[bytes], Batch], tenant_id: int, version: Version) -> Batch:
    """The statements of this multipart request; their data is durable when this returns, and named by nobody yet.

    prepared: makes a batch of the first part.  Raises BadRequest (section 16 and 17 of the requirements), TooLarge.
    """
    prowess = this_prowess()
    limits = prowess.settings.limits
    stream = open_body(limits.multipart_bytes, "limits.multipart_bytes")
    parts = read_parts(stream, load_boundary(request.headers.get("Content-Type", "")))
    batch = prepared(_first(parts, limits.body_bytes))
    pairing = Pairing(batch)
    with ExitStack() as files:
        received = _received(parts, pairing, limits, files)
        references = pairing.complete({sha2: one.measured for sha2, one in received.items()})
        _check_signatures(batch, received, limits.body_bytes, version)
        incoming = [Incoming(one.measured.sha256, one.measured.size, one.content) for one in received.values()]
        prowess.attachments.keep(tenant_id, incoming)
    return replace(batch, attachments=references)


def with_attachments(body: bytes, tenant_id: int, seqs: Sequence[int]) -> Response:
    """multipart/mixed: the JSON, then one copy of each piece of data that came with these statements (S-30)."""
    prowess = this_prowess()
    held: dict[str, Held] = {}
    for one in prowess.attachments.of(tenant_id, seqs):
        held.setdefault(one.sha2.lower(), one)
    parts = [Outgoing({"Content-Type": "application/json"}, len(body), lambda: (body,))]
    parts += [_outgoing(one, partial(prowess.attachments.pieces, tenant_id, one.sha256)) for one in held.values()]
    boundary = f"prowess-{prowess.ids.uuid().hex}"
    response = Response(write_parts(boundary, parts), content_type=f"multipart/mixed; boundary={boundary}")
    response.content_length = multipart_length(boundary, parts)
    return response


def _outgoing(held: Held, pieces: Callable[[], Iterator[bytes]]) -> Outgoing:
    headers = {
        "Content-Type": held.content_type,
        "Content-Transfer-Encoding": "binary",
        "X-Experience-API-Hash": held.sha2,
    }
    return Outgoing(headers, held.size, pieces)


def _first(parts: Iterator[Part], limit: int) -> bytes:
    """The first part, which holds all the statements (XAPI-00133, XAPI-00134)."""
    for part in islice(parts, 1):
        media_type = part.headers.get("content-type", "text/plain").partition(";")[0].strip().lower()
        if media_type != "application/json":
            raise BadRequest(
                "the first part is not application/json (XAPI-00134)",
                hint="it holds the statements, and a boundary stands before it",
                rule="XAPI-00134",
            )
        gathered, size = [], 0
        for piece in part.pieces:
            size += len(piece)
            if size > limit:
                raise _too_large(f"the statements are larger than {limit} bytes", "limits.body_bytes")
            gathered.append(piece)
        return b"".join(gathered)
    raise BadRequest("the body has no parts (XAPI-00134)", hint="the first one holds the statements", rule="XAPI-00134")


def _received(parts: Iterator[Part], pairing: Pairing, limits: LimitSettings, files: ExitStack) -> dict[str, _Received]:
    """The data of every later part by its hash, checked; a part that comes again is checked and not kept twice."""
    received: dict[str, _Received] = {}
    for count, part in enumerate(parts, 1):
        if count > limits.attachments:
            raise _too_large(f"more than {limits.attachments} attachments in one request", "limits.attachments")
        sha2 = pairing.expect(part.headers)
        file = files.enter_context(SpooledTemporaryFile(max_size=_IN_MEMORY))  # noqa: SIM115 - `files` closes it
        measured = _measured(part.pieces, sha2, file, limits.attachment_bytes)
        pairing.settle(sha2, measured)
        received.setdefault(sha2, _Received(measured, file))
    return received


def _measured(pieces: Iterator[bytes], sha2: str, file: IO[bytes], limit: int) -> Measured:
    """Write a part down and find out what it is.  Raises BadRequest when it is not what its hash says (D-06)."""
    ours, theirs = hashlib.sha256(), HASHES[len(sha2)]()
    size, is_hex = 0, True
    for piece in pieces:
        size += len(piece)
        if size > limit:
            raise _too_large(f"an attachment is larger than {limit} bytes", "limits.attachment_bytes")
        is_hex = is_hex and not _NOT_HEX.search(piece)
        ours.update(piece)
        theirs.update(piece)
        try:
            file.write(piece)
        except OSError as why:
            raise Unavailable(
                f"no room for the data while it arrives: {why.strerror}",
                hint="give TMPDIR more room, and send it again",
            ) from why
    if theirs.hexdigest() != sha2:
        raise BadRequest(
            f"the data of the part with the hash {sha2[:16]}… has another one (D-06)",
            hint="hash the very bytes that are sent; the line end before a boundary does not belong to them",
            rule="D-06",
        )
    return Measured(ours.digest(), size, is_hex)


def _check_signatures(batch: Batch, received: dict[str, _Received], limit: int, version: Version) -> None:
    for prepared in batch:
        for attachment in prepared.statement.get("attachments", ()):
            if is_signature(attachment):
                jws = received[attachment["sha2"].lower()].read(limit)
                check_signature(jws, prepared.statement, version)


def _too_large(detail: str, setting: str) -> TooLarge:
    return TooLarge(detail, hint=f"send less at once, or raise {setting}", rule="XAPI-00328")
