"""Badges as others see them: verifiers that share no code with what makes them, over HTTP."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
import requests
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from openbadgeslib.ob3.verifier import OB3VerificationError, OB3Verifier

from lrs.clock import to_datetime
from tests.conftest import Served
from tests.entry.desk import Office
from tests.pages.scene import said, score, send
from tests.recognition.scene import ROOT, badge_of, badges_in, badges_template, earn, later, open_badges, void
from tests.recognition.verifying import Refused, verified
from tests.servers import sqlite_at


def fetching(office: Office) -> Callable[[str], bytes]:
    """What stands at a public address, asked of the server that is there in its place."""

    def fetch(address: str) -> bytes:
        assert address.startswith(ROOT), address
        answer = requests.get(office.served.url + address.removeprefix(ROOT), timeout=20)
        assert answer.status_code == 200, (address, answer.text)
        return answer.content

    return fetch


def now_of(office: Office) -> datetime:
    return to_datetime(office.served.prowess.clock.now())


def test_a_badge_is_verified_by_what_its_texts_say(each_office: Office) -> None:
    earn(each_office)
    fetch = fetching(each_office)
    token = fetch(f"{ROOT}/badges/credentials/{badge_of(each_office).token}").decode()
    found = verified(token, fetch, now_of(each_office), "bob@example.org")
    assert found["credentialSubject"]["achievement"]["name"] == "Counterbalance forklift"
    with pytest.raises(Refused, match="somebody else"):
        verified(token, fetch, now_of(each_office), "ada@example.org")
    with pytest.raises(Refused, match="expired"):
        verified(token, fetch, datetime(2027, 6, 14, 23, 0, tzinfo=UTC))
    verified(token, fetch, datetime(2027, 6, 14, 22, 59, 59, tzinfo=UTC))
    with pytest.raises(Refused, match="not valid yet"):
        verified(token, fetch, datetime(2026, 6, 13, 22, 59, 59, tzinfo=UTC))


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_badge_in_which_a_letter_was_changed_is_refused(office: Office, part: int) -> None:
    earn(office)
    parts = badges_in(office).signed(badge_of(office)).split(".")
    place = len(parts[part]) // 2
    parts[part] = parts[part][:place] + ("A" if parts[part][place] != "A" else "B") + parts[part][place + 1 :]
    with pytest.raises((Refused, ValueError)):
        verified(".".join(parts), fetching(office), now_of(office))


def test_what_it_was_built_on_was_taken_back_and_every_verifier_hears_of_it(each_office: Office) -> None:
    _, exam = earn(each_office)
    fetch = fetching(each_office)
    token = badges_in(each_office).signed(badge_of(each_office))
    verified(token, fetch, now_of(each_office))
    void(each_office, exam)
    later(each_office, days=301 / 86_400)
    with pytest.raises(Refused, match="revoked"):
        verified(token, fetch, now_of(each_office))


def test_the_picture_holds_the_same_badge(office: Office) -> None:
    earn(office)
    token = badge_of(office).token
    drawn = ET.fromstring(fetching(office)(f"{ROOT}/badges/credentials/{token}.svg"))  # noqa: S314 - of our own server
    (baked,) = drawn.iter("{https://purl.imsglobal.org/ob/v3p0}credential")
    assert baked.get("verify") == badges_in(office).signed(badge_of(office))
    assert next(iter(drawn)) is baked, "it stands directly after <svg>"


@pytest.fixture
def today(serve: Callable[..., Served], tmp_path: Path) -> Office:
    """An office of an hour ago: the library goes by the machine's clock."""
    begin = datetime.now(UTC) - timedelta(hours=1)
    office = open_badges(serve, sqlite_at(tmp_path / "store.db", badges_template), now=begin)
    ago = (datetime.now(UTC) - timedelta(days=20)).date().isoformat()
    send(office, said("bob", "passed", "theory", ago), said("bob", "passed", "exam", ago, **score(0.92)))
    return office


def test_a_library_that_is_not_ours_verifies_the_badge_and_its_status(today: Office) -> None:
    fetch = fetching(today)
    badge, badges = badge_of(today), badges_in(today)
    key = badges.keys.signing().public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    verifier = OB3Verifier(key)
    token = fetch(f"{ROOT}/badges/credentials/{badge.token}").decode()
    found = verifier.verify(token, check_status=True, download=fetch)
    assert found.id == f"{ROOT}/badges/credentials/{badge.token}"
    assert found.issuer.name == "Example Forwarding Ltd"
    assert verifier.extract_token_from_svg(fetch(f"{ROOT}/badges/credentials/{badge.token}.svg")) == token
    void(today, next(iter(badge.issued.document["proof"]["of"][0]["of"][0]["of"][1]["used"])))
    later(today, days=301 / 86_400)
    with pytest.raises(OB3VerificationError, match="revocation"):
        verifier.verify(token, check_status=True, download=fetch)
    head, body, signature = token.split(".")
    with pytest.raises(OB3VerificationError, match="signature"):
        verifier.verify(f"{head}.{body}.{'A' * len(signature)}")
