"""Signed statements: which signatures are let in, which are refused, and what may be said of them."""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from lrs.errors import BadRequest
from lrs.xapi.signatures import MAX_CERTIFICATES, SignatureInvalid, Verdict, check_signature, unsigned
from lrs.xapi.versions import Version
from lrs.xapi.vocabulary import SIGNATURE

V1, V2 = Version.V1_0_3, Version.V2_0
HASHES: Mapping[str, Any] = {"RS256": hashes.SHA256, "RS384": hashes.SHA384, "RS512": hashes.SHA512}
STATEMENT: dict[str, Any] = {
    "id": "fd41c918-b88b-4b20-a0a5-a4c32391aaa0",
    "actor": {"objectType": "Agent", "mbox": "mailto:ada@example.org"},
    "verb": {"id": "http://adlnet.gov/expapi/verbs/passed", "display": {"en": "passed"}},
    "object": {"id": "https://x.example/exam", "definition": {"name": {"en": "Exam"}}},
    "result": {"duration": "PT1H0.12S", "score": {"raw": 7}},
    "timestamp": "2026-03-01T12:00:00.000Z",
}


@cache
def key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


@cache
def other_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(of: Any) -> str:
    """A certificate for a key, as x5c spells it; it expired long ago, which is nobody's business here."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Ada")])
    made = (
        x509.CertificateBuilder(name, name, of.public_key(), 7)
        .not_valid_before(datetime(2020, 1, 1))
        .not_valid_after(datetime(2021, 1, 1))
        .sign(key(), hashes.SHA256())
    )
    return base64.b64encode(made.public_bytes(serialization.Encoding.DER)).decode()


def packed(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def jws(payload: Any = STATEMENT, header: Any = None, *, by: rsa.RSAPrivateKey | None = None, **more: Any) -> bytes:
    header = {"alg": "RS256", **more} if header is None else header
    head = packed(header if isinstance(header, bytes) else json.dumps(header).encode())
    content = packed(payload if isinstance(payload, bytes) else json.dumps(payload).encode())
    algorithm = HASHES.get(str(header.get("alg")) if isinstance(header, dict) else "", hashes.SHA256)()
    made = (by or key()).sign(head + b"." + content, padding.PKCS1v15(), algorithm)
    return b".".join((head, content, packed(made)))


def sent(**changes: Any) -> dict[str, Any]:
    """The statement as it arrives, with its signature among the attachments; None leaves a member out."""
    mark = {
        "usageType": SIGNATURE, "display": {"en": "Signature"}, "contentType": "application/octet-stream",
        "length": 1, "sha2": "a" * 64,
    }  # fmt: skip
    changes = {"attachments": [mark], **changes}
    changes["attachments"] = (
        changes["attachments"] if mark in changes["attachments"] else [*changes["attachments"], mark]
    )
    return {name: value for name, value in {**STATEMENT, **changes}.items() if value is not None}


def statement(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**STATEMENT, **changes}.items() if value is not None}


OTHER = {
    "usageType": "https://x.example/photo", "display": {"en": "Photo"}, "contentType": "image/png", "length": 3,
    "sha2": "b" * 64, "fileUrl": "https://x.example/p.png",
}  # fmt: skip


@pytest.mark.parametrize("version", [V1, V2])
@pytest.mark.parametrize("alg", ["RS256", "RS384", "RS512"])
def test_id_00117_three_algorithms_are_let_in_and_s_35_without_a_certificate_nothing_is_verified(
    alg: str, version: Version
) -> None:
    assert check_signature(jws(alg=alg), sent(), version) is Verdict.WELL_FORMED
    assert check_signature(jws(alg=alg, by=other_key()), sent(), version) is Verdict.WELL_FORMED


@pytest.mark.parametrize("alg", ["RS256", "RS384", "RS512"])
def test_s_34_the_first_certificate_verifies(alg: str) -> None:
    chain = [certificate(key()), certificate(other_key())]
    assert check_signature(jws(alg=alg, x5c=chain), sent(), V1) is Verdict.VERIFIED


def test_d_07_addresses_of_keys_are_neither_followed_nor_believed() -> None:
    own = key().public_key().public_numbers()
    named = {
        "jku": "http://127.0.0.1:9/keys",
        "x5u": "http://127.0.0.1:9/chain",
        "jwk": {"kty": "RSA", "n": packed(own.n.to_bytes(256, "big")).decode(), "e": "AQAB"},
        "kid": "1",
        "typ": "JWS",
    }
    assert check_signature(jws(**named), sent(), V1) is Verdict.WELL_FORMED


def forged_with_public_key() -> bytes:
    """HS256 keyed with the public key: what a library that trusts `alg` takes for RS256."""
    pem = key().public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    signed = packed(b'{"alg":"HS256"}') + b"." + packed(json.dumps(STATEMENT).encode())
    return signed + b"." + packed(hmac.new(pem, signed, hashlib.sha256).digest())


def elliptic() -> bytes:
    signed = packed(b'{"alg":"ES256"}') + b"." + packed(json.dumps(STATEMENT).encode())
    made = ec.generate_private_key(ec.SECP256R1()).sign(signed, ec.ECDSA(hashes.SHA256()))
    r, s = utils.decode_dss_signature(made)
    return signed + b"." + packed(r.to_bytes(32, "big") + s.to_bytes(32, "big"))


def tampered() -> bytes:
    head, _, made = jws(x5c=[certificate(key())]).split(b".")
    return b".".join((head, packed(json.dumps({**STATEMENT, "stored": STATEMENT["timestamp"]}).encode()), made))


ELLIPTIC_KEY = ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize(
    ("bad", "rule"),
    [
        pytest.param(b"", "XAPI-00115", id="00115-nothing"),
        pytest.param(b"signed, Ada", "XAPI-00115", id="00115-no-JWS"),
        pytest.param(b"a.b", "XAPI-00115", id="00115-two-parts"),
        pytest.param(jws() + b".x", "XAPI-00115", id="00115-four-parts"),
        pytest.param(jws() + b"\n", "XAPI-00115", id="00115-a-line-end-behind"),
        pytest.param(b"=" + jws(), "XAPI-00115", id="00115-padding"),
        pytest.param(jws().replace(b".", b"+.", 1), "XAPI-00115", id="00115-other-alphabet"),
        pytest.param(jws()[:-1] + b"B", "XAPI-00115", id="00115-bits-left-over"),
        pytest.param(b"abcde" + jws()[jws().index(b".") :], "XAPI-00115", id="00115-impossible-length"),
        pytest.param(json.dumps({"payload": "", "signatures": []}).encode(), "XAPI-00115", id="T-15-JSON-form"),
        pytest.param(jws(header=b"[]"), "XAPI-00115", id="00115-header-is-no-object"),
        pytest.param(jws(header={}), "XAPI-00117", id="00117-no-alg"),
        pytest.param(jws(alg="none"), "XAPI-00117", id="00117-none-with-a-signature"),
        pytest.param(jws(alg="none").rpartition(b".")[0] + b".", "XAPI-00115", id="00117-none-without"),
        pytest.param(forged_with_public_key(), "XAPI-00117", id="00117-HS256-with-the-public-key"),
        pytest.param(elliptic(), "XAPI-00117", id="00117-ES256"),
        pytest.param(jws(alg="PS256"), "XAPI-00117", id="00117-PS256"),
        pytest.param(jws(alg="rs256"), "XAPI-00117", id="00117-lower-case"),
        pytest.param(jws(alg=["RS256"]), "XAPI-00117", id="00117-a-list"),
        pytest.param(jws(crit=["exp"], exp=1), "D-07", id="D-07-crit"),
        pytest.param(jws(crit=[]), "D-07", id="D-07-empty-crit"),
        pytest.param(jws(note="x" * 70_000), "D-07", id="D-07-endless-header"),
        pytest.param(jws(by=key(1024)), "XAPI-00117", id="1024-bit-key"),
        pytest.param(jws(by=key(1024), x5c=[certificate(key(1024))]), "XAPI-00117", id="S-34-1024-bit-certificate"),
        pytest.param(jws(x5c=[certificate(other_key())]), "S-34", id="S-34-somebody-else's-certificate"),
        pytest.param(jws(x5c=[certificate(other_key()), certificate(key())]), "S-34", id="S-34-only-the-first-counts"),
        pytest.param(jws(x5c=[certificate(ELLIPTIC_KEY)]), "S-34", id="S-34-elliptic-certificate"),
        pytest.param(jws(x5c=[certificate(key(1024))]), "S-34", id="S-34-certificate-of-a-short-key"),
        pytest.param(tampered(), "S-34", id="S-34-payload-changed-after-signing"),
        pytest.param(jws(x5c=[]), "S-34", id="S-34-no-certificate-in-the-list"),
        pytest.param(jws(x5c=certificate(key())), "S-34", id="S-34-no-list"),
        pytest.param(jws(x5c=None), "S-34", id="S-34-null"),
        pytest.param(jws(x5c=[7]), "S-34", id="S-34-a-number"),
        pytest.param(jws(x5c=["!"]), "S-34", id="S-34-not-base64"),
        pytest.param(jws(x5c=["AAA"]), "S-34", id="S-34-half-base64"),
        pytest.param(jws(x5c=["AAAA"]), "S-34", id="S-34-no-certificate"),
        pytest.param(jws(x5c=[certificate(key())] * (MAX_CERTIFICATES + 1)), "S-34", id="S-34-endless-chain"),
        pytest.param(jws(statement(verb={"id": "https://x.example/failed"})), "S-33", id="S-33-another-verb"),
        pytest.param(jws(statement(result=None)), "S-33", id="S-33-a-result-less"),
        pytest.param(jws(statement(attachments=[OTHER])), "S-33", id="S-33-an-attachment-more"),
        pytest.param(jws(statement(result={"duration": "PT1H0.13S", "score": {"raw": 7}})), "S-33", id="S-33-0.01-s"),
        pytest.param(jws(statement(timestamp="2026-03-01T12:00:01Z")), "S-33", id="S-33-another-moment"),
        pytest.param(jws(statement(id="fd41c918-b88b-4b20-a0a5-a4c32391aaa1")), "S-33", id="S-33-another-id"),
    ],
)  # fmt: skip
def test_what_is_refused(bad: bytes, rule: str) -> None:
    with pytest.raises(SignatureInvalid) as caught:
        check_signature(bad, sent(), V1)
    assert (caught.value.status, caught.value.extra["rule"]) == (400, rule)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(jws(b"{'a': 1}"), id="00116-payload-is-no-JSON"),
        pytest.param(jws(b"\xff"), id="00116-payload-is-no-text"),
        pytest.param(jws(b'{"a":1,"a":2}'), id="00116-a-key-twice"),
        pytest.param(jws([STATEMENT]), id="00116-payload-is-an-array"),
        pytest.param(jws({}), id="00116-payload-is-no-statement"),
        pytest.param(jws(statement(extra=1)), id="00116-payload-with-an-unknown-property"),
        pytest.param(jws(header=b"{'alg':1}"), id="D-07-header-is-no-JSON"),
        pytest.param(jws(header=b'{"alg":"RS256","alg":"none"}'), id="D-07-alg-twice"),
        pytest.param(jws(header=b"[" * 5_000), id="D-07-deep-header"),
    ],
)
def test_what_cannot_be_read_is_refused(bad: bytes) -> None:
    with pytest.raises(BadRequest):
        check_signature(bad, sent(), V1)


@pytest.mark.parametrize("version", [V1, V2])
@pytest.mark.parametrize(
    ("payload", "arrives"),
    [
        pytest.param(statement(id=None), sent(), id="S-68-id-given-later"),
        pytest.param(statement(timestamp=None), sent(), id="S-68-timestamp-given-later"),
        pytest.param(statement(timestamp="2026-03-01T13:00:00+01:00"), sent(), id="S-68-same-instant"),
        pytest.param(statement(), sent(authority={"mbox": "mailto:lrs@x.example"}, version="1.0.0"), id="S-68-completed"),
        pytest.param(statement(verb={"id": STATEMENT["verb"]["id"]}), sent(), id="S-68-verb-display"),
        pytest.param(statement(object={"id": "https://x.example/exam"}), sent(), id="S-68-definition"),
        pytest.param(statement(result={"duration": "PT1H0.1237S", "score": {"raw": 7.0}}), sent(), id="T-15-duration"),
        pytest.param(statement(attachments=[OTHER]), sent(attachments=[OTHER]), id="S-33-beside-another-attachment"),
        pytest.param(statement(attachments=[]), sent(), id="S-33-no-attachment-and-none-is-the-same"),
    ],
)  # fmt: skip
def test_s_33_what_counts_as_the_statement_that_was_signed(
    payload: dict[str, Any], arrives: dict[str, Any], version: Version
) -> None:
    assert check_signature(jws(payload), arrives, version) is Verdict.WELL_FORMED


def test_2_0_looks_at_neither_id_nor_timestamp() -> None:
    payload = statement(id="fd41c918-b88b-4b20-a0a5-a4c32391aaa1", timestamp="2020-01-01T00:00:00Z")
    assert check_signature(jws(payload), sent(), V2) is Verdict.WELL_FORMED


def test_two_people_may_sign_one_statement() -> None:
    arrives = sent()
    arrives["attachments"] = [copy.deepcopy(arrives["attachments"][0]) for _ in range(2)]
    assert unsigned(arrives) == STATEMENT
    assert check_signature(jws(by=other_key()), arrives, V1) is Verdict.WELL_FORMED


@given(st.data())
def test_one_changed_character_never_leaves_a_signature_verified(data: st.DataObject) -> None:
    whole = SIGNED
    place = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.sampled_from([c for c in b"AZaz09-_.=" if c != whole[place]]))
    verdict = None
    with suppress(BadRequest):
        verdict = check_signature(whole[:place] + bytes([other]) + whole[place + 1 :], sent(), V1)
    assert verdict is not Verdict.VERIFIED, "a header whose x5c is misspelt is one without a certificate, no more"


SIGNED = jws(x5c=[certificate(key())])
