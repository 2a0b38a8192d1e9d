"""Saying "no more of these", by a link in the letter that works without signing in (RFC 8058)."""

from __future__ import annotations

import hmac
import json
from binascii import Error
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import delete, select

from lrs.base64url import decode, encode
from lrs.errors import NotFound
from lrs.store.server_secrets import server_secret
from reports.tables import opt_out

if TYPE_CHECKING:
    from lrs.prowess import Prowess


class Subscription(NamedTuple):
    """One reader of one digest."""

    tenant_id: int
    name: str
    recipient: str


def token_of(prowess: Prowess, one: Subscription) -> str:
    """What proves that whoever holds it got the letter."""
    said = json.dumps(one, ensure_ascii=False).encode()
    return f"{encode(said)}.{encode(_mac(prowess, said))}"


def subscription_of(prowess: Prowess, token: str) -> Subscription:
    """Whose token it is.  Raises NotFound when it is not one of ours."""
    said, _, mac = token.partition(".")
    try:
        text = decode(said)
        if hmac.compare_digest(decode(mac), _mac(prowess, text)):
            return Subscription(*json.loads(text))
    except (ValueError, Error, TypeError):
        pass
    raise NotFound("this link is not one of ours", hint="open it as it stands in the letter")


def stop_url(prowess: Prowess, one: Subscription) -> str:
    return f"{prowess.settings.public_url}/digests/stop/{token_of(prowess, one)}"


def is_stopped(prowess: Prowess, one: Subscription) -> bool:
    c = opt_out.c
    query = select(c.since).where(c.tenant_id == one.tenant_id, c.name == one.name, c.recipient == one.recipient)
    with prowess.database.read() as conn:
        return conn.scalar(query) is not None


def stop(prowess: Prowess, one: Subscription) -> None:
    """No more of these; saying so twice is saying so once."""
    row = {**one._asdict(), "since": prowess.clock.now()}
    insert = prowess.database.dialect.insert(opt_out).on_conflict_do_nothing()
    prowess.database.write(lambda conn: conn.execute(insert, row))


def resume(prowess: Prowess, one: Subscription) -> bool:
    """Have them again; False when they were never stopped."""
    c = opt_out.c
    here = delete(opt_out).where(c.tenant_id == one.tenant_id, c.name == one.name, c.recipient == one.recipient)

    def commit(conn: Any) -> bool:
        return bool(conn.execute(here).rowcount)

    return prowess.database.write(commit)


def _mac(prowess: Prowess, said: bytes) -> bytes:
    return hmac.digest(server_secret(prowess.database, prowess.ids, "digests"), said, "sha256")
