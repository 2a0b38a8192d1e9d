"""The one door through which mail leaves: a message, a server, and what a failure means.

Nothing here decides who is told what, or tries again: whoever calls keeps its messages in the database and gives each an id of its
own (`key`), which becomes the Message-ID, so that a message that is sent twice can be told from two messages.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, unquote
from types import MappingProxyType
from typing import NoReturn, Protocol

from lrs.clock import Clock, to_datetime
from lrs.errors import DeliveryError
from lrs.settings import MailSettings

_BUSY = 421


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along.  type: a media type such as `text/csv`."""

    name: str
    type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """One message to one address.

    key: the same whenever this message is sent, and no other's; letters, digits, `.`, `-` and `_`.
    html: the same as `text`, for those who like it better.
    """

    key: str
    to: str
    subject: str
    text: str
    html: str | None = None
    to_name: str = ""
    attachments: Sequence[Attachment] = ()
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


class MailError(DeliveryError):
    """The mail server did not take this message."""

    code = "mail"


class MailDown(MailError):
    """The mail server cannot be used now, or not with these settings; nothing is wrong with the message."""

    code = "mail-down"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, retryable=True, hint=hint)


class Mailer(Protocol):
    """Whoever takes messages."""

    @property
    def is_configured(self) -> bool:
        """Whether there is a server to send to; without one, messages had better wait where they are."""
        ...

    def send(self, message: Message) -> None:
        """Hand a message over; when this returns the server has taken it.  Raises MailError."""
        ...


class MailDoor:
    """Messages over SMTP, one conversation for each (RFC 5321; STARTTLS: RFC 3207)."""

    def __init__(self, settings: MailSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    @property
    def is_configured(self) -> bool:
        return self._settings.host is not None

    def send(self, message: Message) -> None:
        """Raises MailDown when the server cannot be used, and MailError when it refuses this message."""
        mail = written(message, sender=self._settings.sender, at=self._clock.now())
        server = self._connected()
        try:
            server.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            _refused(message, *next(iter(error.recipients.values())))
        except smtplib.SMTPResponseException as error:
            _refused(message, error.smtp_code, error.smtp_error)
        except smtplib.SMTPNotSupportedError:
            raise MailError(f"{self._named} takes no address like {message.to}", retryable=False) from None
        except (smtplib.SMTPException, OSError) as error:
            raise MailDown(f"{self._named} hung up ({type(error).__name__})") from error
        finally:
            with suppress(smtplib.SMTPException, OSError):
                server.quit()

    @property
    def _named(self) -> str:
        return f"the mail server {self._settings.host}:{self._settings.port}"

    def _connected(self) -> smtplib.SMTP:
        """An open conversation in which the server has let us in."""
        settings = self._settings
        if settings.host is None:
            raise MailDown("no mail server is configured", hint="name one in mail.host")
        server: smtplib.SMTP | None = None
        try:
            server = self._greeted(settings.host)
            if settings.user:
                server.login(settings.user, "" if settings.password is None else settings.password.needed())
        except (smtplib.SMTPException, OSError) as error:
            if server is not None:
                server.close()
            self._explain(error)
        return server

    def _greeted(self, host: str) -> smtplib.SMTP:
        settings = self._settings
        us = _parts(settings.sender)[1].rpartition("@")[2]
        if settings.security == "tls":
            return smtplib.SMTP_SSL(host, settings.port, us, timeout=settings.timeout, context=self._trust())
        server = smtplib.SMTP(host, settings.port, us, timeout=settings.timeout)
        try:
            if settings.security == "starttls":
                server.starttls(context=self._trust())
        except BaseException:
            server.close()
            raise
        return server

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._settings.ca_file)

    def _explain(self, error: Exception) -> NoReturn:
        """An error before any message was offered is never the message's fault."""
        hint, what = None, type(error).__name__
        if isinstance(error, smtplib.SMTPAuthenticationError):
            hint = "it does not accept mail.user with mail.password"
        elif isinstance(error, smtplib.SMTPNotSupportedError):
            hint = "it does not offer what mail.security or mail.user asks for"
        elif isinstance(error, ssl.SSLError):
            hint = (
                "is mail.security right for this port, and is its certificate from a public authority or mail.ca_file?"
            )
            if isinstance(error, ssl.SSLCertVerificationError):
                what = f"{what}: {error.verify_message}"
        raise MailDown(f"{self._named} cannot be used ({what})", hint=hint) from None


def written(message: Message, *, sender: str, at: int) -> EmailMessage:
    """The message as it goes over the wire.  Raises MailError when an address or a header cannot be one."""
    name, address = _parts(sender)
    mail = EmailMessage(policy=SMTP)
    try:
        mail["From"] = Address(name, addr_spec=address)
        mail["To"] = Address(_line(message.to_name), addr_spec=message.to)
        mail["Subject"] = _line(message.subject)
        mail["Date"] = format_datetime(to_datetime(at))
        mail["Message-ID"] = message_id(message.key, sender)
        mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: holiday replies stay away
        mail["X-Auto-Response-Suppress"] = (
            "OOF, AutoReply, DR, RN, NRN"  # the same for Exchange; what cannot be delivered comes back
        )
        for header, value in message.headers.items():
            mail[header] = _line(value)
    except (MessageError, ValueError, IndexError) as error:
        raise MailError(f"'{message.to}' is no address mail can go to: {error}", retryable=False) from None
    mail.set_content(message.text)
    if message.html is not None:
        mail.add_alternative(message.html, subtype="html")
    for file in message.attachments:
        maintype, _, subtype = file.type.partition("/")
        mail.add_attachment(file.content, maintype=maintype, subtype=subtype, filename=file.name)
    return mail


def message_id(key: str, sender: str) -> str:
    """The Message-ID of a key (RFC 5322 3.6.4): unique by the sender's domain."""
    return f"<{key}@{_parts(sender)[1].rpartition('@')[2]}>"


def _parts(sender: str) -> tuple[str, str]:
    """Name and address of a sender in the form of `mail.sender`; a comma in the name separates nothing."""
    name, _, address = sender.rpartition("<")
    return unquote(name.strip()), address.removesuffix(">")


def _line(text: str) -> str:
    """A header is one line, whatever somebody wrote into a title."""
    return " ".join(text.split())


def _refused(message: Message, code: int, said: bytes | str) -> NoReturn:
    """A reply of 4xx may pass, one of 5xx will not (RFC 5321 4.2.1)."""
    text = _line(said.decode("utf-8", "replace") if isinstance(said, bytes) else said)
    if code == _BUSY or code < 0:
        raise MailDown(f"the mail server broke off: {code} {text}")
    raise MailError(f"the mail server refused {message.to}: {code} {text}", retryable=code < 500)
