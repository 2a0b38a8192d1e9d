"""Panels: what other packages show on the record store's own pages, such as the decisions a statement fed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from markupsafe import Markup

Place = Literal["home", "statement"]


@dataclass(frozen=True, slots=True)
class Panel:
    """A section of a page.

    render: gets what the page is about (`SignedIn` on the home page, `Found` on a statement's) and returns safe markup
    that starts with an h2, or None to stay away.
    """

    name: str
    place: Place
    render: Callable[[Any], Markup | None]
    order: int = 100
