"""Attachments on a statement's page: said plainly, judged honestly, and given out as a download only."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lrs.web.accounts import create_account
from lrs.xapi.vocabulary import SIGNATURE
from tests.http.attached import JSON_HEAD, attachment, body_of, data, sha2
from tests.store.sending import statement, void
from tests.web.browser import Browser
from tests.xapi.test_signatures import certificate, jws, key

PASSWORD = "a quiet morning walk"
EVIL = b"<!doctype html><script>alert(document.cookie)</script>"
CANARY = '"><script>alert(1)</script><img src=x onerror=alert(1)>'


@pytest.fixture
def served(serve: Callable[..., Any], database_url: str) -> Any:
    served = serve(database_url)
    create_account(served.prowess, "grace", PASSWORD, "analyst")
    return served


@pytest.fixture
def browser(served: Any) -> Browser:
    browser = Browser(served.url)
    browser.sign_in("grace", PASSWORD)
    return browser


def send(served: Any, one: dict[str, Any], *contents: bytes) -> str:
    body = body_of([(JSON_HEAD, json.dumps(one).encode()), *[data(content) for content in contents]], "b-1")
    with served.session() as session:
        headers = {"Content-Type": "multipart/mixed; boundary=b-1", "Connection": "close"}
        answer = session.post(f"{served.xapi}/statements", data=body, headers=headers, timeout=20)
    assert answer.status_code == 200, answer.text
    return str(answer.json()[0])


def signature(made: bytes) -> dict[str, Any]:
    return attachment(made, usageType=SIGNATURE, contentType="application/octet-stream", display={"en": "Signature"})


def test_reliability_28_whatever_was_attached_is_only_ever_a_download(served: Any, browser: Browser) -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
    one = statement(
        attachments=[
            attachment(EVIL, contentType="text/html", display={"en": CANARY}),
            attachment(svg, contentType="image/svg+xml"),
            attachment(b"%PDF", contentType="application/pdf; x=y"),
            attachment(b"else", fileUrl="javascript:alert(1)"),
        ]
    )
    id_ = send(served, one, EVIL, svg, b"%PDF")
    page = browser.page(f"/statements/{id_}")
    assert page.faults == []
    assert CANARY in page.words
    links = [link["href"] for link in page.all("a") if "/attachments/" in (link["href"] or "")]
    assert links == [f"/statements/{id_}/attachments/{sha2(content)}" for content in (EVIL, svg, b"%PDF")]
    endings = []
    for link, content in zip(links, (EVIL, svg, b"%PDF"), strict=True):
        answer = browser.get(str(link))
        assert answer.content == content
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
        disposition = answer.headers["Content-Disposition"]
        assert disposition.startswith('attachment; filename="')
        endings.append(disposition.rpartition(".")[2] if "." in disposition else "")
    assert endings == ["", "", 'pdf"']


def test_the_page_tells_what_is_held_and_how_large_it_is(served: Any, browser: Browser) -> None:
    there = attachment(b"12345", fileUrl="https://x.example/file.mp4", contentType="video/mp4", display={"en": "Film"})
    id_ = send(served, statement(attachments=[attachment(b"123", display={"en": "Photo"}), there]), b"123")
    words = browser.page(f"/statements/{id_}").words
    assert "Photo text/plain 3 Download" in words
    assert "Film video/mp4 5 not held; said to be at https://x.example/file.mp4" in words
    assert "Attachments" not in browser.page(f"/statements/{send(served, statement())}").words


def test_s_35_a_signature_without_a_certificate_is_never_called_verified(served: Any, browser: Browser) -> None:
    one = statement()
    made = jws(one)
    words = browser.page(f"/statements/{send(served, {**one, 'attachments': [signature(made)]}, made)}").words
    assert "Download well-formed" in words
    assert "came without a certificate, so nobody can say who signed" in words
    assert "verified" not in words


def test_s_34_a_signature_with_its_certificate_is_verified_as_far_as_that_goes(served: Any, browser: Browser) -> None:
    one = statement()
    made = jws(one, x5c=[certificate(key())])
    words = browser.page(f"/statements/{send(served, {**one, 'attachments': [signature(made)]}, made)}").words
    assert "Download verified" in words
    assert "whose certificate that is was not checked" in words
    assert "well-formed" not in words


def test_data_that_was_lost_is_judged_by_nobody(served: Any, browser: Browser) -> None:
    one = statement()
    made = jws(one, x5c=[certificate(key())])
    id_ = send(served, {**one, "attachments": [signature(made)]}, made)
    from lrs.store.blobs.contract import BlobKey
    from tests.store.test_attachments import key_of

    prowess = served.prowess
    name: BlobKey = key_of(made)
    prowess.database.write(lambda conn: prowess.attachments._blobs.remove(name, conn))
    words = browser.page(f"/statements/{id_}").words
    assert "unknown" in words
    assert "verified" not in words


def test_a_voided_statement_and_a_substatement_show_theirs_too(served: Any, browser: Browser) -> None:
    sub = statement(attachments=[attachment(b"plan", display={"en": "The plan"})])
    del sub["id"]
    id_ = send(served, statement(object={**sub, "objectType": "SubStatement"}), b"plan")
    send(served, void(id_))
    assert "The plan text/plain 4 Download" in browser.page(f"/statements/{id_}").words
    assert browser.get(f"/statements/{id_}/attachments/{sha2(b'plan').upper()}").content == b"plan"


def test_what_is_not_there_is_404_and_strangers_are_sent_to_sign_in(served: Any, browser: Browser) -> None:
    id_ = send(served, statement(attachments=[attachment(b"x")]), b"x")
    other = send(served, statement())
    assert browser.get(f"/statements/{id_}/attachments/{'b' * 64}").status_code == 404
    assert browser.get(f"/statements/{other}/attachments/{sha2(b'x')}").status_code == 404
    assert browser.get(f"/statements/{id_}/attachments/..%2f..%2fetc%2fpasswd").status_code == 404
    assert Browser(served.url).get(f"/statements/{id_}/attachments/{sha2(b'x')}").status_code == 303
