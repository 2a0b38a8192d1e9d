"""The text forms of xAPI: IRI, UUID, mailto, hashes and media types.  Each is a predicate over one string.

Every pattern runs in time linear in its text, is matched as a whole, and means ASCII where it says a digit.
"""

from __future__ import annotations

import re
from uuid import UUID

_IRI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*+:[^\x00-\x20\x7f-\x9f\ud800-\udfff]+")
_UUID = re.compile(r"[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}")
_MAILTO = re.compile(r"mailto:[^\x00-\x20\x7f-\x9f\ud800-\udfff@]++@[^\x00-\x20\x7f-\x9f\ud800-\udfff@]+")
_SHA1 = re.compile(r"[0-9A-Fa-f]{40}")
_SHA2 = re.compile(r"[0-9A-Fa-f]{56}|[0-9A-Fa-f]{64}|[0-9A-Fa-f]{96}|[0-9A-Fa-f]{128}")
_MEDIA_TYPE = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]++/[!#$%&'*+.^_`|~0-9A-Za-z-]++(?:[ \t]*+;[ \t!-~]*)?")

is_iri = _IRI.fullmatch
"""A scheme, a colon and something without spaces and controls after it (xAPI-Data 3.1, XAPI-00011, D-03)."""

is_uuid = _UUID.fullmatch
"""The standard string form (xAPI-Data 4.4, XAPI-00027 to 00030); which version and variant is only recommended."""

is_mailto = _MAILTO.fullmatch
"""`mailto:` and one address (xAPI-Data 2.4.2.3, XAPI-00038)."""

is_sha1 = _SHA1.fullmatch
"""40 hex digits (xAPI-Data 2.4.2.3, XAPI-00039)."""

is_sha2 = _SHA2.fullmatch
"""The hex digits of SHA-224, 256, 384 or 512 (xAPI-Data 2.4.11, XAPI-00103, S-11)."""

is_media_type = _MEDIA_TYPE.fullmatch
"""`type/subtype`, parameters allowed (xAPI-Data 2.4.11, XAPI-00105)."""


def find_uuid(text: str) -> UUID | None:
    """The UUID a text spells in the standard form, or None; `uuid.UUID` alone would take braces and URNs too."""
    return UUID(text) if is_uuid(text) else None
