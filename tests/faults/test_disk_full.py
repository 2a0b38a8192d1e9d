"""The disk under SQLite is full, and then it is not (reliability 3)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from time import monotonic
from typing import Any

import pytest
import requests

from tests.faults.crowd import Crowd
from tests.faults.disk import DISKS
from tests.faults.kept import Kept
from tests.faults.nursery import serve
from tests.faults.sound import check_database, check_effects
from tests.http.attached import BOUNDARY, JSON_HEAD, attachment, body_of, data, parts_of
from tests.journey.house import House, house_in, passed, until
from tests.servers import sqlite_at

pytestmark = [pytest.mark.fault, pytest.mark.timeout(600)]

PEOPLE = [f"p{number}" for number in range(20)]
LARGE = 2_000_000
REFUSALS = 30
BACK_WITHIN = 10.0


@pytest.mark.parametrize("store", ["database", "file:attachments"])
@pytest.mark.parametrize("kind", DISKS)
def test_a_full_disk_is_503_and_the_service_is_back_when_there_is_room(
    tmp_path: Path, kind: str, store: str, tell: Callable[[str], None]
) -> None:
    with DISKS[kind](tmp_path / "disk") as disk:
        database = sqlite_at(disk.directory / "store.db")
        with house_in(disk.directory, database, users=("ada", "grace", *PEOPLE)) as house:
            house.furnish()
            house.hire(PEOPLE)
            environment = {"PROWESS_ATTACHMENTS_STORE": store, "TMPDIR": str(disk.directory)}
            server = serve(house, PROWESS_LIMITS_PAGE="10000", **environment)
            crowd, kept = Crowd(house.session.auth, PEOPLE, passing=len(PEOPLE)), Kept(house.session)
            with crowd.sending(house.url, Random(0)):
                crowd.answered(30)
            before, after = Photo(b"before "), Photo(b"after ")
            assert before.post(house).status_code == 200

            disk.fill(server.popen.pid)
            with crowd.sending(house.url, Random(1)):
                until(lambda: crowd.counts[503] >= REFUSALS, "refusals", 240)
                check_reading(house, before)
                check_refused(after.post(house))
                check_refused(post(house, json.dumps(many()).encode(), "application/json"))
            kept.look(house.url)
            crowd.check(kept)

            disk.free(server.popen.pid)
            freed = monotonic()
            with crowd.sending(house.url, Random(2)):
                crowd.answered(1)
                back = monotonic() - freed
                crowd.answered(30)
            crowd.finish(house.url)
            for photo in (before, after):
                assert photo.post(house).status_code == 200
                photo.check(house)
                crowd.acknowledged[photo.id] = photo.text
            announced = check_effects(house, crowd, kept)
            refused = crowd.counts[503]
            assert server.popen.poll() is None
            assert server.stop(seconds=90) == 0
            check_database(house.prowess)
        tell(
            f"{disk.name}: {refused} requests refused with 503, {len(crowd.acknowledged)} statements acknowledged and none"
            f" lost, back {back:.2f} s after there was room; {dict(announced)}, each once"
        )
        assert back < BACK_WITHIN


class Photo:
    """A statement with a megabyte of data."""

    def __init__(self, name: bytes) -> None:
        self._content = name * (LARGE // len(name))
        statement = passed("p0@example.org", score=0.1, attachments=[attachment(self._content)])
        self.id = str(statement["id"])
        self.text = json.dumps(statement, separators=(",", ":")).encode()

    def post(self, house: House) -> requests.Response:
        body = body_of([(JSON_HEAD, self.text), data(self._content)])
        return post(house, body, f"multipart/mixed; boundary={BOUNDARY}")

    def check(self, house: House) -> None:
        question = {"statementId": self.id, "attachments": "true"}
        answer = house.session.get(f"{house.url}/xapi/statements", params=question, timeout=30)
        assert parts_of(answer)[1][1] == self._content


def many() -> list[dict[str, Any]]:
    """A batch too large to be held in memory while it arrives."""
    return [passed("p1@example.org", score=0.1, result={"response": "x" * (LARGE // 20)}) for _ in range(20)]


def post(house: House, body: bytes, media_type: str) -> requests.Response:
    head = {"Content-Type": media_type}
    return house.session.post(f"{house.url}/xapi/statements", data=body, headers=head, timeout=60)


def check_refused(answer: requests.Response) -> None:
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "application/problem+json"), answer.text
    assert answer.headers["X-Experience-API-Version"] == "1.0.3"


def check_reading(house: House, photo: Photo) -> None:
    """Whatever is only read is answered."""
    assert requests.get(f"{house.url}/health/ready", timeout=20).status_code == 200
    page = house.session.get(f"{house.url}/xapi/statements", params={"limit": 5}, timeout=20)
    assert page.status_code == 200
    assert house.session.get(house.url + page.json()["more"], timeout=20).status_code == 200
    one = {"statementId": page.json()["statements"][0]["id"]}
    assert house.session.get(f"{house.url}/xapi/statements", params=one, timeout=20).status_code == 200
    photo.check(house)
