"""Signing in and out."""

from __future__ import annotations

from typing import cast

from flask import Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lrs.errors import Forbidden, Unauthorized
from lrs.http.access import open_to_all, signed_in_only
from lrs.http.requests import this_prowess
from lrs.logs import get_logger
from lrs.web import sessions
from lrs.web.accounts import verify
from lrs.web.destinations import safe_destination
from lrs.web.guard import Guard, wait_in_words
from lrs.web.visitors import Account

log = get_logger(__name__)

_FORM_SECONDS = 60 * 60


class SignIn:
    """The views around one guard."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    @open_to_all
    def show(self) -> ResponseReturnValue:
        destination = safe_destination(request.args.get("next"))
        if sessions.signed_in() is not None:
            return redirect(destination, 303)
        return _form(destination)

    @open_to_all
    def send(self) -> ResponseReturnValue:
        destination = safe_destination(request.form.get("next"))
        username, password = request.form.get("username", ""), request.form.get("password", "")
        secret = request.cookies.get(sessions.FORM_COOKIE)
        try:
            sessions.refuse_other_sites()
        except Forbidden as error:
            return _form(destination, username, f"{error.message}: {error.hint}", 403)
        try:
            sessions.check_token(sessions.form_token(secret) if secret else "")
        except Forbidden as error:
            return _form(destination, username, f"{error.message}; please try again", 403)
        with self._guard.attempt(username, request.remote_addr or "") as attempt:
            if attempt.wait:
                return _later(destination, username, attempt.why, attempt.wait)
            account = verify(this_prowess(), username, password)
            response = cast("Response", redirect(destination, 303))
            if account is None or not _began(account, response):
                log.warning("sign-in refused", username=username[:120], address=request.remote_addr)
                return _form(destination, username, "User name and password do not fit together.", 401)
            attempt.succeed()
        return response


@signed_in_only
def sign_out() -> ResponseReturnValue:
    """End the session; a form, so that no link of another site can do it."""
    who = sessions.signed_in()
    response = cast("Response", redirect(url_for("web.sign_in"), 303))
    if who is not None:
        sessions.check_form(who.csrf)
        sessions.end(response)
    return response


def _began(account: Account, response: Response) -> bool:
    """Whether a session began; none does by a password that was changed while it was looked at."""
    try:
        sessions.begin(account, response)
    except Unauthorized:
        return False
    return True


def _form(destination: str, username: str = "", problem: str | None = None, status: int = 200) -> Response:
    prowess = this_prowess()
    secret = request.cookies.get(sessions.FORM_COOKIE) or prowess.ids.secret()
    page = render_template(
        "web/sign_in.html",
        destination=destination,
        username=username[:120],
        problem=problem,
        form_token=sessions.form_token(secret),
    )
    response = make_response(page, status)
    response.headers["Cache-Control"] = "no-store"
    sessions.set_cookie(response, sessions.FORM_COOKIE, secret, _FORM_SECONDS)
    return response


def _later(destination: str, username: str, why: str, wait: int) -> Response:
    """wait: seconds."""
    answer = _form(destination, username, f"{why} Wait {wait_in_words(wait)}, then try again.", 429)
    answer.headers["Retry-After"] = str(wait)
    return answer
