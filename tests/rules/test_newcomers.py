"""What those who write their first program get wrong: told with the place, what is meant, and how to mend it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lrs.errors import ConfigError
from lrs.yaml_door import load
from rules.language import LanguageError, load_draft, load_programs
from rules.published.store import Source
from rules.publishing.files import read

BASE = """kind: certification
id: x
title: X
version: 1
effective: 2026-01-01
for: {job: op}
due: {within: P30D}
require: {passed: exam}
"""
ACTIVITY = '---\n{kind: activity, id: exam, iris: ["https://x.example/e"]}\n'
DUE, REQUIRE = "due: {within: P30D}", "require: {passed: exam}"

CASES = {
    "two kinds of quotes": ("title: X", "title: \"X'", ["3:8 not valid YAML: a quote that opens here is not closed | close it"]),
    "a bracket": (REQUIRE, REQUIRE[:-1], ["8:10 not valid YAML: a bracket that opens here is not closed | close it, with a comma between its parts"]),
    "a tab": (REQUIRE, "require:\n\tpassed: exam", ["9:1 not valid YAML: a tab in the indentation | indent with spaces: a tab is not accepted"]),
    "a colon": ("title: X", "title X", ["3:1 not valid YAML: a colon is missing after 'title' | write title: X"]),
    "one alone": (DUE, "due: 30", ["7:6 expected keys and values here, found 30 | write due: {within: P30D}"]),
    "30d alone": (DUE, "due: 30d", ["7:6 expected keys and values here, found '30d' | write due: {within: P30D}"]),
    "a period alone": (DUE, "due: P30D", ["7:6 expected keys and values here, found 'P30D' | write due: {within: P30D}"]),
    "valid alone": (DUE, f"{DUE}\nvalid: 1 year", ["8:8 expected keys and values here, found '1 year' | write valid: {for: P1Y}"]),
    "renew alone": (DUE, f"{DUE}\nvalid: {{for: P1Y}}\nrenew: 60 days", ["9:8 expected keys and values here, found '60 days' | write renew: {window: P60D}"]),
    "attempts alone": (REQUIRE, "require: {passed: exam, attempts: 3}", ["8:35 expected keys and values here, found 3 | write attempts: {max: 3}"]),
    "days": (DUE, "due: {within: 30}", ["7:15 expected a period such as P30D, found 30 | write P30D for 30 days"]),
    "30d": (DUE, "due: {within: 30d}", ["7:15 '30d' is no period: write P30D | None"]),
    "2y": (DUE, "due: {within: 2y}", ["7:15 '2y' is no period: write P2Y | None"]),
    "a list of one": (DUE, "due:\n  - within: P30D", ["8:3 expected keys and values here, found a list | leave the dash out: there is one of it, not a list"]),
    "no list": (f"{DUE}\n{REQUIRE}", f"tiers:\n  id: a\n  {REQUIRE}", ["8:3 expected a list here, found a mapping | begin each of them with a dash and a space"]),
    "points": ("2026-01-01", "31.01.2026", ["5:12 expected a date such as 2026-01-31, found '31.01.2026' | write 2026-01-31"]),
    "slashes": ("2026-01-01", "1/31/2026", ["5:12 expected a date such as 2026-01-31, found '1/31/2026' | write 2026-01-31"]),
    "a short year": ("2026-01-01", "03.04.26", ["5:12 expected a date such as 2026-01-31, found '03.04.26' | the year needs four digits, as in 2026-04-03"]),
    "a number for a name": ("job: op", "job: 1001", ['6:12 expected text, found 1001 | write "1001" in quotes']),
    "either": ("2026-01-01", "1/2/2026", ["5:12 expected a date such as 2026-01-31, found '1/2/2026' | write 2026-01-02 or 2026-02-01"]),
    "short": ("2026-01-01", "2026-1-1", ["5:12 expected a date such as 2026-01-31, found '2026-1-1' | write 2026-01-01"]),
    "twice": (DUE, "due:\n  due: {within: P30D}", ["8:3 'due' has no key 'due' | one 'due:' is enough: take the inner one away", "8:3 'due' needs within | for example {after: assigned, within: P30D}"]),
    "too deep": (REQUIRE, "require:\n  passed: exam\n  valid: {for: P1Y}", ["10:3 'passed' has no key 'valid' | 'valid' is a key of the program: write it in the column of 'kind'"]),
    "time in role": ("for: {job: op}", "for: {job: op, time_in_role: P1Y}", ["6:16 'for' has no key 'time_in_role' | time in role is when something is due: write due: {after: role_start, within: P1Y} in the column of 'kind'"]),
    "misspelt": ("require:", "requires:", ["8:1 a certification has no key 'requires' | did you mean 'require'?"]),
    "validity": (DUE, f"{DUE}\nvalidity: 1 year", ["8:1 a certification has no key 'validity' | did you mean 'valid'?"]),
    "per cent": (REQUIRE, "require: {passed: exam, min_score: 80%}", ["8:36 expected a number from 0 to 1, such as 0.80, found '80%' | write 0.80 for 80 %"]),
    "of a hundred": (REQUIRE, "require: {passed: exam, min_score: 80}", ["8:36 expected a number from 0 to 1, such as 0.80, found 80 | write 0.80 for 80 %"]),
    "a comma": (REQUIRE, "require: {passed: exam, min_score: 0,80}", ["8:38 'passed' has no key '80' | a number has a point, not a comma: write min_score: 0.80"]),
    "a comma in a column": (REQUIRE, "require:\n  passed: exam\n  min_score: 0,80", ["10:14 expected a number from 0 to 1, such as 0.80, found '0,80' | write 0.80"]),
    "yes": (REQUIRE, "require: {passed: exam, after_assignment: yes}", ["8:43 expected true or false, found 'yes' | write true"]),
    "v1": ("version: 1", "version: v1", ["4:10 expected a whole number from 1 on, found 'v1' | write 1"]),
    "only its name": (REQUIRE, "require: exam", ["8:10 expected a requirement such as {passed: …}, found 'exam' | say what has to be done with it: {passed: exam}, {completed: exam}"]),
    "no ---": ("---\n", "", ["9:1 not valid YAML: a new document begins here | documents are separated by a line of ---"]),
}  # fmt: skip


def told(errors: tuple[ConfigError, ...]) -> list[str]:
    return [f"{one.line}:{one.column} {one.message} | {one.hint}" for one in errors]


@pytest.mark.parametrize(("right", "wrong", "expected"), CASES.values(), ids=CASES)
def test_a_newcomer_s_mistake_is_told_with_its_place_and_how_to_mend_it(
    right: str, wrong: str, expected: list[str], tmp_path: Path
) -> None:
    text = (BASE + ACTIVITY).replace(right, wrong)
    (tmp_path / "p.yaml").write_text(text)
    with pytest.raises(LanguageError) as raised:
        load_programs(tmp_path)
    places = [one for one in told(raised.value.errors) if "no activity is called" not in one]
    assert places == expected


TWICE = BASE.replace(DUE, "due: {within: 30d}") + "title: Y\nvlaid: {for: P1Y}\n" + ACTIVITY
ALL = [
    "7:15 '30d' is no period: write P30D | None",
    "9:1 duplicate key 'title' | first used on line 3",
    "10:1 a certification has no key 'vlaid' | did you mean 'valid'?",
]


def test_a_key_that_stood_twice_hid_all_other_mistakes(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(TWICE)
    with pytest.raises(LanguageError) as raised:
        load_draft(tmp_path)
    assert told(raised.value.errors) == ALL
    with pytest.raises(LanguageError) as raised:
        read([Source("p.yaml", TWICE)])
    assert told(raised.value.errors) == ALL


def test_a_key_that_stands_twice_is_no_program(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(BASE + "title: Y\n" + ACTIVITY)
    for reading in (lambda: load_programs(tmp_path), lambda: load((tmp_path / "p.yaml").read_text(), "p.yaml")):
        with pytest.raises(ConfigError, match="duplicate key 'title'"):
            reading()


def test_a_document_without_its_line_is_told_of_by_its_second_kind(tmp_path: Path) -> None:
    (tmp_path / "p.yaml").write_text(BASE + "kind: activity\n")
    with pytest.raises(LanguageError) as raised:
        load_programs(tmp_path)
    assert "9:1 duplicate key 'kind' | first used on line 1; a new document begins after a line of ---" in told(
        raised.value.errors
    )
