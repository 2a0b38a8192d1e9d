"""Settings: one immutable object, built once from a YAML file and the environment.

A setting `section.key` can come from the environment as `PROWESS_SECTION_KEY`, which wins.  Unknown keys are refused.
Secrets are written `${NAME}` (environment) or `file:PATH`; a `Secret` never shows itself in logs or tracebacks.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import ip_address, ip_network
from pathlib import Path
from types import MappingProxyType
from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from lrs import yaml_door
from lrs.errors import ConfigError, did_you_mean, nearest
from lrs.proxies import Network
from lrs.yaml_door import Location, YamlDocument
from lrs.yaml_slips import key_meant, lacking

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


UNKNOWN = ["Unknown field."]
"""What marshmallow says of a key that a schema does not have."""
MISSING = ["Missing data for required field."]
"""What marshmallow says of a key that has to be there."""


class SettingsError(ConfigError):
    """The configuration is wrong; `errors` has every mistake, those of the environment last."""

    def __init__(self, errors: Iterable[ConfigError]) -> None:
        found = tuple(sorted(errors, key=lambda one: (one.line is None, one.line or 0, one.column or 0)))
        first = found[0]
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        super().__init__(first.message + more, hint=first.hint, file=first.file, line=first.line, column=first.column)
        self.errors = found


def load_settings(
    path: Path | None,
    *,
    environ: Mapping[str, str] | None = None,
    sections: Mapping[str, type[SectionSchema]] = MappingProxyType({}),
) -> Settings:
    """Read a configuration file (none: defaults) and the environment.

    Raises ConfigError, with file, line and column where the fault is in the file; SettingsError lists every mistake.
    """
    environ = os.environ if environ is None else environ
    document = _document(path)
    directory = (path.parent if path else Path.cwd()).resolve()
    schemas = {**CORE_SECTIONS, **sections}
    reading = _Reading(document, environ, directory)
    reading.refuse_unknown((), document.value, schemas)
    reading.refuse_unknown_variables(schemas)
    built = {name: reading.section(name, schema) for name, schema in schemas.items()}
    if reading.errors:
        raise SettingsError(reading.errors)
    built["database"] = DatabaseSettings(_placed(built["database"].url, directory))
    store = _stored_where(built["attachments"].store, directory)
    built["attachments"] = replace(built["attachments"], store=store)
    extra = MappingProxyType({name: built.pop(name) for name in sections})
    return Settings(**built, directory=directory, sections=extra)


def _placed(url: Secret, directory: Path) -> Secret:
    """A relative SQLite file stands beside the configuration, wherever the command is run."""
    file = url.removeprefix("sqlite:///")
    if file == url or not file or file.startswith((":memory:", "/", "file:")) or Path(file).is_absolute():
        return url
    return Secret(f"sqlite:///{directory / file}")


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


class _Reading:
    """Reads section by section and collects what is wrong with any of them."""

    def __init__(self, document: YamlDocument, environ: Mapping[str, str], directory: Path) -> None:
        self.document = document
        self.environ = environ
        self.directory = directory
        self.errors: list[ConfigError] = []
        self.refused: set[Location] = set()
        """What was refused before its section could look at it."""

    def fail(self, at: Location, message: str, *, hint: str | None = None, key: bool = False) -> None:
        self.errors.append(self.document.error(at, message, hint=hint, key=key))
        self.refused.add(at)

    def refuse_unknown(self, at: Location, value: Mapping[str, Any], known: Iterable[str]) -> None:
        known = list(known)
        for key in value:
            if key not in known:
                where = ".".join(map(str, (*at, key)))
                self.fail((*at, key), f"unknown setting '{where}'", hint=key_meant(key, known), key=True)

    def refuse_unknown_variables(self, schemas: Mapping[str, type[SectionSchema]]) -> None:
        """A variable that begins like a section of ours and names none of its settings is a typing error."""
        known = {_variable(name, key) for name, schema in schemas.items() for key in schema().fields}
        starts = tuple(_variable(name, "") for name in schemas)
        for variable in sorted(self.environ):
            if variable.startswith(starts) and variable not in known:
                hint = did_you_mean(variable, known)
                self.errors.append(ConfigError(f"the variable {variable} names no setting", hint=hint))

    def section(self, name: str, schema: type[SectionSchema]) -> Any:
        """The settings of a section; None when something of it was refused."""
        value = self.document.value.get(name)
        value = {} if value is None else value
        instance = schema()
        if not isinstance(value, dict):
            hint = lacking(value, instance.fields) if isinstance(value, str) else None
            self.fail((name,), f"'{name}' must be a mapping", hint=hint or "see config.example.yaml")
            return None
        self.refuse_unknown((name,), value, instance.fields)
        value = {key: self.resolved((name, key), child) for key, child in value.items() if key in instance.fields}
        variables = {key: variable for key in instance.fields if (variable := _variable(name, key)) in self.environ}
        for key, variable in variables.items():
            try:
                value[key] = self.from_environment(variable, instance.fields[key], (name, key))
            except ConfigError as error:
                self.errors.append(error)
                self.refused.add((name, key))
        try:
            return instance.load(value)
        except ValidationError as error:
            said = self.complaints((name,), error.messages, fields.Nested(instance))
            self.errors += [self._of_variable(at, one, variables) for at, one in said]
            return None

    def from_environment(self, variable: str, into: fields.Field[Any], at: Location) -> Any:
        """What a variable says of a setting.  Raises ConfigError, which names the variable."""
        text = self.environ[variable]
        if text.startswith("file:") and at not in _ADDRESSES:
            try:
                text = _from_file(text, self.directory)
            except ConfigError as error:
                raise ConfigError(f"{variable}: {error.message}") from error
        if isinstance(into, fields.List | fields.Nested | fields.Dict):
            documents = yaml_door.load(text, variable)
            return documents[0].value if documents else None
        return text or None if into.allow_none else text

    def resolved(self, at: Location, value: Any) -> Any:
        """The value with `${NAME}` and `file:PATH` replaced by what they point at; None, and an error, where nothing is."""
        if isinstance(value, dict):
            return {key: self.resolved((*at, key), child) for key, child in value.items()}
        if isinstance(value, list):
            return [self.resolved((*at, i), child) for i, child in enumerate(value)]
        if not isinstance(value, str):
            return value
        if value.startswith("file:") and at not in _ADDRESSES:
            try:
                return _from_file(value, self.directory)
            except ConfigError as error:
                self.fail(at, error.message)
                return None
        missing = [name for name in _REFERENCE.findall(value) if name not in self.environ]
        for name in missing:
            self.fail(at, f"the environment has no variable '{name}'", hint="set it, or write file:PATH")
        return None if missing else _REFERENCE.sub(lambda found: self.environ[found[1]], value)

    def complaints(
        self, at: Location, messages: Any, read: fields.Field[Any]
    ) -> Iterator[tuple[Location, ConfigError]]:
        """Everything that marshmallow says of a value, with its place, but for what was refused before."""
        if at in self.refused:
            return
        if not isinstance(messages, dict):
            text = " ".join(messages) if isinstance(messages, list) else str(messages)
            yield at, self.document.error(at, f"'{'.'.join(map(str, at))}': {text}")
            return
        known = _fields_of(read)
        unknown = [key for key, said in messages.items() if said == UNKNOWN]
        meant = {nearest(str(key), known) for key in unknown}
        for key, said in messages.items():
            here = at if key == "_schema" else (*at, key)
            if key in unknown:
                message = f"unknown setting '{'.'.join(map(str, here))}'"
                yield here, self.document.error(here, message, hint=key_meant(str(key), known), key=True)
            elif key in meant and said == MISSING:
                continue  # it is there, misspelt
            elif key != "_schema" and self._is_of_dict(read, here, said):
                if "key" in said:
                    message = f"'{'.'.join(map(str, here))}': {' '.join(said['key'])}"
                    yield here, self.document.error(here, message, key=True)
                if "value" in said:
                    yield from self.complaints(here, said["value"], getattr(read, "value_field", None) or read)
            else:
                yield from self.complaints(here, said, read if key == "_schema" else known.get(key, read))

    def _is_of_dict(self, read: fields.Field[Any], at: Location, said: Any) -> bool:
        """Whether messages tell key and value apart, as those of a Dict do, also of one that its section reads by itself."""
        if not isinstance(said, dict) or not said.keys() <= {"key", "value"}:
            return False
        return isinstance(read, fields.Dict) or not any((*at, key) in self.document.marks for key in said)

    def _of_variable(self, at: Location, error: ConfigError, variables: Mapping[str, str]) -> ConfigError:
        """The same, with the variable in place of a line, when the environment says it."""
        variable = variables.get(str(at[1])) if len(at) > 1 else None
        return error if variable is None else ConfigError(f"{variable}: {error.message}", hint=error.hint)


def _fields_of(read: fields.Field[Any]) -> Mapping[str, fields.Field[Any]]:
    """What stands in a mapping, or in each mapping of a list."""
    inner = read.inner if isinstance(read, fields.List) else read
    return inner.schema.fields if isinstance(inner, fields.Nested) else {}
