"""Takes the signed badge out of whatever it was handed on in: a file of its own, or a picture that it was baked into."""

from __future__ import annotations

import re
import struct
from typing import Final

from lrs.errors import BadRequest

MOST_BYTES: Final = 10 * 1024 * 1024
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_KEYWORD: Final = b"openbadgecredential"
_SVG: Final = re.compile(rb"<[A-Za-z0-9_-]+:credential\b[^<>]*?\sverify\s*=\s*[\"']([A-Za-z0-9_.=-]+)[\"']")
_TOKEN: Final = re.compile(rb"\s*([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)\s*")
_HEAD: Final = struct.Struct(">I4s")
_CHECK: Final = 4


def extract(content: bytes) -> str:
    """The compact JWS (Open Badges 3.0, File Format and Baked Badge).  Raises BadRequest."""
    if len(content) > MOST_BYTES:
        raise BadRequest("this is too large for a badge", hint=f"at most {MOST_BYTES:,} bytes are read")
    if (plain := _TOKEN.fullmatch(content)) is not None:
        return plain[1].decode()
    found = _in_png(content) if content.startswith(_PNG) else _SVG.search(content)
    if isinstance(found, re.Match):
        return found[1].decode()
    if found is not None and (token := _TOKEN.fullmatch(found)) is not None:
        return token[1].decode()
    if content.lstrip()[:1] == b"{":
        raise BadRequest("this is JSON without a signature", hint="take the file that ends in .jwt, or the picture")
    raise BadRequest(
        "there is no badge in this", hint="it should be a file .jwt, or a picture .svg or .png with a badge"
    )


def _in_png(content: bytes) -> bytes | None:
    """The text of the first iTXt chunk with the keyword; one that is compressed is none (Open Badges 3.0, PNG)."""
    at = len(_PNG)
    while at + _HEAD.size <= len(content):
        length, kind = _HEAD.unpack_from(content, at)
        begin = at + _HEAD.size
        keyword, _, rest = content[begin : begin + length].partition(b"\0")
        if kind == b"iTXt" and keyword == _KEYWORD and rest[:1] == b"\0":
            return rest[2:].split(b"\0", 2)[-1]
        at = begin + length + _CHECK
    return None
