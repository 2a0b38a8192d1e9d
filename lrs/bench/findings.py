"""What a part of the benchmark is asked for, and what it gives: facts and rows, as Markdown and as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from lrs.bench.machine import describe

Work = Literal["server", "worker", "nobody"]
"""Who works behind the requests of a store: it itself, `prowess work` beside it, or nobody, to see what that costs."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What is measured, the same for every part.

    directory: for files of the part's own.  database: an empty one; an SQLite file in the directory when it is None.
    statements: in the store when it is read.  seconds: of each load.  peer: the xAPI endpoint, key and secret of another
    store, to be loaded alike.  work: who does the work behind the requests.
    """

    directory: Path
    database: str | None = None
    statements: int = 10_000
    seconds: float = 5.0
    connections: tuple[int, ...] = (8, 32)
    peer: tuple[str, str, str] | None = None
    work: Work = "server"

    @property
    def database_url(self) -> str:
        return self.database or f"sqlite:///{self.directory / 'bench.db'}"

    @property
    def home(self) -> Path:
        """Where a store may be set up."""
        return self.directory / "store"

    @property
    def environ(self) -> dict[str, str]:
        """What tells a process of ours which database it is, and whether it works behind its requests."""
        kind = "embedded" if self.work == "server" else "none"
        return {"PROWESS_DATABASE_URL": self.database_url, "PROWESS_RUNNER_KIND": kind}

    def findings(self) -> Findings:
        """Nothing yet but where it is measured."""
        return Findings({"machine": describe(), "database": self.database_url.partition(":")[0]})


@dataclass(slots=True)
class Findings:
    """What a part found: facts in words, and rows of the same columns."""

    facts: dict[str, str] = field(default_factory=dict)
    rows: list[Mapping[str, Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {"facts": self.facts, "rows": self.rows}

    def as_markdown(self) -> str:
        columns = list(self.rows[0]) if self.rows else []
        lines = [f"- {name}: {value}" for name, value in self.facts.items()]
        lines += ["", f"| {' | '.join(columns)} |".replace("_", " "), "|---|" + "--:|" * (len(columns) - 1)]
        lines += [f"| {' | '.join(_shown(row[column]) for column in columns)} |" for row in self.rows]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Bench:
    """A part of `prowess bench`.  measure: runs it; called only when it is asked for."""

    name: str
    what: str
    measure: Callable[[Setting], Findings]


def each_size(statements: int) -> Sequence[int]:
    """The sizes at which a growing store is read: 10 k, 100 k and so on, and the one that was asked for."""
    sizes = [size for power in range(4, 12) if (size := 10**power) < statements]
    return [*sizes, statements] if statements else []


def _shown(value: Any) -> str:
    return "" if value is None else f"{value:,}" if isinstance(value, int | float) else str(value)
