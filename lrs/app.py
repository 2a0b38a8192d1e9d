"""The Flask application: `create_app(plugins=())` is a bare record store."""

from __future__ import annotations

from typing import cast

from flask import Flask

from lrs.clock import Clock, SystemClock
from lrs.http.access import register_access
from lrs.http.alternate import AlternateSyntax
from lrs.http.compression import register_compression
from lrs.http.cors import register_cors
from lrs.http.problems import register_problems
from lrs.http.requests import register_request_context
from lrs.http.xapi import PREFIX
from lrs.ids import Ids, RandomIds
from lrs.prowess import Plugin, Prowess
from lrs.settings import Settings


def create_app(
    settings: Settings | Prowess,
    plugins: tuple[Plugin, ...] = (),
    *,
    clock: Clock | None = None,
    ids: Ids | None = None,
) -> Flask:
    """An application around one Prowess, which is opened here unless given.

    Work behind the requests does not start by itself: call `prowess_of(app).start()`.
    """
    prowess = (
        settings
        if isinstance(settings, Prowess)
        else Prowess(settings, plugins, clock or SystemClock(), ids or RandomIds())
    )
    app = Flask("lrs", static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = prowess.settings.limits.body_bytes
    app.extensions["prowess"] = prowess
    app.url_map.strict_slashes = False
    register_request_context(app)
    register_problems(app)
    register_compression(app)
    register_cors(app, prowess.settings.server.cors_origins)
    register_access(app)
    for plugin in prowess.plugins:
        for blueprint in plugin.blueprints(prowess):
            app.register_blueprint(blueprint)
    limit = prowess.settings.limits.body_bytes
    app.wsgi_app = AlternateSyntax(app.wsgi_app, prefix=f"{PREFIX}/", limit=limit)  # type: ignore[method-assign]
    return app


def prowess_of(app: Flask) -> Prowess:
    """The Prowess behind an application; `lrs.http.requests.this_prowess` is the one behind a request."""
    return cast("Prowess", app.extensions["prowess"])
