"""The webhook: what a receiver can rely on."""

from __future__ import annotations

import hashlib
import hmac

import pytest

from connectors.errors import BadSignature
from connectors.outbox import State
from connectors.webhook import signature, verify_signature
from lrs.clock import SECOND

SECRET, BODY, AT = "a secret of the receiver", b'{"id":"x"}', 1_795_521_600


def test_the_signature_is_hmac_sha256_over_time_and_body():
    expected = hmac.new(SECRET.encode(), b"1795521600." + BODY, hashlib.sha256).hexdigest()
    assert signature(SECRET, BODY, AT) == f"t=1795521600,v1={expected}"
    verify_signature(SECRET, signature(SECRET, BODY, AT), BODY, now=AT)
    verify_signature(SECRET, signature(SECRET, BODY, AT), BODY, now=AT + 300)


@pytest.mark.parametrize(
    ("header", "body", "now"),
    [
        (signature(SECRET, BODY, AT), b'{"id":"y"}', AT),
        (signature("another secret, not ours", BODY, AT), BODY, AT),
        (signature(SECRET, BODY, AT), BODY, AT + 301),
        (signature(SECRET, BODY, AT), BODY, AT - 301),
        (signature(SECRET, BODY, AT).replace(str(AT), str(AT + 1)), BODY, AT),
        ("", BODY, AT),
        ("t=now,v1=00", BODY, AT),
        (f"t={AT}", BODY, AT),
        (f"t={AT},t={AT},v1=00", BODY, AT),
        (f"t={AT},v1=é", BODY, AT),
    ],
    ids=["body", "secret", "old", "future", "time", "empty", "no number", "no v1", "two times", "not ascii"],
)
def test_anything_else_is_refused(header, body, now):
    with pytest.raises(BadSignature):
        verify_signature(SECRET, header, body, now=now)


def test_a_receiver_may_be_given_two_signatures_while_a_secret_changes():
    both = f"{signature('the old secret of before', BODY, AT)},{signature(SECRET, BODY, AT).split(',')[1]}"
    verify_signature(SECRET, both, BODY, now=AT)


def test_a_retry_sends_the_same_body_and_key_under_a_new_signature(house):
    bodies = []
    webhook = house.standin.webhook

    def note(body, headers):
        bodies.append((body, headers["Idempotency-Key"], headers["Prowess-Event"], headers["Prowess-Signature"]))
        return webhook(body, headers)

    house.standin.webhook = note
    house.fault("drop_after", on="webhook")
    house.emit("awarded", program="ladder")
    house.work()
    house.clock.move(seconds=10)
    house.send()
    assert house.only("hr").state is State.SENT
    (first, second) = bodies
    assert first[:3] == second[:3]
    assert first[2] == "awarded"
    assert first[3] != second[3]
    assert house.seen()["counts"]["events"] == 1
    assert set(house.seen()["effects"].values()) == {1}


@pytest.mark.parametrize(("status", "state"), [(410, State.DEAD), (400, State.DEAD), (409, State.PENDING)])
def test_what_the_receiver_may_answer(house, status, state):
    house.fault("status", status=status, on="webhook")
    house.emit("awarded", program="ladder")
    house.work()
    assert (house.only("hr").state, house.only("hr").remote_status) == (state, status)


def test_a_wrong_secret_is_explained_by_the_stand_in_and_gives_no_message_up(house):
    """What was signed with a wrong secret, or by a wrong clock, was given up for good."""
    house.standin.webhook_secret = "something else entirely"
    house.emit("awarded", program="ladder")
    house.work()
    assert house.only("hr").state is State.PENDING
    (refusal,) = house.seen()["refusals"]
    assert refusal["why"] == "no v1 signature fits this body and secret"


def test_the_clock_of_the_signature_is_ours(house):
    house.clock.move(days=400)
    house.emit("awarded", program="ladder")
    house.work()
    assert house.only("hr").state is State.SENT
    assert house.only("hr").sent_at == house.clock.now() // SECOND * SECOND
