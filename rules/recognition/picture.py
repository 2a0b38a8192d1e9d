"""The picture of a badge: an SVG drawn from the program's title, so that nobody has to draw one.

A baked picture carries the signed badge in an element of its own (Open Badges 3.0, Baked Badge: SVG).
"""

from __future__ import annotations

import textwrap
from typing import Final
from xml.sax.saxutils import escape

NAMESPACE: Final = "https://purl.imsglobal.org/ob/v3p0"
_MOST_LINES: Final = 4
_FONT: Final = "'Atkinson Hyperlegible Next', 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"
_INK: Final = "#1c1a1e"
_PAPER: Final = "#ffffff"
_ACCENT: Final = "#6d2f75"
_SIZES: Final = ((14, 52), (18, 42), (24, 33))
"""Letters in a line, and how large they are then; the last one is for whatever does not fit the others."""


def picture(title: str, issuer: str, token: str | None = None) -> str:
    """The SVG; with the compact JWS of a badge it is that badge."""
    lines, size = _lines(title)
    start = 236 - (len(lines) - 1) * size * 0.6
    rows = "".join(
        f'<text x="256" y="{start + i * size * 1.2:.0f}" font-size="{size}" font-weight="700" fill="{_INK}">{escape(line)}</text>'
        for i, line in enumerate(lines)
    )
    baked = f'<openbadges:credential verify="{token}"></openbadges:credential>' if token else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<svg xmlns="http://www.w3.org/2000/svg" xmlns:openbadges="{NAMESPACE}" '
        f'viewBox="0 0 512 512" role="img">{baked}<title>{escape(f"{title}, {issuer}")}</title>'
        f'<circle cx="256" cy="256" r="248" fill="{_PAPER}" stroke="{_ACCENT}" stroke-width="16"/>'
        f'<circle cx="256" cy="256" r="222" fill="none" stroke="{_ACCENT}" stroke-width="3"/>'
        f'<g font-family="{_FONT}" text-anchor="middle">{rows}'
        f'<text x="256" y="404" font-size="22" fill="{_INK}">{escape(textwrap.shorten(issuer, 30, placeholder="…"))}</text></g>'
        f'<g transform="translate(243 48)"><path d="M2 0V56M2 17H18a11 11 0 0 1 0 22H15" fill="none" stroke="{_ACCENT}" '
        f'stroke-width="4"/><circle cx="9" cy="39" r="2.75" fill="{_ACCENT}"/></g></svg>\n'
    )


def _lines(title: str) -> tuple[list[str], int]:
    for width, size in _SIZES:
        lines = textwrap.wrap(title, width)
        if len(lines) <= _MOST_LINES and all(len(line) <= width for line in lines):
            return lines, size
    width, size = _SIZES[-1]
    return textwrap.wrap(title, width, max_lines=_MOST_LINES, placeholder=" …"), size
