"""Pages: sign-in, home and the statement browser, and the layout that every other package's pages use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from lrs.days import day_said, day_words
from lrs.web import attachments, audit, failures, home, layout, password, quarantine, sessions, sign_in, statements
from lrs.web.brake import Brake
from lrs.web.guard import Guard
from lrs.web.local_time import text_here, words_here

if TYPE_CHECKING:
    from lrs.prowess import Prowess


OPEN = frozenset({"web.static", "web.sign_in", "web.send_sign_in"})
"""What strangers may see."""


def blueprints(prowess: Prowess) -> Iterable[Blueprint]:
    """The pages of the record store, and what all pages need: styles, templates, headers."""
    web = Blueprint("web", __name__, template_folder="templates", static_folder="static", static_url_path="/static")
    web.before_request(_at_the_door)
    guard = Guard(Brake(prowess.clock), prowess.settings.server.threads)
    signing, changing = sign_in.SignIn(guard), password.Password(guard)
    web.add_url_rule("/sign-in", "sign_in", signing.show, methods=["GET"])
    web.add_url_rule("/sign-in", "send_sign_in", signing.send, methods=["POST"])
    web.add_url_rule("/sign-out", "sign_out", sign_in.sign_out, methods=["POST"])
    web.add_url_rule("/password", "password", changing.show, methods=["GET"])
    web.add_url_rule("/password", "send_password", changing.send, methods=["POST"])
    web.add_url_rule("/", "home", home.show)
    web.add_url_rule("/statements", "statements", statements.show_list)
    web.add_url_rule("/statements/<uuid:id>", "statement", statements.show_one)
    web.add_url_rule("/statements/<uuid:id>/attachments/<sha2>", "attachment", attachments.download)
    web.add_url_rule("/audit", "audit", audit.show)
    web.add_url_rule("/audit.csv", "audit_file", audit.download)
    web.add_url_rule("/quarantine", "quarantine", quarantine.show_list)
    web.add_url_rule("/quarantine/<uuid:id>", "quarantined", quarantine.show_one)
    web.add_url_rule("/quarantine/<uuid:id>/replay", "replay_quarantined", quarantine.replay, methods=["POST"])
    web.add_url_rule("/quarantine/<uuid:id>/discard", "ask_to_discard", quarantine.ask_to_discard)
    web.add_url_rule("/quarantine/<uuid:id>/discard", "discard_quarantined", quarantine.discard, methods=["POST"])
    web.app_context_processor(layout.page_context)
    web.add_app_template_global(layout.asset, "asset")
    web.add_app_template_global(layout.instant, "instant")
    web.add_app_template_global(text_here, "text_here")
    web.add_app_template_global(words_here, "words_here")
    web.add_app_template_filter(day_words, "in_words")
    web.add_app_template_filter(day_said)
    web.after_app_request(layout.protect)
    web.app_errorhandler(NotFound)(failures.nothing_here)
    failures.register_failures(web)
    return [web]


def _at_the_door() -> ResponseReturnValue | None:
    return None if request.endpoint in OPEN else sessions.demand_sign_in()
