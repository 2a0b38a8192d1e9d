"""Learners and managers have no shell and write no programs: their pages speak of neither, also where there is nothing yet."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from lrs import yaml_door
from lrs.people.roster import roster_from
from lrs.web.accounts import create_account
from tests.conftest import Served
from tests.entry.desk import (
    PASSWORD,
    PEOPLE,
    Office,
    database_in,
    fill_in,
    open_furnished,
    sound,
    store_at,
)
from tests.entry.test_credentials import hand_in

ODD = re.compile(
    r"\bprowess (?:account|people|apply|plan|check|explain|doctor)\b|\bkind:|\bescalate:|\bfor: \{|\.yaml\b|people file"
    r"|\bpresented\b|Complete through|business days of|skip-manager|\bterminated\b"
)
PATHS = (
    "/",
    "/enter",
    "/people",
    "/people/ada",
    "/programs",
    "/curricula",
    "/curricula/operator",
    "/escalations",
    "/reviews",
    "/sign-off",
    "/attendance",
    "/surveys",
    "/credentials",
    "/acts",
    "/people/ada/notices",
    "/reports/standing",
)


def _odd(office: Office, name: str, paths: tuple[str, ...] = PATHS) -> list[tuple[str, str]]:
    browser, found = office.browser(name), []
    for path in paths:
        answer = browser.get(path)
        if answer.status_code == 303:
            continue
        page = sound(answer.text)
        found += [(path, one[0]) for one in ODD.finditer(page.words)]
    return found


@pytest.mark.parametrize("name", ["ada", "grace", "stray"])
def test_learners_and_managers_read_of_commands_and_documents(office: Office, name: str) -> None:
    hand_in(office.browser("ada"))
    fill_in(office.browser("grace"), "/acts?person=ada&program=yard&act=waive", reason="Broken leg")
    assert _odd(office, name, (*PATHS, "/people/ada/programs/yard", "/programs/yard/escalation")) == []


@pytest.mark.parametrize("name", ["ada", "grace", "stray"])
def test_where_nothing_is_published_learners_and_managers_were_told_to_run_commands(
    serve: Callable[..., Served], tmp_path: Path, name: str
) -> None:
    url = database_in(tmp_path)
    with store_at(url) as prowess:
        (document,) = yaml_door.load(PEOPLE, "people.yaml")
        prowess.people.record(roster_from(document))
        for who in ("ada", "grace"):
            create_account(prowess, who, PASSWORD, "member", person=who)
        create_account(prowess, "stray", PASSWORD, "member")
        create_account(prowess, "root", PASSWORD, "admin")
    office = open_furnished(serve, url)
    assert _odd(office, name) == []
    assert "prowess apply" in office.browser("root").page("/sign-off").words, "administrators are told how"
