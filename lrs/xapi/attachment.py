"""The metadata of attachments (xAPI-Data 2.4.11).  Their bytes belong to multipart."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lrs.xapi.lexical import is_media_type, is_sha2
from lrs.xapi.problems import Where, wrong_type
from lrs.xapi.shapes import array_of, formatted, iri, language_map, shape

HASHES: Final = {56: hashlib.sha224, 64: hashlib.sha256, 96: hashlib.sha384, 128: hashlib.sha512}
"""The hash that a number of hex digits belongs to (S-11)."""


def _octets(value: Any, where: Where) -> None:
    if type(value) is not int or value < 0:
        raise wrong_type(value, where, "XAPI-00102", "a whole number of octets")


_ATTACHMENT = shape(
    "an attachment",
    "XAPI-00025",
    {
        "usageType": iri("XAPI-00107"),
        "display": language_map("XAPI-00106"),
        "description": language_map("S-11"),
        "contentType": formatted("XAPI-00105", is_media_type, "an Internet media type", "as in text/plain"),
        "length": _octets,
        "sha2": formatted("XAPI-00103", is_sha2, "a SHA-2 hash in hex digits", "SHA-256 has 64 of them"),
        "fileUrl": iri("XAPI-00104"),
    },
    {
        "usageType": "XAPI-00107",
        "display": "XAPI-00106",
        "contentType": "XAPI-00105",
        "length": "XAPI-00102",
        "sha2": "XAPI-00103",
    },
)

validate_attachments = array_of("XAPI-00025", _ATTACHMENT, "attachments")


def is_for_data(attachment: Mapping[str, Any]) -> bool:
    """Whether a valid attachment can only be had from the request itself (XAPI-00129)."""
    return "fileUrl" not in attachment


def attachments_of(statement: Mapping[str, Any], where: Where) -> Iterator[tuple[Where, Mapping[str, Any]]]:
    """Every attachment object of a valid statement, those of its SubStatement too, and where it stands."""
    for index, attachment in enumerate(statement.get("attachments", ())):
        yield (((where, "attachments"), index), attachment)
    if statement["object"].get("objectType") == "SubStatement":
        yield from attachments_of(statement["object"], (where, "object"))


@dataclass(frozen=True, slots=True)
class DataReference:
    """Data that came along with a statement.  sha2: as its sender wrote it; sha256: by our own count."""

    sha2: str
    sha256: bytes
    content_type: str
