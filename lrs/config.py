"""Settings: one immutable object, built once from a YAML file and the environment.

A setting `section.key` can come from the environment as `PROWESS_SECTION_KEY`, which wins.  Unknown keys are refused.
Secrets are written `${NAME}` (environment) or `file:PATH`; a `Secret` never shows itself in logs or tracebacks.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from lrs import yaml_door
from lrs.errors import ConfigError, did_you_mean
from lrs.yaml_door import Location, YamlDocument

PREFIX = "PROWESS_"
_ADDRESSES = frozenset({("attachments", "store")})
"""Settings that a `file:` address is itself the value of, not the place to read it from."""
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class Secret(str):
    """Text that must not be shown: its `repr` is stars."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret('***')"


class SecretField(fields.String):
    """A string read into a Secret."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Secret:
        return Secret(super()._deserialize(value, attr, data, **kwargs))


class TupleField(fields.List[Any]):
    """A list read into a tuple, so that settings stay immutable."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> Any:
        return tuple(super()._deserialize(value, attr, data, **kwargs))


@dataclass(frozen=True, slots=True)
class DatabaseSettings:
    url: str


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
    cors_origins: tuple[str, ...]


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
    """name: as certificates bear it; None leaves it out."""

    name: str | None


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
    url = fields.String(load_default="sqlite:///prowess.db")


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
    cors_origins = TupleField(fields.Url(require_tld=False, schemes={"http", "https"}, relative=False), load_default=())


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
    password = SecretField(load_default=None, allow_none=True)
    sender = fields.String(
        load_default="Prowess <prowess@localhost>",
        validate=validate.Regexp(
            r"(?:[^<>\r\n]+ )?<[^<>@\s]+@[^<>@\s]+>\Z|[^<>@\s]+@[^<>@\s]+\Z",
            error="An address: prowess@example.org or Prowess <prowess@example.org>.",
        ),
    )
    ca_file = fields.String(load_default=None, allow_none=True)
    timeout = fields.Float(load_default=10.0, validate=validate.Range(min=0.1, max=60))


class OrganisationSchema(SectionSchema):
    becomes = OrganisationSettings
    name = fields.String(load_default=None, allow_none=True)


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


def load_settings(
    path: Path | None,
    *,
    environ: Mapping[str, str] | None = None,
    sections: Mapping[str, type[SectionSchema]] = MappingProxyType({}),
) -> Settings:
    """Read a configuration file (none: defaults) and the environment.

    Raises ConfigError, with file, line and column where the fault is in the file.
    """
    environ = os.environ if environ is None else environ
    document = _document(path)
    directory = (path.parent if path else Path.cwd()).resolve()
    schemas = {**CORE_SECTIONS, **sections}
    _refuse_unknown(document, (), document.value, schemas)
    _refuse_unknown_variables(environ, schemas)
    built = {name: _section(document, name, schema, environ, directory) for name, schema in schemas.items()}
    built["database"] = DatabaseSettings(_placed(built["database"].url, directory))
    store = _stored_where(built["attachments"].store, directory)
    built["attachments"] = replace(built["attachments"], store=store)
    extra = MappingProxyType({name: built.pop(name) for name in sections})
    return Settings(**built, directory=directory, sections=extra)


def _placed(url: str, directory: Path) -> str:
    """A relative SQLite file stands beside the configuration, wherever the command is run."""
    file = url.removeprefix("sqlite:///")
    if file == url or not file or file.startswith((":memory:", "/", "file:")) or Path(file).is_absolute():
        return url
    return f"sqlite:///{directory / file}"


def _stored_where(store: str, directory: Path) -> str:
    """A relative directory of attachments stands beside the configuration too."""
    if store == "database" or store.startswith("s3://"):
        return store
    return str(directory / store.removeprefix("file:").removeprefix("//"))


def _document(path: Path | None) -> YamlDocument:
    documents = yaml_door.load_file(path) if path else []
    if len(documents) > 1:
        raise ConfigError("a configuration file holds one document", file=str(path))
    if not documents:
        return YamlDocument({}, str(path or "defaults"), {}, {})
    if not isinstance(documents[0].value, dict):
        raise documents[0].error((), "a configuration is a mapping of sections", hint="see config.example.yaml")
    return documents[0]


def _section(
    document: YamlDocument, name: str, schema: type[SectionSchema], environ: Mapping[str, str], directory: Path
) -> Any:
    value = document.value.get(name)
    value = {} if value is None else value
    if not isinstance(value, dict):
        raise document.error((name,), f"'{name}' must be a mapping", hint="see config.example.yaml")
    instance = schema()
    _refuse_unknown(document, (name,), value, instance.fields)
    value = _resolved(document, (name,), value, environ, directory)
    for key in instance.fields:
        variable = _variable(name, key)
        if variable in environ:
            text = environ[variable]
            if text.startswith("file:") and (name, key) not in _ADDRESSES:
                try:
                    text = _from_file(text, directory)
                except ConfigError as error:
                    raise ConfigError(f"{variable}: {error.message}") from error
            value[key] = _from_environment(variable, text, instance.fields[key])
    try:
        return instance.load(value)
    except ValidationError as error:
        raise _located(document, (name,), error.messages, fields.Nested(instance)) from error


def _variable(section: str, key: str) -> str:
    return f"{PREFIX}{section}_{key}".upper()


def _from_file(text: str, directory: Path) -> str:
    """What stands in the file that a `file:` address names.  Raises ConfigError without a place."""
    try:
        return (directory / text.removeprefix("file:")).read_text("utf-8").strip()
    except OSError as error:
        raise ConfigError(f"cannot read {text}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"cannot read {text}: it is not UTF-8 text") from error


def _from_environment(variable: str, text: str, into: fields.Field[Any]) -> Any:
    if isinstance(into, fields.List | fields.Nested | fields.Dict):
        documents = yaml_door.load(text, variable)
        return documents[0].value if documents else None
    return text or None if into.allow_none else text


def _refuse_unknown(document: YamlDocument, at: Location, value: Mapping[str, Any], known: Iterable[str]) -> None:
    known = list(known)
    for key in value:
        if key not in known:
            where = ".".join(map(str, (*at, key)))
            raise document.error((*at, key), f"unknown setting '{where}'", hint=did_you_mean(key, known), key=True)


def _refuse_unknown_variables(environ: Mapping[str, str], schemas: Mapping[str, type[SectionSchema]]) -> None:
    """A variable that begins like a section of ours and names none of its settings is a typing error."""
    known = {_variable(name, key) for name, schema in schemas.items() for key in schema().fields}
    starts = tuple(_variable(name, "") for name in schemas)
    for variable in sorted(environ):
        if variable.startswith(starts) and variable not in known:
            raise ConfigError(f"the variable {variable} names no setting", hint=did_you_mean(variable, known))


def _resolved(document: YamlDocument, at: Location, value: Any, environ: Mapping[str, str], directory: Path) -> Any:
    """The value with `${NAME}` and `file:PATH` replaced by what they point at."""
    if isinstance(value, dict):
        return {key: _resolved(document, (*at, key), child, environ, directory) for key, child in value.items()}
    if isinstance(value, list):
        return [_resolved(document, (*at, i), child, environ, directory) for i, child in enumerate(value)]
    if not isinstance(value, str):
        return value
    if value.startswith("file:") and at not in _ADDRESSES:
        try:
            return _from_file(value, directory)
        except ConfigError as error:
            raise document.error(at, error.message) from error

    def replace(match: re.Match[str]) -> str:
        if match[1] not in environ:
            raise document.error(at, f"the environment has no variable '{match[1]}'", hint="set it, or write file:PATH")
        return environ[match[1]]

    return _REFERENCE.sub(replace, value)


def _located(document: YamlDocument, at: Location, messages: Any, read: fields.Field[Any]) -> ConfigError:
    """The first message of a marshmallow error, with the place it is about; a key nobody knows comes before one that lacks."""
    while isinstance(messages, dict) and messages:
        known = _fields_of(read)
        key = next((key for key, said in messages.items() if said == _UNKNOWN), next(iter(messages)))
        messages = messages[key]
        if key == "_schema":
            continue
        at = (*at, key)
        if messages == _UNKNOWN:
            hint = did_you_mean(str(key), known)
            return document.error(at, f"unknown setting '{'.'.join(map(str, at))}'", hint=hint, key=True)
        if isinstance(read, fields.Dict) and isinstance(messages, dict):
            if "key" in messages:
                return document.error(at, f"'{'.'.join(map(str, at))}': {' '.join(messages['key'])}", key=True)
            messages = messages["value"]
        read = known.get(key, read)
    text = " ".join(messages) if isinstance(messages, list) else str(messages)
    return document.error(at, f"'{'.'.join(map(str, at))}': {text}")


_UNKNOWN = ["Unknown field."]


def _fields_of(read: fields.Field[Any]) -> Mapping[str, fields.Field[Any]]:
    """What stands in a mapping, or in each mapping of a list."""
    inner = read.inner if isinstance(read, fields.List) else read
    return inner.schema.fields if isinstance(inner, fields.Nested) else {}
