"""Whoever is named in a program is somebody: a misspelt name used to be published, and then nobody was told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from lrs.people.roster import Roster, roster_from
from lrs.yaml_door import load
from rules.language import LanguageError, load_draft, load_programs
from rules.language.schema import PARTS
from rules.lint import Ground
from rules.lint.people import unknown_names
from tests.rules.drawing import everything
from tests.rules.test_publish_commands import PROGRAM, mine, run
from tests.rules.world import ACTIVITIES, base

__all__ = ["mine"]

NOBODY = "nobodyy"
NAMED = {(part.name, name): key.names for part in PARTS.values() for name, key in part.keys.items() if key.names}
PEOPLE = """
people:
  - {id: ada, positions: [{from: 2024-01-01, job: operator, level: one, site: us-1, unit: u, employment: e}]}
  - {id: bob, positions: [{from: 2024-01-01, job: hr-partner}]}
  - {id: eve, left_on: 2025-12-31, positions: [{from: 2024-01-01, job: trainer}]}
sites: {us-1: {timezone: UTC}}
"""
LADDER = "{kind: escalation, id: standard, steps: [{at: due+P1D, TELL}]}"


def people() -> Roster:
    return roster_from(load(PEOPLE, "people.yaml")[0])


def told(text: str) -> list[str]:
    ground = Ground(load_draft(load(text, "p.yaml")), date(2026, 3, 1), people())
    return [f"{one.line}:{one.column}: {one.message} | {one.hint}" for one in unknown_names(ground)]


def ladder(tell: str) -> str:
    return LADDER.replace("TELL", tell)


def refused(text: str) -> list[str]:
    with pytest.raises(LanguageError) as raised:
        load_programs(load(text, "p.yaml"))
    return [f"{one.line}:{one.column}: {one.message} | {one.hint}" for one in raised.value.errors]


def names_of(names: Any) -> str:
    return json.dumps(names).replace('"', "")


DOCUMENTS = {
    ("audience", attribute): base(for_=f"{{{attribute}: {NOBODY}}}")
    for attribute in ("job", "level", "site", "unit", "employment")
} | {
    ("match", attribute): base(for_=f"{{job: operator, not: {{{attribute}: {NOBODY}}}}}")
    for attribute in ("job", "level", "site", "unit", "employment")
}
DOCUMENTS |= {
    ("waive", "by"): base(waive=f"{{by: [{NOBODY}]}}"),
    ("observers", "job"): base(require=f"{{all: [{{signed_off: a, by: {{job: {NOBODY}}}}}]}}"),
    ("proctors", "job"): base(require=f"{{in_order: {{steps: [{{passed: a, proctored: {{job: {NOBODY}}}}}]}}}}"),
    ("review", "owner"): base(review=f"{{owner: {NOBODY}}}"),
    ("account", "to"): base(report=f"[{{to: [ada, {NOBODY}], every: P1M}}]"),
    ("step", "tell"): ladder(f"tell: [learner, {NOBODY}]"),
    ("step", "approve"): ladder(f"do: flag-noncompliant, approve: {NOBODY}"),
}


@pytest.mark.parametrize("key", NAMED, ids="-".join)
def test_a_name_that_is_nobody_is_told_under_every_key_that_takes_names(key: tuple[str, str]) -> None:
    found = [one for one in told(DOCUMENTS[key] + "\n---" + ACTIVITIES) if NOBODY in one]
    text = DOCUMENTS[key].splitlines()
    line = next(number for number, one in enumerate(text, start=1) if NOBODY in one)
    assert [one.split(": ")[0] for one in found] == [f"{line}:{text[line - 1].index(NOBODY) + 1}"]


SPEAKS = re.compile(r"(?i)\b(jobs?|ids?|people|addresses|levels|sites|units|employment|approve)\b")
OTHERWISE = {"id", "title", "timezone", "waive", "not", "manages", "relation", "kirkpatrick", "holds"}
"""Keys of other things, or with words of their own; tests name their own people."""


def keys_of_programs() -> Iterator[tuple[str, str, str]]:
    for part in PARTS.values():
        if (
            not part.name.startswith(("trial", "given", "said", "act", "expect", "agent", "source"))
            or part.name == "account"
        ):
            yield from ((part.name, name, key.about) for name, key in part.keys.items())


def test_no_key_that_speaks_of_people_is_left_unlooked_at() -> None:
    speaking = {(part, name) for part, name, about in keys_of_programs() if SPEAKS.search(about)}
    assert {one for one in speaking if one[1] not in OTHERWISE} - {("due", "within")} == set(NAMED)


def test_every_document_of_the_language_can_be_looked_at() -> None:
    from rules.lint.names import names_in
    from tests.rules.drawing import yaml_of

    seen = {name.of for document in everything() for name in names_in(yaml_of(document))}
    assert seen == set(NAMED.values())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ladder("tell: hr-partnr"), "1:62: tell: nobody is called 'hr-partnr' | did you mean 'hr-partner'?"),
        (ladder("tell: trainer"), "1:62: tell: nobody has the job 'trainer' any more | name a job that somebody has, or a person's id"),
        (ladder("tell: eve"), "1:62: tell: 'eve' has left on 2025-12-31 | name a job that somebody has, or a person's id"),
        (
            ladder("do: flag-noncompliant, approve: hr@x.example"),
            "1:88: approve: nobody is called 'hr@x.example' | name a job that somebody has, or a person's id",
        ),
        (
            base(report="{to: qqq, every: P1M}") + ACTIVITIES,
            "11:14: to: nobody is called 'qqq' | name a job that somebody has, or a person's id, or an address",
        ),
    ],
)  # fmt: skip
def test_a_warning_names_the_key_the_line_and_who_is_near(text: str, expected: str) -> None:
    assert [one for one in told(text) if "no position" not in one] == [expected]


def test_whoever_is_there_is_no_warning() -> None:
    assert (
        told(ladder("tell: [learner, manager, skip-manager, hr-partner, ada], do: restrict-access, approve: bob")) == []
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ladder("tell: [manger]"), ["1:63: nobody is called 'manger' | did you mean 'manager'?"]),
        (ladder("tell: [laerner, skip-mangaer]"), [
            "1:63: nobody is called 'laerner' | did you mean 'learner'?",
            "1:72: nobody is called 'skip-mangaer' | did you mean 'skip-manager'?",
        ]),
        (ladder('tell: "learner, manager"'), ["1:62: 'learner, manager' is one name | several stand in a list: [learner, manager]"]),
        (
            ladder("do: flag-noncompliant, approve: learner"),
            ["1:88: 'learner' is nobody here | only tell: of a ladder knows them; name a job or a person's id"],
        ),
        (
            base(review="{owner: skip-manager}") + ACTIVITIES,
            ["11:17: 'skip-manager' is nobody here | only tell: of a ladder knows them; name a job or a person's id"],
        ),
        (
            base(report='{to: [hr, "mailto:hr@x.example", "hr@", "a@x.example; b@x.example"], every: P1M}') + ACTIVITIES,
            [
                "11:19: 'mailto:hr@x.example' is no mail address | write it alone, such as hr@example.org",
                "11:42: 'hr@' is no mail address | write it alone, such as hr@example.org",
                "11:49: 'a@x.example; b@x.example' is one name | several stand in a list: [a@x.example, b@x.example]",
            ],
        ),
    ],
)  # fmt: skip
def test_what_can_be_no_name_is_refused_before_anybody_is_known(text: str, expected: list[str]) -> None:
    assert refused(text) == expected


@pytest.mark.parametrize("job", ["shop-manager", "ship-manager", "head-manager", "trainer"])
def test_a_job_that_only_resembles_a_place_is_a_job(job: str) -> None:
    assert load_programs(load(ladder(f"tell: [{job}]"), "p.yaml"))


def test_what_was_published_with_such_a_name_still_holds() -> None:
    text = ladder("tell: [manger]") + "\n---\n" + base(report="{to: 'hr@', every: P1M}") + ACTIVITIES
    found = load_programs(load(text, "p.yaml"), is_published=True)
    assert found.escalations["standard"].steps[0].tell == ("manger",)
    assert found.programs["base"][0].about.report[0].to == ("hr@",)


def test_a_program_that_escalates_to_nobody_is_not_published_without_a_word(mine: Any) -> None:
    (mine / "programs" / "first-aid.yaml").write_text(
        PROGRAM.replace("due:", "escalate: standard\ndue:", 1) + f"---\n{ladder('tell: [led]')}\n"
    )
    expected = "first-aid.yaml:14:63: tell: nobody is called 'led'\n    did you mean 'lead'?"
    planned = run(mine, "plan", "--out", "plan.json")
    assert f"warning: {expected}" in planned.stderr
    (warning,) = json.loads(run(mine, "plan", "--json").stdout)["warnings"]
    assert (warning["line"], warning["message"]) == (14, "tell: nobody is called 'led'")
    assert expected in run(mine, "apply", "plan.json").stderr
    assert expected in run(mine, "apply").stderr


def test_a_file_with_a_long_name_is_planned_and_published_from_a_directory(mine: Any) -> None:
    folder = mine / "programs" / ("long" * 30)
    folder.mkdir()
    (mine / "programs" / "first-aid.yaml").rename(folder / f"{'name' * 30}.yaml")
    assert run(mine, "plan", "--out", "plan.json")
    assert "published: first-aid v1" in run(mine, "apply", "plan.json").stdout
