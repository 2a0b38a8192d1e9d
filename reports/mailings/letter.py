"""A letter with numbers in it, as text and as HTML that any mail program shows.  Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

_CELL = "padding:4px 12px 4px 0;border-bottom:1px solid #dedbe1;vertical-align:top;text-align:left"
_BODY = "font:15px/1.5 system-ui,-apple-system,'Segoe UI',sans-serif;color:#1c1a1e;max-width:40em"


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
            Markup('{} <a href="{}">{}</a><br>\n').format(said, url, url) if url else Markup("{}<br>\n").format(said)
            for said, url in self.footer
        )
        return str(Markup('<div style="{}">\n{}<p><small>{}</small></p>\n</div>\n').format(_BODY, body, ends))


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
    heading = Markup('<h2 style="font-size:17px;margin:24px 0 4px">{}: <a href="{}">{}</a></h2>\n').format(
        one.title, one.url, f"{one.count:,}"
    )
    if not one.count:
        return heading + Markup("<p>{}</p>\n").format(one.nothing)
    rows = _joined(Markup("<tr>{}</tr>\n").format(_cells(row)) for row in one.rows)
    rest = one.count - len(one.rows)
    more = Markup('<p><a href="{}">and {} more</a></p>\n').format(one.url, f"{rest:,}") if rest > 0 else Markup("")
    return heading + Markup('<table style="border-collapse:collapse">\n{}</table>\n').format(rows) + more


def _cells(row: Sequence[str]) -> Markup:
    first = Markup('<th scope="row" style="{};font-weight:600">{}</th>').format(_CELL, row[0])
    return first + _joined(Markup('<td style="{}">{}</td>').format(_CELL, cell) for cell in row[1:])


def _joined(parts: object) -> Markup:
    return Markup("").join(parts)  # type: ignore[arg-type]  # any iterable of Markup
