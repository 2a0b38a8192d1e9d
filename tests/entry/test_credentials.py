"""External certificates: a file comes along, a reviewer answers for them, and nobody reviews their own."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import requests

from lrs.web.accounts import change_account
from rules import vocabulary as v
from tests.entry.desk import Office, fill_in, sound
from tests.web.browser import Browser

PDF = b"%PDF-1.7 a certificate"
CARD = {
    "activity": "pit-operator",
    "issuer": "Pit Board",
    "issued_on": "2025-01-01",
    "expires_on": "2027-01-01",
    "number": "PB-7",
}
TOLD = {"issuer": "Pit Board", "issued_on": "2025-01-01", "expires_on": "2027-01-01", "number": "PB-7"}


def hand_in(
    browser: Browser, path: str = "/credentials", file: tuple[str, bytes] | None = ("card.pdf", PDF), **changes: Any
) -> requests.Response:
    page = browser.page(path)
    fields = {name: page.hidden(name) for name in ("csrf", "nonce", "person")}
    return browser.session.post(
        browser.url + "/credentials",
        data={**fields, **CARD, **changes},
        files={"file": (*file, "text/html")} if file else {},
        timeout=20,
        allow_redirects=False,
    )


def waiting(browser: Browser) -> str:
    links = [str(link["href"]) for link in browser.page("/credentials/review").all("a")]
    return next(link for link in links if link.startswith("/credentials/review/"))


def test_from_handing_in_to_accepting(each_office: Office) -> None:
    ada, root = each_office.browser("ada"), each_office.browser("root")
    done = hand_in(ada)
    assert done.status_code == 303, done.text
    page = sound(ada.get(done.headers["Location"]).text)
    assert "Pit operator, Pit Board" in page.words
    assert "waiting" in page.words
    (said,) = each_office.statements()
    assert said["verb"]["id"] == v.PRESENTED
    assert said["result"] == {"extensions": {v.CREDENTIAL_EXTENSION: TOLD}}
    assert "instructor" not in said["context"]
    (attachment,) = said["attachments"]
    assert (attachment["usageType"], attachment["contentType"]) == (v.CREDENTIAL_USAGE, "application/pdf")
    path = waiting(root)
    one = sound(root.get(path).text)
    assert "Ada Byron" in one.words
    download = next(str(link["href"]) for link in one.all("a") if "/attachments/" in str(link["href"]))
    assert root.get(download).content == PDF
    assert fill_in(root, path).status_code == 400
    assert "needs a reason" in fill_in(root, path, verdict="decline").text
    assert fill_in(root, path, verdict="accept").status_code == 303
    _, accepted = each_office.statements()
    assert accepted["verb"]["id"] == v.ACCEPTED
    assert accepted["actor"] == said["actor"]
    assert accepted["object"] == said["object"]
    assert accepted["result"] == {"extensions": {v.CREDENTIAL_EXTENSION: TOLD}}
    assert accepted["context"]["statement"] == {"objectType": "StatementRef", "id": said["id"]}
    assert accepted["context"]["instructor"]["account"]["name"] == "root"
    queue = sound(root.get("/credentials/review").text)
    assert "Nothing waits" in queue.words
    assert "accepted" in queue.words
    token = root.page("/enter").hidden("csrf")
    assert root.post(path, csrf=token, nonce="other", verdict="decline", reason="x").status_code == 409
    assert "accepted" in sound(ada.get("/credentials").text).words


def queue(browser: Browser, path: str = "/credentials/review") -> tuple[list[str], str | None]:
    """The ids that are listed, and where the next page is."""
    page = sound(browser.get(path).text)
    links = [str(link["href"]) for link in page.all("a")]
    listed = [link.rpartition("/")[2] for link in links if link.startswith("/credentials/review/")]
    return listed, next((link for link in links if "after=" in link), None)


def test_of_more_than_200_certificates_the_oldest_were_never_reviewed(each_office: Office) -> None:
    root = each_office.browser("root")
    sent = [
        {
            "id": str(uuid4()),
            "actor": {"mbox": f"mailto:{'ada' if number % 2 else 'bob'}@example.org"},
            "verb": {"id": v.PRESENTED},
            "object": {"id": "https://lms.example/pit-operator"},
            "result": {"extensions": {v.CREDENTIAL_EXTENSION: TOLD}},
        }
        for number in range(205)
    ]
    ids = [str(one["id"]) for one in sent]
    void = {
        "actor": {"mbox": "mailto:root@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": ids[1]},
    }
    with each_office.served.session() as session:
        for some in (sent, [void]):
            assert session.post(f"{each_office.served.xapi}/statements", json=some, timeout=20).status_code == 200
    first, following = queue(root)
    assert first == [ids[0], *ids[2:101]]
    assert following is not None
    second, following = queue(root, following)
    assert second == ids[101:201]
    assert following is not None
    assert queue(root, following) == (ids[201:], None)
    assert fill_in(root, f"/credentials/review/{ids[0]}", verdict="accept").status_code == 303
    assert queue(root)[0] == ids[2:102]
    assert "Nothing that came later waits" in root.get(f"/credentials/review?after={10**16}").text
    assert root.get("/credentials/review?after=x").status_code == 400
    change_account(each_office.served.prowess, "root", person="ada")
    assert queue(root)[0] == ids[2:202:2], "not one's own"


def test_the_learner_reads_why_it_was_declined(office: Office) -> None:
    ada, root = office.browser("ada"), office.browser("root")
    hand_in(ada)
    path = waiting(root)
    fill_in(root, path, verdict="decline", reason="The date cannot be read")
    assert "root: The date cannot be read" in sound(ada.get("/credentials").text).words


def test_a_file_is_what_its_first_bytes_say(office: Office) -> None:
    ada = office.browser("ada")
    for file, changes, why in (
        (("card.pdf", b"<script>alert(1)</script>"), {}, "neither PDF nor JPEG nor PNG"),
        (None, {}, "the certificate itself is missing"),
        (("card.pdf", PDF), {"issuer": " "}, "say who gave it out"),
        (("card.pdf", PDF), {"expires_on": "2024-01-01"}, "before it was issued"),
        (("card.pdf", PDF), {"activity": "only-moodle"}, "has no IRI that everybody may use"),
        (("card.pdf", PDF), {"activity": ""}, "say what it stands for"),
        (("card.pdf", b"%PDF-" + b"x" * 10 * 1024 * 1024), {}, "larger than 10 MiB"),
    ):
        answer = hand_in(ada, file=file, **changes)
        assert answer.status_code == 400, why
        assert why.lower() in sound(answer.text).words.lower()
    assert office.statements() == []
    assert hand_in(ada, file=("..\\..\\<b>.png", b"\x89PNG\r\n\x1a\n...")).status_code == 303
    assert office.statements()[0]["attachments"][0]["contentType"] == "image/png"


def test_who_hands_in_for_whom_and_nobody_reviews_their_own(office: Office) -> None:
    grace, root = office.browser("grace"), office.browser("root")
    assert hand_in(grace, "/credentials?person=ada").status_code == 303
    (said,) = office.statements()
    assert said["actor"]["name"] == "Ada Byron"
    assert said["context"]["instructor"]["name"] == "Grace Hopper"
    assert grace.get("/credentials?person=olga").status_code == 403
    ada = office.browser("ada")
    assert ada.get("/credentials?person=bob").status_code == 403
    assert ada.get("/credentials/review").status_code == 403
    assert ada.get(waiting(root)).status_code == 403
    assert "Whose certificate" in sound(root.get("/credentials").text).words
    change_account(office.served.prowess, "root", person="ada")
    assert root.get(f"/credentials/review/{said['id']}").status_code == 403
    assert "Nothing waits" in sound(root.get("/credentials/review").text).words
