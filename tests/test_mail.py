"""Outgoing mail against a real SMTP server: what arrives, over which kind of line, and what each refusal means."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lrs.clock import ManualClock
from lrs.config import load_settings
from lrs.errors import ConfigError
from lrs.mail import Attachment, MailDoor, MailDown, MailError, Message
from lrs.settings import MailSettings, Secret
from lrs.xapi.timestamp import instant
from tests.smtp import Post, make_certificate, smtp_server

ROOT = Path(__file__).resolve().parents[1]
NOW = instant("2026-03-02T09:00:00Z")
MESSAGE = Message("notice-1", "ada@example.org", "Due: Forklift", "Dear Ada,\n…", "<p>Dear Ada,</p>", "Ada Bÿron")


def door(port: int, **changes: object) -> MailDoor:
    settings = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "user": None,
        "password": None,
        "sender": "Prowess <prowess@example.org>",
        "ca_file": None,
        "timeout": 5.0,
    }
    return MailDoor(MailSettings(**{**settings, **changes}), ManualClock(NOW))  # type: ignore[arg-type]


@pytest.fixture
def post() -> Iterator[Post]:
    with smtp_server() as server:
        yield server


def test_a_message_arrives_with_both_bodies_and_the_id_it_was_given(post: Post) -> None:
    door(post.port).send(MESSAGE)
    (mail,) = post.messages
    assert post.recipients == ["ada@example.org"]
    assert mail["From"] == "Prowess <prowess@example.org>"
    assert mail["To"] == "Ada Bÿron <ada@example.org>"
    assert mail["Subject"] == "Due: Forklift"
    assert mail["Message-ID"] == "<notice-1@example.org>"
    assert mail["Date"] == "Mon, 02 Mar 2026 09:00:00 +0000"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Auto-Response-Suppress"] == "OOF, AutoReply, DR, RN, NRN"
    plain, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    assert plain.get_content().splitlines() == ["Dear Ada,", "…"]
    assert html.get_content().strip() == "<p>Dear Ada,</p>"


def test_the_same_message_sent_twice_has_the_same_id(post: Post) -> None:
    for _ in range(2):
        door(post.port).send(MESSAGE)
    assert {mail["Message-ID"] for mail in post.messages} == {"<notice-1@example.org>"}


@pytest.mark.parametrize("name", ["Prowess, Ltd", "Prowess @ Work", '"Prowess, Ltd"', "Prowess"])
def test_a_sender_with_a_comma_or_an_at_in_its_name_is_still_the_sender(post: Post, name: str) -> None:
    door(post.port, sender=f"{name} <prowess@example.org>").send(MESSAGE)
    (sender,) = post.messages[0]["From"].addresses
    assert (sender.display_name, sender.addr_spec) == (name.strip('"'), "prowess@example.org")
    assert post.messages[0]["Message-ID"] == "<notice-1@example.org>"


def test_files_go_along(post: Post) -> None:
    file = Attachment("overdue.csv", "text/csv", b"a,b\n1,2\n")
    door(post.port).send(Message("k", "ada@example.org", "Report", "See the file.", attachments=(file,)))
    (sent,) = post.messages[0].iter_attachments()
    assert (sent.get_filename(), sent.get_content_type()) == ("overdue.csv", "text/csv")
    assert sent.get_payload(decode=True) == file.content


def test_a_title_with_a_line_break_adds_no_header(post: Post) -> None:
    door(post.port).send(Message("k", "ada@example.org", "Due\r\nBcc: eve@example.org", "text"))
    assert post.messages[0]["Bcc"] is None
    assert post.messages[0]["Subject"] == "Due Bcc: eve@example.org"
    assert post.recipients == ["ada@example.org"]


def test_starttls_is_demanded_and_its_certificate_checked(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with smtp_server(certificate=certificate) as post:
        door(post.port, security="starttls", ca_file=str(certificate[0])).send(MESSAGE)
        assert post.secured == [True]
        with pytest.raises(MailDown, match="SSLCertVerificationError: self-signed certificate") as caught:
            door(post.port, security="starttls").send(MESSAGE)
        assert "mail.ca_file" in str(caught.value.hint)


def test_a_server_without_starttls_gets_nothing_in_the_clear(post: Post) -> None:
    with pytest.raises(MailDown) as caught:
        door(post.port, security="starttls").send(MESSAGE)
    assert "mail.security" in str(caught.value.hint)
    assert post.messages == []


def test_tls_from_the_first_byte(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with smtp_server(certificate=certificate, tls=True) as post:
        door(post.port, security="tls", ca_file=str(certificate[0])).send(MESSAGE)
        assert len(post.messages) == 1


def test_the_server_may_ask_who_we_are(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with smtp_server(certificate=certificate, prowess="hunter2") as post:
        tls = {"security": "starttls", "ca_file": str(certificate[0]), "user": "prowess"}
        door(post.port, password=Secret("hunter2"), **tls).send(MESSAGE)
        assert len(post.messages) == 1
        with pytest.raises(MailDown) as caught:
            door(post.port, password=Secret("hunter3"), **tls).send(MESSAGE)
        assert "mail.password" in str(caught.value.hint)
        assert "hunter3" not in f"{caught.value.message} {caught.value.hint}"


@pytest.mark.parametrize(
    ("where", "answer", "kind", "retryable"),
    [
        ("RCPT", "450 4.2.1 greylisted, come back", MailError, True),
        ("RCPT", "550 5.1.1 no such user", MailError, False),
        ("DATA", "452 4.3.1 disk full", MailError, True),
        ("DATA", "554 5.7.1 spam", MailError, False),
        ("RCPT", "421 4.3.2 going down", MailDown, True),
        ("DATA", "hang up", MailDown, True),
    ],
)
def test_a_refusal_is_passing_or_final(
    post: Post, where: str, answer: str, kind: type[MailError], retryable: bool
) -> None:
    post.answers.append((where, answer))
    with pytest.raises(MailError) as caught:
        door(post.port).send(MESSAGE)
    assert (type(caught.value), caught.value.retryable) == (kind, retryable)
    door(post.port).send(MESSAGE)
    assert len(post.messages) == 1


@pytest.mark.parametrize("address", ["ada", "", "ada@", "a b@example.org", "ada@example.org\nBcc: eve@example.org"])
def test_what_is_no_address_is_refused_before_anybody_is_called(address: str) -> None:
    with pytest.raises(MailError) as caught:
        door(1).send(Message("k", address, "s", "t"))
    assert type(caught.value) is MailError
    assert not caught.value.retryable


def test_a_server_that_is_not_there_may_come_back() -> None:
    with pytest.raises(MailDown, match="ConnectionRefusedError"):
        door(1).send(MESSAGE)


def test_without_a_host_nothing_is_sent() -> None:
    assert not door(1, host=None).is_configured
    with pytest.raises(MailDown) as caught:
        door(1, host=None).send(MESSAGE)
    assert caught.value.hint == "name one in mail.host"


def test_the_settings_come_with_secrets(tmp_path: Path) -> None:
    (tmp_path / "smtp").write_text("hunter2\n")
    (tmp_path / "config.yaml").write_text(
        "mail: {host: smtp.example.org, user: prowess, password: 'file:smtp', sender: prowess@example.org}"
    )
    settings = load_settings(tmp_path / "config.yaml", environ={"PROWESS_MAIL_PORT": "25"}).mail
    assert (settings.port, settings.password) == (25, "hunter2")
    assert "hunter2" not in repr(settings)


@pytest.mark.parametrize("sender", ["prowess", "Prowess <prowess>", "a@b, c@d", "a@b\r\nBcc: c@d"])
def test_a_sender_that_is_none_is_refused(sender: str) -> None:
    with pytest.raises(ConfigError, match=r"mail\.sender"):
        load_settings(None, environ={"PROWESS_MAIL_SENDER": sender})


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    for name in MailSettings.__dataclass_fields__:
        assert f"`mail.{name}`" in page, name
