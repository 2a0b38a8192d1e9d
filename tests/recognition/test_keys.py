"""The keys that sign badges: made once, rotated without a gap, forgotten when they were stolen."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from sqlalchemy import delete, select

from lrs.errors import Conflict, NotFound
from lrs.store import audit
from lrs.store import tables as t
from rules.recognition.keys import Key, Keys
from tests.entry.desk import Office
from tests.recognition.scene import ROOT, badge_of, badges_in, earn
from tests.recognition.test_verified import fetching, now_of
from tests.recognition.verifying import Refused, decoded, verified

RFC_7638 = (
    "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs"
    "tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5haj"
    "rn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
)


def test_a_key_is_named_as_rfc_7638_says() -> None:
    public = RSAPublicNumbers(65_537, int.from_bytes(decoded(RFC_7638), "big")).public_key()
    assert Key(1, public, None).id == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_what_an_old_key_signed_verifies_after_a_rotation(each_office: Office) -> None:
    earn(each_office)
    badges, badge = badges_in(each_office), badge_of(each_office)
    old = badges.signed(badge)
    before = badges.keys.signing()
    after = badges.keys.rotate()
    assert after.id != before.id
    new = badges.signed(badge)
    assert new != old
    for token, key in ((old, before), (new, after)):
        verified(token, fetching(each_office), now_of(each_office))
        assert json.loads(decoded(token.split(".")[0]))["kid"] == f"{ROOT}/badges/keys/{key.id}"
    assert old.split(".")[1] == new.split(".")[1], "it is the same badge under another signature"
    found = requests.get(f"{each_office.served.url}/badges/keys", timeout=20).json()["keys"]
    assert [one["kid"].rpartition("/")[2] for one in found] == [after.id, before.id]
    assert not any("d" in one for one in found)
    acts = [line.action for line in audit.lines(each_office.served.prowess.database, 1, limit=5)]
    assert "badges.key.rotate" in acts


def test_the_private_half_of_an_old_key_is_gone(office: Office) -> None:
    badges_in(office).keys.rotate()
    query = select(t.server_secret.c.value).where(t.server_secret.c.name.startswith("badge-key-"))
    with office.served.prowess.database.read() as conn:
        kept = conn.scalars(query.order_by(t.server_secret.c.name)).all()
    assert [b"PRIVATE" in one for one in kept] == [False, True]


def test_nothing_that_a_forgotten_key_signed_is_trusted(office: Office) -> None:
    earn(office)
    badges = badges_in(office)
    old, stolen = badges.signed(badge_of(office)), badges.keys.signing()
    with pytest.raises(Conflict, match="signs badges now"):
        badges.keys.forget(stolen.id)
    badges.keys.rotate()
    badges.keys.forget(stolen.id)
    with pytest.raises((Refused, AssertionError)):
        verified(old, fetching(office), now_of(office))
    verified(badges.signed(badge_of(office)), fetching(office), now_of(office))
    with pytest.raises(NotFound):
        badges.keys.forget(stolen.id)


def test_the_first_badge_makes_the_first_key_and_no_other_makes_another(office: Office, tmp_path: Path) -> None:
    prowess = office.served.prowess
    prowess.database.write(
        lambda conn: conn.execute(delete(t.server_secret).where(t.server_secret.c.name.startswith("badge-key-")))
    )
    assert Keys(prowess).all() == []
    earn(office)
    badges_in(office).signed(badge_of(office))
    (made,) = Keys(prowess).all()
    assert Keys(prowess).signing().id == made.id
