"""The page of one's own account: who one is here, in which zone times are told, and giving it another password."""

from __future__ import annotations

from flask import Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from lrs.errors import BadRequest, Unauthorized
from lrs.http.access import signed_in_only
from lrs.http.requests import this_prowess
from lrs.logs import get_logger
from lrs.web.accounts import SHORTEST, change_own_password, check_password
from lrs.web.guard import Guard, wait_in_words
from lrs.web.local_time import reader_zone
from lrs.web.sessions import Fresh, current

log = get_logger(__name__)


class Password:
    """The views around the guard of signing in: whoever found an open browser may guess no faster than strangers."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard

    @signed_in_only
    def show(self) -> ResponseReturnValue:
        return _page()

    @signed_in_only
    def send(self) -> ResponseReturnValue:
        form, account = request.form, current().account
        fresh = form.get("new", "")
        if fresh != form.get("again", ""):
            return _page("The new password was typed in two ways.", 400)
        try:
            check_password(fresh)  # before the brake, which must not forget a wrong guess for it
        except BadRequest as error:
            return _page(f"{error.message}; {error.hint}.", 400)
        with self._guard.attempt(account.username, request.remote_addr or "") as attempt:
            if attempt.wait:
                return _later(attempt.why, attempt.wait)
            session = Fresh(account)
            try:
                change_own_password(this_prowess(), account, form.get("current", ""), fresh, session.keep)
            except Unauthorized:
                log.warning("change of password refused", username=account.username, address=request.remote_addr)
                return _page("The current password is another one.", 403)
            except BadRequest as error:
                attempt.succeed()
                return _page(f"{error.message}; {error.hint}.", 400)
            attempt.succeed()
        session.enter()
        answer = _page(is_done=True)
        session.hand(answer)
        return answer


def _page(problem: str | None = None, status: int = 200, *, is_done: bool = False) -> Response:
    told = {"problem": problem, "is_done": is_done, "shortest": SHORTEST, "zone": reader_zone(), "name": _own_name()}
    response = make_response(render_template("web/password.html", **told), status)
    response.headers["Cache-Control"] = "no-store"
    return response


def _own_name() -> str | None:
    """Who the account is among the people; None for nobody."""
    account = current().account
    if account.person_id is None:
        return None
    roster = this_prowess().people.roster(tenant_id=account.tenant_id, people=[account.person_id])
    person = roster.people.get(account.person_id)
    return (person.name if person else "") or account.person_id


def _later(why: str, wait: int) -> Response:
    """wait: seconds."""
    answer = _page(f"{why} Wait {wait_in_words(wait)}, then try again.", 429)
    answer.headers["Retry-After"] = str(wait)
    return answer
