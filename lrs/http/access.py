"""Who may use which route: every view says it, and whatever says nothing is refused (deny by default).

The test of the scope matrix reads the same declarations, so a new route without one fails the build.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar

from flask import Flask, request

from lrs.errors import Forbidden
from lrs.http.auth import require_any_scope
from lrs.http.requests import this_prowess
from lrs.proxies import RELAYED, is_within

V = TypeVar("V", bound=Callable[..., Any])

_MARK: Final = "prowess_access"


class Door(StrEnum):
    """What opens a route."""

    OPEN = "open"
    """Nothing is asked."""
    KEY = "key"
    """A key with one of the scopes."""
    SESSION = "session"
    """Somebody signed in; the pages' own blueprint sends strangers to sign in."""
    EITHER = "either"
    """A key with one of the scopes, or somebody signed in; the view finds out which."""
    ADDRESS = "address"
    """A key with one of the scopes, or whoever asks from an address that `server.metrics_from` names."""


@dataclass(frozen=True, slots=True)
class Access:
    """One row of the matrix; any of the scopes suffices.

    lent: whether launch credentials may come in too, whose view then holds them to their binding; None: nobody said.
    """

    door: Door
    scopes: tuple[str, ...] = ()
    lent: bool | None = None


def open_to_all(view: V) -> V:
    """A view that strangers may use."""
    return _marked(view, Access(Door.OPEN))


def signed_in_only(view: V) -> V:
    """A page for people who are signed in."""
    return _marked(view, Access(Door.SESSION))


def needs(*scopes: str, lent: bool | None = None) -> Callable[[V], V]:
    """A view for keys that have one of these scopes.

    A view that a launch could open with a scope it has says `lent`: True when it holds launches to their learner and
    activity (`lrs.http.auth.require_binding`), False when it is not for them.  Until it says so they stay outside.
    """
    return lambda view: _marked(view, Access(Door.KEY, scopes, lent))


def needs_or_signed_in(*scopes: str) -> Callable[[V], V]:
    """A view for keys that have one of these scopes, and for people who are signed in."""
    return lambda view: _marked(view, Access(Door.EITHER, scopes))


def watched_from(*scopes: str) -> Callable[[V], V]:
    """A view for keys that have one of these scopes, and for the addresses from which the store is watched."""
    return lambda view: _marked(view, Access(Door.ADDRESS, scopes))


def access_of(app: Flask, endpoint: str) -> Access | None:
    """The declared access of an endpoint; None when nobody declared any."""
    if endpoint.endswith(".static"):
        return Access(Door.OPEN)
    found: Access | None = getattr(app.view_functions.get(endpoint), _MARK, None)
    return found


def register_access(app: Flask) -> None:
    """Ask at the door of every route of this application."""

    @app.before_request
    def gate() -> None:
        if request.endpoint is None or request.method == "OPTIONS":
            return
        access = access_of(app, request.endpoint)
        if access is None:
            raise Forbidden("nobody may use this route: it declares no access", hint="this is a fault of Prowess")
        if access.door is Door.KEY or (access.door is Door.ADDRESS and not _is_watcher()):
            credential = require_any_scope(*access.scopes)
            if credential.binding is not None and not access.lent:
                raise Forbidden("launch credentials may not use this route", hint="ask with a key of your own")


def _is_watcher() -> bool:
    """Whether the settings name the address; one that somebody only passed on for others is not the asker's."""
    watchers = this_prowess().settings.server.metrics_from
    return RELAYED not in request.environ and is_within(request.remote_addr or "", watchers)


def _marked(view: V, access: Access) -> V:
    setattr(view, _MARK, access)
    return view
