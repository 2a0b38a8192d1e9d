"""Which part of a request belongs to which attachment: by hash and by nothing else (xAPI-Communication 1.5.2).

One part may serve many attachments (S-30).  What a part holds was hashed by us; what its sender says must agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from lrs.errors import BadRequest
from lrs.xapi.attachment import DataReference, attachments_of, is_for_data
from lrs.xapi.intake import Batch, Prepared
from lrs.xapi.problems import ROOT, Flaw, StatementInvalid, Where, refused, shown
from lrs.xapi.signatures import CONTENT_TYPE, is_signature


@dataclass(frozen=True, slots=True)
class Measured:
    """What we found a part to be.  is_hex: nothing but hex digits."""

    sha256: bytes
    size: int
    is_hex: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """An attachment of the batch, and where it stands."""

    where: Where
    attachment: Mapping[str, Any]
    is_signature: bool

    @property
    def is_missing(self) -> bool:
        """Whether it is worth nothing when its data does not come along."""
        return self.is_signature or is_for_data(self.attachment)


class Pairing:
    """The attachments of one batch, waiting for their data.  Raises StatementInvalid for signatures of a wrong type."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._wanted: dict[str, list[Wanted]] = {}
        for index, prepared in enumerate(batch):
            where: Where = (ROOT, index) if len(batch) > 1 else ROOT
            for wanted in _wanted(prepared.statement, where):
                self._wanted.setdefault(wanted.attachment["sha2"].lower(), []).append(wanted)

    def expect(self, headers: Mapping[str, str]) -> str:
        """The hash, in lower case, that the head of a later part promises.  Raises BadRequest."""
        if headers.get("content-transfer-encoding", "").lower() != "binary":
            raise _bad("a part with data needs Content-Transfer-Encoding: binary", "XAPI-00135")
        said = headers.get("x-experience-api-hash")
        if said is None:
            hint = "every statement belongs in the first part, every later part is an attachment's data"
            raise _bad("a part has no X-Experience-API-Hash", "XAPI-00132", hint)
        if said.lower() not in self._wanted:
            raise _bad(f"no attachment has the sha2 {shown(said)} of this part", "XAPI-00128")
        return said.lower()

    def settle(self, sha2: str, measured: Measured) -> None:
        """Hold the lengths that attachments give against their data.  Raises StatementInvalid (D-06)."""
        for wanted in self._wanted[sha2]:
            length = wanted.attachment["length"]
            if measured.size != length and not _is_spelled_out(measured, length):
                detail = f"{shown(length)} is not the length of the data, which has {measured.size} octets"
                raise refused((wanted.where, "length"), "D-06", detail)

    def complete(self, held: Mapping[str, Measured]) -> Mapping[UUID, Sequence[DataReference]]:
        """What to keep with each statement, by its id; held: by hash in lower case.

        Raises StatementInvalid when an attachment is left without data and says no other place to get it from
        (XAPI-00129), or is a signature (XAPI-00115).
        """
        if not self._wanted:
            return {}
        flaws = [
            _flaw(wanted)
            for sha2, all_wanted in self._wanted.items()
            if sha2 not in held
            for wanted in all_wanted
            if wanted.is_missing
        ]
        if flaws:
            raise StatementInvalid(flaws[:20])
        return {prepared.id: references for prepared in self._batch if (references := _references(prepared, held))}


def refuse_missing_data(statement: Mapping[str, Any], where: Where) -> None:
    """For requests that bring no data: every attachment must say where to get it.  Raises StatementInvalid (S-29)."""
    flaws = [_flaw(wanted) for wanted in _wanted(statement, where) if wanted.is_missing]
    if flaws:
        raise StatementInvalid(flaws[:20])


def _wanted(statement: Mapping[str, Any], where: Where) -> list[Wanted]:
    own = len(statement.get("attachments", ()))
    found = []
    for index, (place, attachment) in enumerate(attachments_of(statement, where)):
        signs = index < own and is_signature(attachment)
        if signs and attachment["contentType"].partition(";")[0].strip().lower() != CONTENT_TYPE:
            raise refused((place, "contentType"), "XAPI-00115", f"a signature is {CONTENT_TYPE}")
        found.append(Wanted(place, attachment, signs))
    return found


def _references(prepared: Prepared, held: Mapping[str, Measured]) -> tuple[DataReference, ...]:
    found: dict[str, DataReference] = {}
    for _, attachment in attachments_of(prepared.statement, ROOT):
        sha2 = attachment["sha2"]
        if sha2.lower() in held:
            reference = DataReference(sha2, held[sha2.lower()].sha256, attachment["contentType"])
            found.setdefault(sha2.lower(), reference)
    return tuple(found.values())


def _is_spelled_out(measured: Measured, length: int) -> bool:
    """Whether a sender gave the length of a file and sent the file as hex text: the public suite does (XAPI-00127)."""
    return measured.is_hex and measured.size == 2 * length


def _flaw(wanted: Wanted) -> Flaw:
    hint = "send it as a part of multipart/mixed" + ("" if wanted.is_signature else ", or say where it is by fileUrl")
    rule = "XAPI-00115" if wanted.is_signature else "XAPI-00129"
    what = "signature" if wanted.is_signature else "attachment"
    (flaw,) = refused(wanted.where, rule, f"the data of this {what} did not come with it", hint).flaws
    return flaw


def _bad(detail: str, rule: str, hint: str | None = None) -> BadRequest:
    return BadRequest(f"{detail} ({rule})", hint=hint, rule=rule)
