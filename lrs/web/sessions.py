"""Sessions: a random token in a cookie, its SHA-256 in the database, and the forms that belong to it.

A form's CSRF token is an HMAC under the cookie's own secret value, which another site can neither read nor set; so it is
bound to the session and nothing needs to be stored.  Sign-in has no session yet and uses a short-lived cookie of its own.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Final, ParamSpec, TypeVar, cast
from urllib.parse import urlsplit

from flask import Response, g, redirect, request, url_for
from sqlalchemy import Connection, delete, insert, select
from werkzeug.wrappers import Response as AnyResponse

from lrs.clock import SECOND
from lrs.errors import Forbidden, Unauthorized
from lrs.http.requests import this_prowess
from lrs.logs import get_logger
from lrs.people.merges import known_as
from lrs.store import tables as t
from lrs.web.accounts import is_as_seen
from lrs.web.visitors import ADMIN, READERS, Account, SignedIn

log = get_logger(__name__)

SESSION_COOKIE: Final = "prowess_session"
FORM_COOKIE: Final = "prowess_form"
LIFETIME: Final = 12 * 60 * 60
FIELD: Final = "csrf"
_PORTS: Final = {"http": 80, "https": 443}
_ORIGIN: Final = re.compile(r"(https?)://([^/?#@:\[\]\s\\]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?", re.ASCII | re.IGNORECASE)

P = ParamSpec("P")
R = TypeVar("R")


def signed_in() -> SignedIn | None:
    """Whose session this request belongs to, None without a valid one."""
    if "signed_in" not in g:
        g.signed_in = _find(request.cookies.get(SESSION_COOKIE))
    return cast("SignedIn | None", g.signed_in)


def current() -> SignedIn:
    """Who is signed in, in a view that demands it."""
    who = signed_in()
    if who is None:
        raise Forbidden("nobody is signed in", hint="sign in first")
    return who


def demand_sign_in() -> AnyResponse | None:
    """For `before_request` of pages: sends strangers to sign in, and refuses forms without their token."""
    who = signed_in()
    if who is None:
        wanted = request.full_path.rstrip("?") if request.method in {"GET", "HEAD"} else "/"
        return redirect(url_for("web.sign_in", next=wanted), 303)
    if request.method not in {"GET", "HEAD", "OPTIONS"}:
        check_form(who.csrf)
    return None


def admin_only(view: Callable[P, R]) -> Callable[P, R]:
    """A view for administrators; analysts are told so."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if current().account.role != ADMIN:
            raise Forbidden("this page is for administrators", hint="ask one of them, or sign in as one")
        return view(*args, **kwargs)

    return guarded


def readers_only(view: Callable[P, R]) -> Callable[P, R]:
    """A view of what concerns everybody, for administrators and analysts."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        role = current().account.role
        if role not in READERS:
            raise Forbidden("this page is for analysts and administrators", hint="ask one of them, or sign in as one")
        return view(*args, **kwargs)

    return guarded


def check_form(expected: str) -> None:
    """Refuse a form that was not made for this visitor, or that another site sent.  Raises Forbidden."""
    refuse_other_sites()
    check_token(expected)


def check_token(expected: str) -> None:
    """Refuse a form that was not made for this visitor.  Raises Forbidden."""
    given = request.form.get(FIELD) or request.headers.get("X-CSRF-Token", "")
    if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        raise Forbidden("this form is out of date", hint="go back, reload the page and send it again")


def refuse_other_sites() -> None:
    """Refuse what a page of another site had the browser send.  Raises Forbidden."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise Forbidden("this form was sent from another site", hint="open the page here and send it again")
    origin = request.headers.get("Origin")
    if origin is None or _is_own(origin):
        return
    log.warning("form of another site refused", origin=origin[:200], host=request.host[:200])
    raise Forbidden(
        f"this form was sent from another site, {origin[:200]}",
        hint="open the page here and send it again. If this is the right site, it is behind a reverse proxy: "
        "set server.public_url to the address that browsers show, or let the proxy pass on Host",
    )


class Fresh:
    """A session that begins in this request: kept in a write, then handed out; the visitor's earlier session ends."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._token = this_prowess().ids.secret()

    def keep(self, conn: Connection) -> None:
        now, before = this_prowess().clock.now(), request.cookies.get(SESSION_COOKIE)
        row = {
            "token_hash": _digest(self._token),
            "account_id": self._account.id,
            "created_at": now,
            "expires_at": now + LIFETIME * SECOND,
        }
        conn.execute(delete(t.session).where(t.session.c.expires_at <= now))
        if before:
            conn.execute(delete(t.session).where(t.session.c.token_hash == _digest(before)))
        conn.execute(insert(t.session), row)

    def enter(self) -> None:
        """The rest of this request belongs to it: forms of its page are taken from it."""
        g.signed_in = SignedIn(self._account, form_token(self._token))

    def hand(self, response: Response) -> None:
        set_cookie(response, SESSION_COOKIE, self._token, LIFETIME)
        response.delete_cookie(FORM_COOKIE)


def begin(account: Account, response: Response) -> None:
    """Start a session of whoever just gave a password, and put it into the answer's cookie.

    Raises Unauthorized when the password was changed, or the account disabled, meanwhile.
    """
    fresh = Fresh(account)

    def commit(conn: Connection) -> None:
        if not is_as_seen(conn, account):
            raise Unauthorized("the password was changed meanwhile")
        fresh.keep(conn)

    this_prowess().database.write(commit)
    fresh.hand(response)


def end(response: Response) -> None:
    """End this request's session, here and in the browser."""
    token = request.cookies.get(SESSION_COOKIE)
    if token:
        this_prowess().database.write(
            lambda conn: conn.execute(delete(t.session).where(t.session.c.token_hash == _digest(token)))
        )
    response.delete_cookie(SESSION_COOKIE)


def set_cookie(response: Response, name: str, value: str, seconds: int) -> None:
    """A cookie that scripts cannot read and other sites cannot send along with a form."""
    response.set_cookie(name, value, max_age=seconds, httponly=True, samesite="Lax", secure=_is_https(), path="/")


def form_token(secret: str) -> str:
    """The CSRF token that goes with a cookie's value."""
    return hmac.new(secret.encode(), b"prowess form", hashlib.sha256).hexdigest()


def _find(token: str | None) -> SignedIn | None:
    if not token:
        return None
    a = t.account.c
    query = (
        select(a.id, a.tenant_id, a.username, a.role, a.person_id)
        .join(t.session, t.session.c.account_id == t.account.c.id)
        .where(
            t.session.c.token_hash == _digest(token),
            t.session.c.expires_at > this_prowess().clock.now(),
            t.account.c.disabled_at.is_(None),
        )
    )
    with this_prowess().database.read() as conn:
        row = conn.execute(query).first()
        if row is None:
            return None
        account = Account(*row)
        if account.person_id is not None:
            account = replace(account, person_id=known_as(conn, account.tenant_id, account.person_id))
    return SignedIn(account, form_token(token))


def _is_own(origin: str) -> bool:
    """Whether an Origin header, which browsers set on forms, names the host that was asked, or the public URL."""
    if origin.partition("://")[2] == request.host:
        return True
    public = urlsplit(this_prowess().settings.server.public_url or "")
    own = _origin(f"{public.scheme}://{public.netloc}")
    return own is not None and _origin(origin) == own


def _origin(text: str) -> tuple[str, str, int] | None:
    """Scheme, host and port (RFC 6454, section 4), None of what is no origin of a web page."""
    match = _ORIGIN.fullmatch(text)
    if match is None:
        return None
    scheme = match[1].lower()
    try:
        host = match[2].lower().encode("idna").decode()
    except UnicodeError:
        return None
    return scheme, host, int(match[3] or _PORTS[scheme])


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _is_https() -> bool:
    return request.is_secure or this_prowess().settings.public_url.startswith("https://")
