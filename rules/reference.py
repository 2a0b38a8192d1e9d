"""docs/reference.md: the language key by key, and what lint warns of.  `prowess schema --markdown` writes it."""

from __future__ import annotations

from rules.language.schema import markdown
from rules.lint import RULES

_HEAD = """
## What lint warns of

`prowess lint` names each with its place; `--ignore RULE` leaves one out. Only the newest version of a program is looked at.

| rule | finds | why |
|---|---|---|
"""


def reference() -> str:
    """The whole page."""
    rows = "".join(f"| `{rule.id}` | {rule.about} | {rule.why} |\n" for rule in RULES)
    return f"{markdown()}{_HEAD}{rows}"
