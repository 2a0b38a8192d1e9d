r"""Where a page may send somebody next: a path of this very server and nothing else (ASVS 1.2.2).

Browsers forgive a lot: they read `\` as `/`, drop tabs and line ends, and take `//host` for another server.  So a
destination is refused unless every character of it is harmless, rather than cleaned.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

HOME = "/"
_LONGEST = 2_000
_PATH = re.compile(r"/(?![/\\])[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*(?:\?[A-Za-z0-9\-._~!$&'()*+,;=:@%/?]*)?", re.ASCII)


def safe_destination(text: str | None) -> str:
    """The destination when it is a path of this server, else the home page."""
    if not text or len(text) > _LONGEST or not _PATH.fullmatch(text):
        return HOME
    path = unquote(text.partition("?")[0])
    if path.startswith(("//", "/\\")) or "\\" in path or any(ord(letter) < 32 or ord(letter) == 127 for letter in path):
        return HOME
    return text
