"""The reference part of docs/reports.md, written from the declarations: `python -m reports.documentation`.

A test compares the two, so that a report, a column or a filter without documentation cannot be merged.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from reports.catalogue import CATALOGUE
from reports.declaration import Report

PAGE: Final = Path(__file__).parents[1] / "docs" / "reports.md"
BEGIN: Final = "<!-- reports: begin, written by python -m reports.documentation -->\n"
END: Final = "<!-- reports: end -->\n"


def reference() -> str:
    """All reports in Markdown."""
    return "\n".join(_section(report) for report in CATALOGUE.values())


def updated(page: str) -> str:
    """The page with its reference part as the declarations say."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{reference()}\n{END}{after}"


def _section(report: Report) -> str:
    rows = [
        f"| `{column.name}` | {column.type} | {column.unit or ''} | {column.about} |".replace("|  |", "| |")
        for column in report.shown
    ]
    filters = [
        f"- `{one.name}` ({one.type}{f', default {one.default}' if one.default else ''}): {one.about}"
        + (f" One of {', '.join(f'`{choice}`' for choice in one.choices)}." if one.choices else "")
        for one in report.filters
    ]
    return "\n".join(
        (
            f"### {report.name}\n",
            f"{report.purpose} Grain: {report.grain}. Sorted by {', '.join(f'`{name}`' for name in report.order)}.\n",
            "| column | type | unit | what it says |",
            "|---|---|---|---|",
            *rows,
            "\nFilters:\n",
            *filters,
            "",
        )
    )


if __name__ == "__main__":
    PAGE.write_text(updated(PAGE.read_text("utf-8")), "utf-8")
