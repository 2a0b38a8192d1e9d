"""Panels: what other packages show on the record store's own pages, such as the decisions a statement fed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from markupsafe import Markup

if TYPE_CHECKING:
    from lrs.prowess import Prowess

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


def rendered(prowess: Prowess, place: Place, subject: Any) -> list[Markup]:
    """The panels of a place that have something to say, in order."""
    panels = (panel for plugin in prowess.plugins for panel in plugin.panels(prowess) if panel.place == place)
    here = sorted(panels, key=lambda panel: (panel.order, panel.name))
    return [markup for panel in here if (markup := panel.render(subject)) is not None]
