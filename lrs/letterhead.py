"""The frame of every letter as HTML: what mail programs have to be told so that they show it as it is meant.  Pure.

No colour is said, for text or ground: a letter has those of whoever reads it, dark ones too, and whoever names one of the two
writes dark on dark.  No style sheet and no picture either: many mail programs drop the one and ask before they load the other.
"""

from __future__ import annotations

from typing import Final

from markupsafe import Markup

RULE: Final = "1px solid #85808a"
"""A line that is seen on white and on black."""

_FONT: Final = "font:16px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif"
_FRAME: Final = Markup(
    """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>{}</title>
</head>
<body style="margin:0">
<div style="{};max-width:40em;margin:0 auto;padding:16px;overflow-wrap:break-word">
{}</div>
</body>
</html>
"""
)


def framed(subject: str, body: Markup) -> str:
    """The whole document of a letter's body."""
    return str(_FRAME.format(subject, _FONT, body))


def small(words: Markup) -> Markup:
    """What stands below: why somebody gets this, and how to end it; an address of it breaks anywhere."""
    return Markup('<p style="font-size:14px;border-top:{};padding-top:8px;word-break:break-word">{}</p>\n').format(
        RULE, words
    )
