"""Reads the settings: one immutable object, built once from a YAML file and the environment.

A setting `section.key` can come from the environment as `PROWESS_SECTION_KEY`, which wins.  Unknown keys are refused.
Secrets are written `${NAME}` (environment) or `file:PATH`; a `Secret` never shows itself in logs or tracebacks.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from marshmallow import ValidationError, fields

from lrs import yaml_door
from lrs.errors import ConfigError, did_you_mean, nearest
from lrs.settings import CORE_SECTIONS, Absent, DatabaseSettings, Secret, SectionSchema, Settings
from lrs.yaml_door import Location, YamlDocument
from lrs.yaml_slips import key_meant, lacking

PREFIX = "PROWESS_"
_ADDRESSES = frozenset({("attachments", "store")})
"""Settings that a `file:` address is itself the value of, not the place to read it from."""
_REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


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
    whole: bool = True,
) -> Settings:
    """Read a configuration file (none: defaults) and the environment.

    whole: every secret has to be there, else those of other systems only when one is needed (`Secret.needed`).
    Raises ConfigError, with file, line and column where the fault is in the file; SettingsError lists every mistake.
    """
    environ = os.environ if environ is None else environ
    document = _document(path)
    directory = (path.parent if path else Path.cwd()).resolve()
    schemas = {**CORE_SECTIONS, **sections}
    reading = _Reading(document, environ, directory, whole=whole)
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


class _Reading:
    """Reads section by section and collects what is wrong with any of them."""

    def __init__(self, document: YamlDocument, environ: Mapping[str, str], directory: Path, *, whole: bool) -> None:
        self.document = document
        self.environ = environ
        self.directory = directory
        self.errors: list[ConfigError] = []
        self.refused: set[Location] = set()
        """What was refused before its section could look at it."""
        self.whole = whole
        self.absent: list[ConfigError] = []
        """What the section that is being read points at and is not there."""

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
        self.absent = []
        value = {key: self.resolved((name, key), child) for key, child in value.items() if key in instance.fields}
        variables = {key: variable for key in instance.fields if (variable := _variable(name, key)) in self.environ}
        for key, variable in variables.items():
            try:
                value[key] = self.from_environment(variable, instance.fields[key], (name, key))
            except ConfigError as error:
                self.errors.append(error)
                self.refused.add((name, key))
        try:
            built = instance.load(value)
            if self.whole:
                self.errors += self.absent
            return built
        except ValidationError as error:
            self.errors += self.absent
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
        """The value with `${NAME}` and `file:PATH` replaced by what they point at; `Absent` where nothing is."""
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
                return self.without(at, [error.message])
        missing = [name for name in _REFERENCE.findall(value) if name not in self.environ]
        if missing:
            told = [f"the environment has no variable '{name}'" for name in missing]
            return self.without(at, told, hint="set it, or write file:PATH")
        return _REFERENCE.sub(lambda found: self.environ[found[1]], value)

    def without(self, at: Location, told: Iterable[str], *, hint: str | None = None) -> Absent:
        """What stands in the place of a value that is not to be had; its section says whether it can do without."""
        found = [self.document.error(at, message, hint=hint) for message in told]
        self.absent += found
        self.refused.add(at)
        return Absent(found[0])

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
