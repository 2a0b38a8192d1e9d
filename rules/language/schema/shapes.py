"""The pieces of which the schema is made: what a value may be, what a key means, which keys a mapping has.

Nothing here knows JSON Schema's subtleties or Markdown; `json_schema` and `markdown` do.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

Shape = Mapping[str, Any]
"""A JSON Schema (2020-12) of one value, as plain mappings."""

CIVIL: Final = r"P(?=\d)(\d{1,5}Y)?(\d{1,5}M)?(\d{1,5}W)?(\d{1,6}D)?"
ROLE, JOB, PERSON, MAIL = "role", "job", "person", "address"
"""What names may be of: a place above the learner, the holders of a job, one person, a mail address."""
SOMEBODY: Final = (JOB, PERSON)
EXACT: Final = r"PT(?=\d)(\d{1,7}H)?(\d{1,7}M)?(\d{1,9}S)?"
DATE: Final = r"\d{4}-\d{2}-\d{2}"


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a mapping: what its value may be, what it says, and how it looks."""

    shape: Shape
    about: str
    example: Any
    is_needed: bool = False
    names: tuple[str, ...] = ()
    """Whose names stand there: patterns of one attribute of positions (`("job",)`), or of any of ROLE, JOB, PERSON, MAIL."""


@dataclass(frozen=True, slots=True)
class Part:
    """A mapping with a name: a document, a leaf, a tier.

    what: how complaints call it, and by which the tests find the loader's own list of keys; None: nothing reads it so.
    is_open: other keys are kept, not read.
    """

    name: str
    about: str
    keys: Mapping[str, Key]
    what: str | None = None
    is_open: bool = False
    example: Any = None
    needs_one_of: tuple[str, ...] = field(default=())
    """At least one of these keys has to be there."""
    like: str | None = None
    """The part whose keys this one has too: readers are told once."""

    @property
    def needed(self) -> list[str]:
        return [name for name, key in self.keys.items() if key.is_needed]


def needed(key: Key) -> Key:
    """The same key, without which the mapping says nothing."""
    return replace(key, is_needed=True)


def ref(name: str) -> Shape:
    return {"$ref": f"#/$defs/{name}"}


def either(*shapes: Shape) -> Shape:
    return {"anyOf": list(shapes)}


def listing(item: Shape, least: int = 0) -> Shape:
    return {"type": "array", "items": item, **({"minItems": least} if least else {})}


def one_or_more(item: Shape, least: int = 0) -> Shape:
    return either(item, listing(item, least))


def word(options: Collection[str]) -> Shape:
    return {"enum": list(options)}


TEXT: Final[Shape] = {"type": "string", "pattern": r"\S"}
IRI: Final[Shape] = {"type": "string", "pattern": ":"}
FLAG: Final[Shape] = {"type": "boolean"}
NUMBER: Final[Shape] = {"type": "number"}
SHARE: Final[Shape] = {"type": "number", "minimum": 0, "maximum": 1}
POSITIVE: Final[Shape] = {"type": "number", "exclusiveMinimum": 0}
COUNT: Final[Shape] = {"type": "integer", "minimum": 1}
LEVEL: Final[Shape] = {"type": "integer", "minimum": 1, "maximum": 4}
"""Of Kirkpatrick."""
PERIOD: Final[Shape] = {"type": "string", "pattern": f"^({CIVIL}|{EXACT})$"}
CIVIL_PERIOD: Final[Shape] = {"type": "string", "pattern": f"^{CIVIL}$"}
DAY: Final[Shape] = {"type": "string", "pattern": f"^{DATE}$"}
ANCHOR: Final[Shape] = {"type": "string", "pattern": r"^\d{2}-\d{2}$"}
COMPARISON: Final[Shape] = either(
    {"type": "integer", "minimum": 0, "maximum": 999},
    {"type": "string", "pattern": r"^\s*(<=|>=|==|=|<|>)?\s*\d{1,3}\s*$"},
)
