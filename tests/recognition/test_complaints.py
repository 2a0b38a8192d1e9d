"""Badges that nobody could check are complained about before they are handed on."""

from __future__ import annotations

from pathlib import Path

import pytest

from lrs.clock import ManualClock
from lrs.config import load_settings
from lrs.prowess import Prowess, installed_plugins
from rules.troubles.badges import complaints
from tests.entry.desk import NOW
from tests.recognition.scene import ON, badges_template
from tests.servers import sqlite_at


@pytest.mark.parametrize(
    ("without", "wanted"),
    [
        ((), []),
        (("PROWESS_RULES_BADGES", "PROWESS_ORGANISATION_NAME", "PROWESS_SERVER_PUBLIC_URL"), []),
        (
            ("PROWESS_SERVER_PUBLIC_URL",),
            ["badges are issued from http://127.0.0.1:8080, where nobody else reaches them"],
        ),
        (("PROWESS_ORGANISATION_NAME",), ["badges are issued in nobody's name"]),
    ],
)
def test_badges_that_nobody_could_check_are_complained_about(
    tmp_path: Path, without: tuple[str, ...], wanted: list[str]
) -> None:
    plugins = installed_plugins()
    sections = {plugin.name: plugin.settings for plugin in plugins if plugin.settings}
    environ = {"PROWESS_DATABASE_URL": sqlite_at(tmp_path / "store.db", badges_template), "PROWESS_RUNNER_KIND": "none"}
    environ |= {name: value for name, value in ON.items() if name not in without}
    with Prowess(load_settings(None, environ=environ, sections=sections), plugins, ManualClock(NOW)) as prowess:
        told = [one.what for one in complaints(prowess)]
        assert [what.partition(";")[0] for what in told] == wanted
        assert [one for one in prowess.complaints() if "badges" in one.what] == list(complaints(prowess))
