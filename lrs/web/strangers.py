"""Who is no stranger: whoever has a key or is signed in may send a large body, everybody else may not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Flask, request

from lrs.errors import ProwessError
from lrs.http.auth import presented_credential
from lrs.web.sessions import signed_in

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


def is_known(app: Flask, environ: WSGIEnvironment) -> bool:
    """Whether a request comes with a valid key, or else a session; what it may do with either is asked later.

    A store that cannot be asked knows nobody: the application then says so without the body.
    """
    with app.request_context(dict(environ)):
        try:
            return bool(presented_credential()) if request.headers.get("Authorization") else signed_in() is not None
        except ProwessError:
            return False
