"""A letter with numbers in it, as text and as HTML that any mail program shows.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from lrs.letterhead import RULE, framed, small

_ROW = f"padding:6px 0;border-bottom:{RULE}"


@dataclass(frozen=True, slots=True)
class Section:
    """One list: its number, the report behind it, and its first rows, each the same cells long."""

    title: str
    count: int
    url: str
    rows: tuple[tuple[str, ...], ...] = ()
    nothing: str = ""
    """What is said when there is none."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What somebody reads.  footer: sentences, each with an address or none."""

    subject: str
    greeting: str
    paragraphs: tuple[str, ...]
    sections: tuple[Section, ...]
    footer: tuple[tuple[str, str | None], ...]

    @property
    def text(self) -> str:
        parts = [self.greeting, *self.paragraphs, *map(_section_text, self.sections)]
        parts.append("\n".join(f"{said} {url}" if url else said for said, url in self.footer))
        return "\n\n".join(parts) + "\n"

    @property
    def html(self) -> str:
        body = _joined(Markup("<p>{}</p>\n").format(one) for one in (self.greeting, *self.paragraphs))
        body += _joined(map(_section_html, self.sections))
        ends = _joined(
            Markup('<a href="{}">{}</a><br>\n').format(url, said.rstrip(":"))
            if url
            else Markup("{}<br>\n").format(said)
            for said, url in self.footer
        )
        return framed(self.subject, body + small(ends))


def _section_text(one: Section) -> str:
    heading = f"{one.title}: {one.count:,}"
    if not one.count:
        return f"{heading}\n{one.nothing}".rstrip()
    lines = [f"- {', '.join(cell for cell in row if cell)}" for row in one.rows]
    rest = one.count - len(one.rows)
    if rest > 0:
        lines.append(f"- and {rest:,} more")
    return "\n".join([heading, *lines, one.url])


def _section_html(one: Section) -> Markup:
    heading = Markup('<h2 style="font-size:18px;margin:24px 0 4px">{}: <a href="{}">{}</a></h2>\n').format(
        one.title, one.url, f"{one.count:,}"
    )
    if not one.count:
        return heading + Markup("<p>{}</p>\n").format(one.nothing)
    rows = _joined(map(_row, one.rows))
    rest = one.count - len(one.rows)
    more = Markup('<p><a href="{}">and {} more</a></p>\n').format(one.url, f"{rest:,}") if rest > 0 else Markup("")
    return heading + Markup('<ul style="margin:0;padding:0;list-style:none">\n{}</ul>\n').format(rows) + more


def _row(cells: Sequence[str]) -> Markup:
    """What it is about, and below it the rest: columns would be too narrow on a phone.

    Each keeps its own direction of writing, or a name in Arabic turns the number after it round.
    """
    first, *rest = (Markup("<bdi>{}</bdi>").format(cell) for cell in cells if cell)
    below = Markup("<br>") + Markup(", ").join(rest) if rest else Markup("")
    return Markup('<li style="{}"><strong>{}</strong>{}</li>\n').format(_ROW, first, below)


def _joined(parts: object) -> Markup:
    return Markup("").join(parts)  # type: ignore[arg-type]  # any iterable of Markup
