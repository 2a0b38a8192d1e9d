"""The only door for YAML: configuration, people and programs all come through here.

YAML 1.2 core schema (so `no` is text, `12:30` is text, `010` is ten), decimals kept exact, keys always text, no tags,
no duplicate keys, bounded size, depth and alias expansion; every value remembers where it stood.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn

import yaml

from lrs.errors import ConfigError
from lrs.yaml_slips import slip_of

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
MAX_ALIASED_NODES = 1_000

Location = tuple[str | int, ...]
"""The way from a document's root to a value: keys and list positions."""

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_QUOTED = {"'", '"', "|", ">"}
_NULL = {"", "~", "null", "Null", "NULL"}
_TRUE = {"true", "True", "TRUE"}
_FALSE = {"false", "False", "FALSE"}
_INT = re.compile(r"[-+]?[0-9]{1,100}", re.ASCII)
_OCTAL = re.compile(r"0o[0-7]{1,30}", re.ASCII)
_HEX = re.compile(r"0x[0-9a-fA-F]{1,30}", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,100}|[0-9]{1,100}(\.[0-9]{0,100})?)([eE][-+]?[0-9]{1,3})?", re.ASCII)
_NON_NUMBER = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; lines and columns count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """One document: its plain value and where each part of it stood."""

    value: Any
    file: str
    marks: dict[Location, Mark] = field(repr=False)
    key_marks: dict[Location, Mark] = field(repr=False)

    def mark(self, location: Location, *, key: bool = False) -> Mark:
        """Where the value (or the key that names it) stands; the nearest known parent when the place itself is absent."""
        marks = self.key_marks if key else self.marks
        while location and location not in marks:
            location = location[:-1]
            marks = self.marks
        return marks.get(location, Mark(1, 1))

    def error(self, location: Location, message: str, *, hint: str | None = None, key: bool = False) -> ConfigError:
        """A ConfigError that points at a place in this document."""
        mark = self.mark(location, key=key)
        return ConfigError(message, hint=hint, file=self.file, line=mark.line, column=mark.column)


def load_file(path: Path, slips: list[ConfigError] | None = None) -> list[YamlDocument]:
    """Every document of a file.  slips: as for `load`.  Raises ConfigError with file, line and column."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}", file=str(path)) from error
    return load(raw, str(path), slips)


def load(raw: bytes | str, file: str, slips: list[ConfigError] | None = None) -> list[YamlDocument]:
    """Every non-empty document of a text.  Raises ConfigError with file, line and column.

    slips: takes the mistakes after which the rest can be read all the same, which is a key that stands twice; without it they
    are raised too.
    """
    text = _decode(raw, file)
    try:
        _check_shape(text, file)
        return [
            _Builder(file, slips).document(node)
            for node in yaml.compose_all(text, Loader=_Loader)
            if not _is_empty(node)
        ]
    except yaml.MarkedYAMLError as error:
        slip = slip_of(error, text)
        raise ConfigError(
            f"not valid YAML: {slip.message}", hint=slip.hint, file=file, line=slip.line, column=slip.column
        ) from error
    except yaml.YAMLError as error:
        raise ConfigError(f"not valid YAML: {error}", file=file) from error


def _decode(raw: bytes | str, file: str) -> str:
    if isinstance(raw, str):
        raw = raw.encode("utf-8", "surrogatepass")
    if len(raw) > MAX_BYTES:
        raise ConfigError(
            f"the file has {len(raw):,} bytes; the most accepted is {MAX_BYTES:,}",
            file=file,
            hint="split it into several files",
        )
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError("not UTF-8 text", file=file, line=line, hint="save the file as UTF-8") from error
    return text.removeprefix("\ufeff")


def _check_shape(text: str, file: str) -> None:
    """Refuse depth and tags from the event stream, before anything recursive sees them."""
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        mark = _event_mark(event)
        tag = getattr(event, "tag", None)
        if tag is not None and tag != "!":
            raise ConfigError(
                f"YAML tags such as '{tag}' are not accepted",
                hint="write plain values",
                file=file,
                line=mark.line,
                column=mark.column,
            )
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise ConfigError(
                    f"nested deeper than {MAX_DEPTH} levels",
                    hint="check for unclosed brackets",
                    file=file,
                    line=mark.line,
                    column=mark.column,
                )
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _is_empty(node: yaml.Node | None) -> bool:
    return node is None or (isinstance(node, yaml.ScalarNode) and node.style not in _QUOTED and node.value in _NULL)


class _Builder:
    """Turns composed nodes into plain values and notes where each stood."""

    def __init__(self, file: str, slips: list[ConfigError] | None) -> None:
        self.file = file
        self.slips = slips
        self.marks: dict[Location, Mark] = {}
        self.key_marks: dict[Location, Mark] = {}
        self.seen: set[int] = set()
        self.open: set[int] = set()
        self.aliased = 0

    def document(self, root: yaml.Node) -> YamlDocument:
        value = self.value(root, (), aliased=False)
        return YamlDocument(value, self.file, self.marks, self.key_marks)

    def value(self, node: yaml.Node, at: Location, *, aliased: bool) -> Any:
        self.marks[at] = _mark(node)
        aliased = aliased or id(node) in self.seen
        self.seen.add(id(node))
        if aliased:
            self.aliased += 1
            if self.aliased > MAX_ALIASED_NODES:
                self.fail(node, f"aliases expand to more than {MAX_ALIASED_NODES} values")
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node)
        if id(node) in self.open:
            self.fail(node, "an alias refers to the value that contains it")
        self.open.add(id(node))
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.value(child, (*at, i), aliased=aliased) for i, child in enumerate(node.value)]
            return dict(self.members(node, at, aliased=aliased))
        finally:
            self.open.discard(id(node))

    def members(self, node: yaml.Node, at: Location, *, aliased: bool) -> Iterator[tuple[str, Any]]:
        first: dict[str, yaml.Node] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self.fail(key_node, "a key must be plain text")
            key = str(key_node.value)
            if key == "<<":
                self.fail(key_node, "merge keys ('<<') are not part of YAML 1.2")
            if key in first:
                error = self.error(key_node, f"duplicate key '{key}'", hint=_first_hint(key, first[key], at))
                if self.slips is None:
                    raise error
                self.slips.append(error)
                continue  # the first one is read
            first[key] = key_node
            self.key_marks[(*at, key)] = _mark(key_node)
            yield key, self.value(value_node, (*at, key), aliased=aliased)

    def scalar(self, node: yaml.ScalarNode) -> Any:
        text: str = node.value
        if node.style in _QUOTED:
            return text
        if text in _NULL:
            return None
        if text in _TRUE or text in _FALSE:
            return text in _TRUE
        if _INT.fullmatch(text):
            return int(text)
        if _OCTAL.fullmatch(text) or _HEX.fullmatch(text):
            return int(text, 0)
        if _FLOAT.fullmatch(text):
            return Decimal(text)
        if _NON_NUMBER.fullmatch(text):
            self.fail(node, f"'{text}' is not a usable number")
        return text

    def error(self, node: yaml.Node, message: str, *, hint: str | None = None) -> ConfigError:
        mark = _mark(node)
        return ConfigError(message, hint=hint, file=self.file, line=mark.line, column=mark.column)

    def fail(self, node: yaml.Node, message: str) -> NoReturn:
        raise self.error(node, message)


def _first_hint(key: str, first: yaml.Node, at: Location) -> str:
    place = f"first used on line {first.start_mark.line + 1}"
    return f"{place}; a new document begins after a line of ---" if key == "kind" and at == () else place


def _mark(node: yaml.Node) -> Mark:
    return Mark(node.start_mark.line + 1, node.start_mark.column + 1)


def _event_mark(event: yaml.Event) -> Mark:
    at = event.start_mark
    return Mark(at.line + 1, at.column + 1) if at else Mark(1, 1)
