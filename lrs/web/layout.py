"""What every page shares: navigation, versioned assets, the mark of who is signed in, and headers that keep it safe."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from flask import Response, current_app, g, request, url_for
from markupsafe import Markup

from lrs.clock import to_datetime
from lrs.http.requests import this_prowess
from lrs.prowess import ADMINISTRATORS_ONLY, READERS_ONLY, Link, Prowess
from lrs.web.panels import Place
from lrs.web.sessions import current, signed_in
from lrs.web.visitors import ADMIN, READERS

STATIC: Final = Path(__file__).parent / "static"
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
OWN_LINKS: Final = (
    Link("Today", "web.home", 10, scope=""),
    Link("Statements", "web.statements", 90),
    Link("Audit", "web.audit", 95, scope=ADMINISTRATORS_ONLY),
)
_STATEMENT_PAGES: Final = frozenset({"web.statement", "web.quarantine", "web.quarantined", "web.ask_to_discard"})
_FEW: Final = 8
"""So many entries of the navigation stand in one row of a tablet; more need a desk."""
_FOREVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the navigation on one page."""

    label: str
    url: str
    is_here: bool


def page_context() -> dict[str, Any]:
    """What templates may always use."""
    who = signed_in()
    entries = navigation() if who else []
    return {
        "who": who,
        "csrf": who.csrf if who else "",
        "navigation": entries,
        "menu_below": "79em" if len(entries) > _FEW else "60em",
    }


def navigation() -> list[Entry]:
    """Our own pages and those of the plug-ins; a link whose page is not there, or not for this account, is left out."""
    prowess = this_prowess()
    links = [link for link in (*OWN_LINKS, *_plugin_links(prowess)) if _is_for(link)]
    known = sorted((link for link in links if link.endpoint in current_app.view_functions), key=lambda link: link.order)
    return [Entry(link.label, url_for(link.endpoint), _is_here(link.endpoint)) for link in known]


def _plugin_links(prowess: Prowess) -> Iterator[Link]:
    return (link for plugin in prowess.plugins for link in plugin.links)


def _is_for(link: Link) -> bool:
    """Whether whoever is signed in gets anywhere by a link."""
    who = current()
    if link.scope == ADMINISTRATORS_ONLY:
        return who.account.role == ADMIN
    if link.scope != READERS_ONLY or who.account.role in READERS:
        return True
    return link.also_for is not None and link.also_for(who)


def _is_here(endpoint: str) -> bool:
    """Whether the page belongs to a navigation entry: the same one, or another page of that plug-in."""
    here, own = request.endpoint or "", endpoint.partition(".")[0]
    if own == "web":
        return here == endpoint or (endpoint == "web.statements" and here in _STATEMENT_PAGES)
    return here.partition(".")[0] == own


def panels(place: Place, subject: Any) -> list[Markup]:
    """What the plug-ins have to say at a place, in order."""
    prowess = this_prowess()
    there = [panel for plugin in prowess.plugins for panel in plugin.panels(prowess) if panel.place == place]
    there.sort(key=lambda panel: (panel.order, panel.name))
    return [markup for panel in there if (markup := panel.render(subject)) is not None]


def asset(name: str) -> str:
    """The address of a static file; it changes with the file, so that browsers may keep it for ever."""
    return url_for("web.static", filename=name, v=_fingerprint(name))


@cache
def _fingerprint(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]


def instant(us: int) -> str:
    """An instant to the second in UTC as a machine reads it on a page (HTML, 2.3.5.7: a valid global date and time string)."""
    return to_datetime(us).replace(tzinfo=None).isoformat("T", "seconds") + "Z"


def protect(response: Response) -> Response:
    """Headers of every answer of this application: markup runs nothing of others, and is kept by nobody."""
    if response.mimetype in {"text/html", "image/svg+xml"}:
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("X-Frame-Options", "DENY")
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    if request.endpoint == "web.static":
        response.headers["Cache-Control"] = _FOREVER if "v" in request.args else "public, max-age=3600"
    elif g.get("signed_in") is not None and response.mimetype == "text/html":
        response.headers["Cache-Control"] = "no-store"
    return response
