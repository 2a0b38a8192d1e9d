"""docs/tutorial.md does what it says: every file written, every command run, in order, in an empty directory."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from calendar import month_name
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.commanding import prowess
from tests.web.browser import Browser

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "tutorial.md").read_text()
INIT = Path(__file__).resolve().parents[2] / "lrs" / "templates"
PROWESS = shutil.which("prowess", path=str(Path(sys.executable).parent))
WRITTEN = date(2026, 12, 1)
MONTHS = list(month_name)[1:]
DAY = re.compile(
    rf"(\d{{4}})-(\d\d)-(\d\d)(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?Z)?)?|(\d{{1,2}}) ({'|'.join(MONTHS)}) (\d{{4}})"
)
BLOCK = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```$|^1\. Open `(\S+)`", re.MULTILINE | re.DOTALL)
ROW = re.compile(r"^\| `([^`]+)` \| `([^`]+)` \| (`.+`) \|$", re.MULTILINE)


class Reader:
    """Somebody who does what the page says, today."""

    def __init__(self, home: Path) -> None:
        self.cwd = home
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.environ = {
            **{key: value for key, value in os.environ.items() if not key.startswith("PROWESS_")},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PROWESS_SERVER_PORT": str(self.port),
        }
        self.later = datetime.now(UTC).date() - WRITTEN
        self.secrets: dict[str, str] = {}
        self.server: subprocess.Popen[str] | None = None

    def today(self, text: str) -> str:
        """The page's text as somebody reads it who writes their own date."""
        text = text.replace("127.0.0.1:8080", f"127.0.0.1:{self.port}")
        return re.sub(r"(effective: |--as-of )(\S+)", lambda found: found[1] + str(self.shifted(found[2])), text)

    def shifted(self, day: str) -> date:
        return date.fromisoformat(day) + self.later

    def write(self, name: str, text: str) -> None:
        (self.cwd / name).write_text(self.today(text))

    def change(self, name: str, text: str) -> None:
        old, new = re.findall(r"^[-+](.*)$", text, re.MULTILINE)
        before = (self.cwd / name).read_text()
        assert before.count(old) == 1, old
        (self.cwd / name).write_text(before.replace(old, new))

    def console(self, text: str) -> None:
        for command, expected in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", self.today(text), re.MULTILINE):
            said = self.run(command)
            self.remember(command, said)
            assert_same(expected, said, self.later)

    def run(self, command: str) -> str:
        if command.startswith("cd "):
            self.cwd /= command[3:]
            return ""
        if command == "prowess serve":
            return self.serve()
        if command.startswith("curl "):
            return self.curl(shlex.split(command))
        words = shlex.split(command)
        done = subprocess.run(words, cwd=self.cwd, env=self.environ, capture_output=True, text=True, check=False)
        return done.stdout + done.stderr

    def serve(self) -> str:
        command = [str(PROWESS), "serve"]
        self.server = subprocess.Popen(command, cwd=self.cwd, env=self.environ, stdout=subprocess.PIPE, text=True)
        assert self.server.stdout is not None
        return self.server.stdout.readline()

    def curl(self, words: list[str]) -> str:
        """Curl is not everywhere where tests run; what it is told is understood here."""
        url = next(word for word in words if word.startswith("http:"))
        given = [(words[index], words[index + 1]) for index in range(1, len(words) - 1)]
        headers: dict[str, str] = dict(value.split(": ", 1) for flag, value in given if flag == "-H")
        (body,) = (value for flag, value in given if flag == "-d")
        assert ("-u", "KEY:SECRET") in given
        auth = (self.secrets["key"], self.secrets["secret"])
        return requests.post(url, data=body, headers=headers, auth=auth, timeout=20).text

    def remember(self, command: str, said: str) -> None:
        for what, secret in re.findall(r"^(key|secret) +(\S+)$", said, re.MULTILINE):
            self.secrets[what] = secret
        for who, secret in re.findall(r"^sign-in: (\w+) / (\S+)", said, re.MULTILINE):
            self.secrets[who] = secret

    def sign_off(self, url: str) -> None:
        base, _, path = url.partition("/sign-off")
        assert path == ""
        grace = Browser(base)
        assert grace.sign_in("grace", self.secrets["grace"]).status_code == 303
        page = grace.page("/sign-off?person=ada&activity=hygiene/practical")
        fields: dict[str, Any] = {
            one["name"]: one["value"] for one in page.all("input") if one.get("type") in ("hidden", "date")
        }
        ticks: Any = [one["value"] for one in page.all("input") if one.get("name") == "rubric"]
        assert len(ticks) == 3
        assert grace.post("/sign-off", **fields, rubric=ticks, outcome="done").status_code == 303

    def stop(self) -> None:
        if self.server is not None:
            self.server.terminate()
            self.server.communicate(timeout=20)


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    somebody = Reader(tmp_path)
    yield somebody
    somebody.stop()


@pytest.mark.journey
def test_the_page_does_what_it_says(reader: Reader) -> None:
    assert PROWESS is not None
    seen = 0
    for kind, name, text, url in BLOCK.findall(PAGE):
        seen += 1
        if url:
            reader.sign_off(reader.today(url))
        elif kind == "yaml":
            reader.write(name, text)
        elif kind == "diff":
            reader.change(name, text)
        else:
            assert kind == "console"
            reader.console(text)
    assert seen == PAGE.count("\n```") // 2 + 1
    assert reader.server is not None


@pytest.mark.journey
def test_each_mistake_of_the_page_is_told_as_it_says(reader: Reader) -> None:
    rows = ROW.findall(PAGE)
    assert len(rows) == PAGE.count("\n| `") > 9
    (reader.cwd / "programs").mkdir()
    for kind, name, text, _ in BLOCK.findall(PAGE):
        if kind == "yaml" and name.startswith("programs/"):
            reader.write(name, text)
    file = reader.cwd / "programs" / "food-hygiene.yaml"
    right = file.read_text()
    for old, new, told in rows:
        assert old in right
        file.write_text(right.replace(old, new, 1))
        done = prowess("check", "programs", cwd=reader.cwd)
        said = done.stdout + done.stderr
        assert done.returncode == 1
        for sentence in re.findall(r"`([^`]+)`", told):
            assert sentence in said, new
        assert said.endswith("1 mistake\n"), said


def test_its_files_as_they_stand_there_are_checked_with_the_words_and_the_hash_it_shows(tmp_path: Path) -> None:
    checking = next(text for kind, _, text, _ in BLOCK.findall(PAGE) if kind == "console" and "prowess check " in text)
    (tmp_path / "programs").mkdir()
    shutil.copy(INIT / "sources.yaml", tmp_path / "programs")
    for kind, name, text, _ in BLOCK.findall(PAGE.partition(checking)[0]):
        if kind == "yaml":
            (tmp_path / name).write_text(text)
    told = ""
    for command in re.findall(r"^\$ prowess (.*)$", checking, re.MULTILINE):
        done = prowess(*shlex.split(command), cwd=tmp_path)
        told += f"$ prowess {command}\n{done.stdout}{done.stderr}"
    assert told == checking


def assert_same(expected: str, said: str, later: timedelta) -> None:
    """Line by line; days may differ by one, as leap days and time zones have it, and what is made up is passed over."""
    wanted, got = ([bare(line) for line in text.splitlines()] for text in (expected, said))
    if wanted and wanted[-1] == "  ...":
        wanted = wanted[:-1]
        got = got[: len(wanted)]
    assert wanted == got, "\n".join(["WANTED", *wanted, "GOT", *got])
    for one, other in zip(days(expected), days(said), strict=False):
        assert abs((one + later - other).days) <= 1, (one, other)


def bare(line: str) -> str:
    line = DAY.sub("DAY", line)
    line = re.sub(r"\b[0-9a-f]{8}-[0-9a-f-]{27}\b", "ID", line)
    return re.sub(r"(hash |key +|secret +|sign-in: \w+ / )\S+", r"\1…", line)


def days(text: str) -> list[date]:
    found = []
    for year, month, day, other_day, name, other_year in DAY.findall(text):
        found.append(
            date(int(year), int(month), int(day))
            if year
            else date(int(other_year), MONTHS.index(name) + 1, int(other_day))
        )
    return found
