"""What an administrator can decide: a section each as an immutable object, and the schema that it is read by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from pathlib import Path
from types import MappingProxyType
from typing import Any, Self

from marshmallow import Schema, ValidationError, fields, post_load, validate

from lrs.clock import is_zone
from lrs.errors import ConfigError
from lrs.proxies import Network


class Secret(str):
    """Text that must not be shown: its `repr` is stars."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret('***')"

    def needed(self) -> str:
        """The text, for whoever shows it to another system.  Raises ConfigError where it is not to be had here."""
        return str(self)


class AbsentSecret(Secret):
    """A secret whose place, a variable or a file, is not there: empty, and an error to whoever needs it."""

    __slots__ = ("error",)
    error: ConfigError

    def __new__(cls, error: ConfigError) -> Self:
        """Empty, whatever stood there."""
        made = super().__new__(cls)
        made.error = error
        return made

    def needed(self) -> str:
        raise self.error


@dataclass(frozen=True, slots=True)
class Absent:
    """Stands in a configuration that is being read for a text whose place is not there; no field takes it but a `SecretField`."""

    error: ConfigError


class SecretField(fields.String):
    """A string read into a Secret.

    deferred: a secret that is not to be had stops only those who need it, who ask by `Secret.needed`.
    """

    def __init__(self, *, deferred: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.deferred = deferred

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        """As any field; an absent secret is not held against what a secret has to be."""
        if self.deferred and isinstance(value, Absent):
            return AbsentSecret(value.error)
        return super().deserialize(value, attr, data, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Secret:
        return Secret(super()._deserialize(value, attr, data, **kwargs))


class TupleField(fields.List[Any]):
    """A list read into a tuple, so that settings stay immutable."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        return tuple(super()._deserialize(value, attr, data, **kwargs))


class NetworkField(fields.String):
    """An address, or a network in CIDR notation, read into a network."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            network = ip_network(text, strict=False)
        except ValueError:
            raise ValidationError(
                f"'{text}' is neither an address nor a network; write 10.0.0.2, 10.0.0.0/24 or 2001:db8::/64, no name."
            ) from None
        address = text.partition("/")[0]
        if network.network_address != ip_address(address):
            raise ValidationError(f"'{text}' is an address within a network; write {address} or {network}.")
        return network


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    """url: a Secret, as it may bear a password."""

    url: Secret


@dataclass(frozen=True, slots=True)
class RedisSettings:
    url: Secret | None


@dataclass(frozen=True, slots=True)
class RunnerSettings:
    kind: str
    sweep_seconds: float


@dataclass(frozen=True, slots=True)
class ServerSettings:
    host: str
    port: int
    threads: int
    public_url: str | None
    trusted_proxies: tuple[Network, ...]
    cors_origins: tuple[str, ...]
    metrics_from: tuple[Network, ...]


@dataclass(frozen=True, slots=True)
class LimitSettings:
    body_bytes: int
    batch: int
    page: int
    attachments: int
    attachment_bytes: int
    multipart_bytes: int
    requests_per_second: float | None


@dataclass(frozen=True, slots=True)
class AttachmentSettings:
    """store: `database`, the absolute path of a directory, or `s3://bucket/prefix`."""

    store: str
    s3_endpoint: str | None
    s3_region: str | None
    s3_access_key: Secret | None
    s3_secret_key: Secret | None


@dataclass(frozen=True, slots=True)
class XapiSettings:
    merge_persons: bool


@dataclass(frozen=True, slots=True)
class MailSettings:
    """host: None when no mail is sent.  security: `starttls`, `tls` from the first byte, or `none`."""

    host: str | None
    port: int
    security: str
    user: str | None
    password: Secret | None
    sender: str
    ca_file: str | None
    timeout: float


@dataclass(frozen=True, slots=True)
class OrganisationSettings:
    """name: as certificates bear it; None leaves it out.  timezone: of readers who are no person with one; None: UTC."""

    name: str | None
    timezone: str | None


@dataclass(frozen=True, slots=True)
class LogSettings:
    level: str
    format: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an administrator can decide; `sections` holds what plug-ins declared, by plug-in name."""

    database: DatabaseSettings
    redis: RedisSettings
    runner: RunnerSettings
    server: ServerSettings
    limits: LimitSettings
    xapi: XapiSettings
    attachments: AttachmentSettings
    mail: MailSettings
    organisation: OrganisationSettings
    log: LogSettings
    directory: Path
    sections: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def public_url(self) -> str:
        """The address people and statements know this server by, without a trailing slash."""
        return (self.server.public_url or f"http://{self.server.host}:{self.server.port}").rstrip("/")


class SectionSchema(Schema):
    """A section of the configuration: unknown keys are errors and the result is the dataclass named by `becomes`."""

    becomes: type[Any]

    @post_load
    def _build(self, values: dict[str, Any], **_: Any) -> Any:
        return self.becomes(**values)


class DatabaseSchema(SectionSchema):
    becomes = DatabaseSettings
    url = SecretField(load_default=Secret("sqlite:///prowess.db"))


class RedisSchema(SectionSchema):
    becomes = RedisSettings
    url = SecretField(load_default=None, allow_none=True)


class RunnerSchema(SectionSchema):
    becomes = RunnerSettings
    kind = fields.String(load_default="auto", validate=validate.OneOf(["auto", "embedded", "rq", "none"]))
    sweep_seconds = fields.Float(load_default=5.0, validate=validate.Range(min=0.05, max=3600))


class ServerSchema(SectionSchema):
    becomes = ServerSettings
    host = fields.String(load_default="127.0.0.1")
    port = fields.Integer(load_default=8080, validate=validate.Range(min=0, max=65535))
    threads = fields.Integer(load_default=16, validate=validate.Range(min=1, max=256))
    public_url = fields.Url(load_default=None, allow_none=True, require_tld=False, schemes={"http", "https"})
    trusted_proxies = TupleField(NetworkField(), load_default=())
    cors_origins = TupleField(fields.Url(require_tld=False, schemes={"http", "https"}, relative=False), load_default=())
    metrics_from = TupleField(NetworkField(), load_default=())


class LimitsSchema(SectionSchema):
    becomes = LimitSettings
    body_bytes = fields.Integer(load_default=32 * 1024 * 1024, validate=validate.Range(min=1024))
    batch = fields.Integer(load_default=10_000, validate=validate.Range(min=1))
    page = fields.Integer(load_default=100, validate=validate.Range(min=1, max=10_000))
    attachments = fields.Integer(load_default=100, validate=validate.Range(min=0, max=10_000))
    attachment_bytes = fields.Integer(load_default=50 * 1024 * 1024, validate=validate.Range(min=0))
    multipart_bytes = fields.Integer(load_default=100 * 1024 * 1024, validate=validate.Range(min=1024))
    requests_per_second = fields.Float(load_default=None, allow_none=True, validate=validate.Range(min=0.01))


class AttachmentsSchema(SectionSchema):
    becomes = AttachmentSettings
    store = fields.String(
        load_default="database",
        validate=validate.Regexp(r"s3://[^/]+(?:/.*)?\Z|(?!s3:).+\Z", error="Name a bucket: s3://bucket/prefix."),
    )
    s3_endpoint = fields.Url(load_default=None, allow_none=True, require_tld=False, schemes={"http", "https"})
    s3_region = fields.String(load_default=None, allow_none=True)
    s3_access_key = SecretField(load_default=None, allow_none=True)
    s3_secret_key = SecretField(load_default=None, allow_none=True)


class XapiSchema(SectionSchema):
    becomes = XapiSettings
    merge_persons = fields.Boolean(load_default=False)


class MailSchema(SectionSchema):
    becomes = MailSettings
    host = fields.String(load_default=None, allow_none=True)
    port = fields.Integer(load_default=587, validate=validate.Range(min=1, max=65535))
    security = fields.String(load_default="starttls", validate=validate.OneOf(["starttls", "tls", "none"]))
    user = fields.String(load_default=None, allow_none=True)
    password = SecretField(load_default=None, allow_none=True, deferred=True)
    sender = fields.String(
        load_default="Prowess <prowess@localhost>",
        validate=validate.Regexp(
            r"(?:[^<>\r\n]+ )?<[^<>@\s]+@[^<>@\s]+>\Z|[^<>@\s]+@[^<>@\s]+\Z",
            error="An address: prowess@example.org or Prowess <prowess@example.org>.",
        ),
    )
    ca_file = fields.String(load_default=None, allow_none=True)
    timeout = fields.Float(load_default=10.0, validate=validate.Range(min=0.1, max=60))


def _known_zone(name: str) -> None:
    if not is_zone(name):
        raise ValidationError("An IANA time zone such as Europe/London.")


class OrganisationSchema(SectionSchema):
    becomes = OrganisationSettings
    name = fields.String(load_default=None, allow_none=True)
    timezone = fields.String(
        load_default=None,
        allow_none=True,
        validate=_known_zone,
    )


class LogSchema(SectionSchema):
    becomes = LogSettings
    level = fields.String(load_default="info", validate=validate.OneOf(["debug", "info", "warning", "error"]))
    format = fields.String(load_default="auto", validate=validate.OneOf(["auto", "json", "console"]))


CORE_SECTIONS: Mapping[str, type[SectionSchema]] = MappingProxyType(
    {
        "database": DatabaseSchema,
        "redis": RedisSchema,
        "runner": RunnerSchema,
        "server": ServerSchema,
        "limits": LimitsSchema,
        "xapi": XapiSchema,
        "attachments": AttachmentsSchema,
        "mail": MailSchema,
        "organisation": OrganisationSchema,
        "log": LogSchema,
    }
)
