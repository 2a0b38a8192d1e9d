"""Local accounts: who may sign in to the pages, with an argon2id password that is checked in constant time.

People sign in here; systems use API keys (`lrs.store.credentials`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any, Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, delete, select, update

from lrs.errors import BadRequest, Conflict, NotFound, Unauthorized, did_you_mean
from lrs.people.merges import merges_of, targets
from lrs.people.merging import root_of
from lrs.settings import Secret
from lrs.store import audit
from lrs.store import tables as t
from lrs.web.visitors import ROLES, Account

if TYPE_CHECKING:
    from lrs.prowess import Prowess

SHORTEST: Final = 12
_LONGEST: Final = 1_000
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
"""What OWASP's Password Storage Cheat Sheet recommends: anybody may ask for this work, and it takes one processor."""
AT_ONCE: Final = 2
"""Looking at a password takes time and memory on purpose: with all threads at once nothing else would be answered."""
_AT_ONCE: Final = BoundedSemaphore(AT_ONCE)


def create_account(
    prowess: Prowess,
    username: str,
    password: str | None,
    role: str,
    *,
    person: str | None = None,
    tenant_id: int = t.DEFAULT_TENANT,
) -> Secret:
    """A new account; returns its password, which is made up when none is given.

    Raises BadRequest, Conflict, and NotFound for a person whom nobody knows.
    """
    username = username.strip()
    if not 1 <= len(username) <= 120:
        raise BadRequest("a user name has 1 to 120 characters")
    _check_role(role)
    _refuse_erased(prowess, username, tenant_id)
    person = _person(prowess, person, tenant_id)
    password = _chosen(prowess, password)
    row = {
        "tenant_id": tenant_id,
        "username": username,
        "password_hash": _HASHER.hash(password),
        "role": role,
        "person_id": person,
        "created_at": prowess.clock.now(),
    }

    def commit(conn: Any) -> None:
        put = prowess.database.dialect.insert(t.account).values(row)
        if not conn.execute(put.on_conflict_do_nothing(index_elements=["tenant_id", "username"])).rowcount:
            raise Conflict(f"an account named '{username}' exists already", hint="choose another name")
        _note(
            prowess,
            conn,
            tenant_id,
            "account.create",
            username,
            {"role": role, **({"person": person} if person else {})},
        )

    prowess.database.write(commit)
    return Secret(password)


def _refuse_erased(prowess: Prowess, username: str, tenant_id: int) -> None:
    """Raises Conflict for an id, or a mail address in any letters, of somebody who was erased: the pages would show it again."""
    prowess.erasures.reload()
    if prowess.erasures.find(tenant_id, username) or prowess.erasures.find(tenant_id, username.lower()):
        raise Conflict(f"'{username}' is the name of somebody who was erased", hint="choose another name")


def change_password(
    prowess: Prowess, username: str, password: str | None, *, tenant_id: int = t.DEFAULT_TENANT
) -> Secret:
    """Give an account another password and end all its sessions.  Raises BadRequest, NotFound."""
    password = _chosen(prowess, password)
    hashed = _HASHER.hash(password)

    _change_and_sign_out(prowess, tenant_id, username, "account.password", password_hash=hashed)
    return Secret(password)


def change_own_password(
    prowess: Prowess, account: Account, current: str, fresh: str, also: Callable[[Connection], None]
) -> None:
    """Give an account the password its holder chose, and end its sessions.

    also: what commits together with that, such as a new session.
    Raises Unauthorized when `current` is not its password, or is no more when it is written; BadRequest as `check_password`, and
    when it is `current` again.
    """
    check_password(fresh)
    c = t.account.c
    with prowess.database.read() as conn:
        seen = conn.scalar(select(c.password_hash).where(c.id == account.id, c.disabled_at.is_(None)))
    if not _matches(seen or _nobody(), current) or seen is None:
        raise Unauthorized("the current password is another one")
    if fresh == current:
        raise BadRequest("The new password is the current one", hint="choose another one")
    with _AT_ONCE:
        hashed = _HASHER.hash(fresh)

    def commit(conn: Any) -> None:
        as_seen = (c.id == account.id) & (c.password_hash == seen) & c.disabled_at.is_(None)
        if not conn.execute(update(t.account).where(as_seen).values(password_hash=hashed)).rowcount:
            raise Unauthorized("somebody else changed the password meanwhile")
        conn.execute(delete(t.session).where(t.session.c.account_id == account.id))
        also(conn)
        _note(prowess, conn, account.tenant_id, "account.password", account.username, {"own": True})

    prowess.database.write(commit)


def change_account(
    prowess: Prowess,
    username: str,
    *,
    role: str | None = None,
    person: str | None = None,
    tenant_id: int = t.DEFAULT_TENANT,
) -> None:
    """Give an account another role, or say who it is; its sessions go on with that.  Raises BadRequest, NotFound."""
    if role is not None:
        _check_role(role)
    person = _person(prowess, person, tenant_id)
    changes = {name: value for name, value in (("role", role), ("person_id", person)) if value is not None}
    if not changes:
        raise BadRequest("nothing to change was given", hint="give --role or --person")

    def commit(conn: Any) -> None:
        if not conn.execute(update(t.account).where(_named(tenant_id, username)).values(**changes)).rowcount:
            raise _unknown(username)
        told = {"person" if name == "person_id" else name: value for name, value in changes.items()}
        _note(prowess, conn, tenant_id, "account.change", username, told)

    prowess.database.write(commit)


def disable_account(prowess: Prowess, username: str, *, is_disabled: bool, tenant_id: int = t.DEFAULT_TENANT) -> None:
    """Let nobody sign in under a name any more, from the next request on; or let them again.  Raises NotFound."""
    action = "account.disable" if is_disabled else "account.enable"
    _change_and_sign_out(prowess, tenant_id, username, action, disabled_at=prowess.clock.now() if is_disabled else None)


def _change_and_sign_out(prowess: Prowess, tenant_id: int, username: str, action: str, **values: Any) -> None:
    """Change an account and end all its sessions.  Raises NotFound."""

    def commit(conn: Any) -> None:
        id_ = conn.scalar(select(t.account.c.id).where(_named(tenant_id, username)))
        if id_ is None:
            raise _unknown(username)
        conn.execute(update(t.account).where(t.account.c.id == id_).values(**values))
        conn.execute(delete(t.session).where(t.session.c.account_id == id_))
        _note(prowess, conn, tenant_id, action, username)

    prowess.database.write(commit)


def _note(
    prowess: Prowess,
    conn: Any,
    tenant_id: int,
    action: str,
    username: str,
    details: Mapping[str, Any] | None = None,
) -> None:
    audit.record(conn, action, username, details, at=prowess.clock.now(), tenant_id=tenant_id)


def _unknown(username: str) -> NotFound:
    return NotFound(f"there is no account '{username}'", hint="see: prowess account list")


def list_accounts(prowess: Prowess, *, tenant_id: int = t.DEFAULT_TENANT) -> list[Account]:
    """Everybody who may sign in, or might until they were disabled, by name; with who they are now, after a merge."""
    query = select(t.account).where(t.account.c.tenant_id == tenant_id).order_by(t.account.c.username)
    with prowess.database.read() as conn:
        merges = targets(merges_of(conn, tenant_id))
        found = [_account(row) for row in conn.execute(query)]
    return [replace(one, person_id=one.person_id and root_of(merges, one.person_id)) for one in found]


def verify(prowess: Prowess, username: str, password: str, *, tenant_id: int = t.DEFAULT_TENANT) -> Account | None:
    """The account of a name and password.  An unknown name takes as long as a wrong password.

    Waits while `AT_ONCE` others are looked at: whoever lets strangers ask lets only so many ask at once.
    """
    with prowess.database.read() as conn:
        row = conn.execute(select(t.account).where(_named(tenant_id, username.strip()))).first()
    usable = row is not None and row.disabled_at is None
    matches = _matches(row.password_hash if row is not None and usable else _nobody(), password)
    if row is None or not usable or not matches:
        return None
    seen = row.password_hash
    if _HASHER.check_needs_rehash(row.password_hash):
        seen = fresh = _HASHER.hash(password)
        as_seen = (t.account.c.id == row.id) & (t.account.c.password_hash == row.password_hash)
        better = update(t.account).where(as_seen).values(password_hash=fresh)
        if not prowess.database.write(lambda conn: conn.execute(better).rowcount):
            return verify(prowess, username, password, tenant_id=tenant_id)  # somebody else wrote: look at that
    return replace(_account(row), seen=seen)


def is_as_seen(conn: Connection, account: Account) -> bool:
    """Whether somebody who gave a password may come in by it still; nobody changes that before the commit."""
    c = t.account.c
    query = select(c.id).where(c.id == account.id, c.password_hash == account.seen, c.disabled_at.is_(None))
    return conn.execute(query.with_for_update()).first() is not None


def _account(row: Any) -> Account:
    return Account(row.id, row.tenant_id, row.username, row.role, row.person_id, row.disabled_at)


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise BadRequest(f"unknown role '{role}'", hint=did_you_mean(role, ROLES))


def _person(prowess: Prowess, text: str | None, tenant_id: int) -> str | None:
    """The id of whoever is named.  Raises NotFound, and BadRequest where it may be either of two."""
    if text is None:
        return None
    try:
        return prowess.people.find(text, tenant_id=tenant_id)
    except NotFound as error:
        raise NotFound(error.message, hint="import them first: prowess people import FILE") from error


def _named(tenant_id: int, username: str) -> Any:
    return (t.account.c.tenant_id == tenant_id) & (t.account.c.username == username)


def _chosen(prowess: Prowess, password: str | None) -> str:
    if password is None:
        return prowess.ids.secret()
    check_password(password)
    return password


def check_password(password: str) -> None:
    """Raises BadRequest when it is too short, or longer than anybody types."""
    if not SHORTEST <= len(password) <= _LONGEST:
        raise BadRequest(f"a password has at least {SHORTEST} characters", hint="a few words in a row make a good one")


def _matches(hashed: str, password: str) -> bool:
    try:
        with _AT_ONCE:
            return len(password) <= _LONGEST and _HASHER.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    """The hash that unknown names are checked against."""
    return _HASHER.hash("nobody")
