"""A page of the docs about what a system sends: its source document, the statements it shows, and what each row says of one."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from lrs.people.roster import Person
from lrs.yaml_door import load
from rules.decide import FOREVER, Decision, Facts, decide, evidence_of
from rules.language import load_programs


@dataclass(frozen=True)
class SourcePage:
    """text: of the page.  credential: the key by which its source document knows the system."""

    name: str
    text: str
    credential: str

    @property
    def statements(self) -> list[dict[str, Any]]:
        found = re.findall(r"^```json\n(.*?)^```", self.text, re.MULTILINE | re.DOTALL)
        return [json.loads(text, parse_float=Decimal) for text in found]

    @property
    def rows(self) -> list[str]:
        """What is asked in each row, in the order of the statements."""
        return re.findall(r"^\| [^|]+ \| `(\{(?:passed|completed): .*?\})` \|", self.text, re.MULTILINE)

    def decided(self, asked: str, *statements: dict[str, Any]) -> Decision:
        """By a program that asks for this, under the page's documents."""
        documents = re.findall(r"^ *```yaml\n(.*?)^ *```", self.text, re.MULTILINE | re.DOTALL)
        program = f"{{kind: certification, id: p, title: P, version: 1, effective: 2026-01-01, require: {asked}}}"
        ruleset = load_programs(load("\n---\n".join([*documents, program]), self.name))
        rows = [
            row
            for number, statement in enumerate(statements)
            for row in evidence_of({"id": f"{number:032x}", **statement}, credential=self.credential)
        ]
        return decide(ruleset, "p", Facts(Person("ada"), rows), as_of=FOREVER - 1)


def source_page(name: str, credential: str, until: str | None = None) -> SourcePage:
    """A page of docs/, up to a heading."""
    text = (Path(__file__).resolve().parents[2] / "docs" / name).read_text("utf-8")
    return SourcePage(name, text if until is None else text.partition(until)[0], credential)
