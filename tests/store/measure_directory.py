"""What the directory's consumer costs a statement: `python -m tests.store.measure_directory [DATABASE_URL]`.

Statements like Moodle's, a hundred activities, a thousand people with names; what all senders repeat is the rule.
"""

from __future__ import annotations

import copy
import json
import sys
import tempfile
from statistics import median
from time import process_time
from uuid import uuid4

from sqlalchemy import Connection, update

from lrs.config import load_settings
from lrs.migrate import migrate
from lrs.prowess import Prowess
from lrs.store import tables as t
from lrs.store.canon import CONSUMER, CanonKeeper
from lrs.store.statements import Intake
from lrs.xapi.intake import prepare
from lrs.xapi.versions import Version
from tests.xapi.measure_intake import LIKE_MOODLE

COUNT = 20_000


def like_moodle(number: int) -> dict:
    made = copy.deepcopy(LIKE_MOODLE)
    made["actor"] = {
        "name": f"Person {number % 1000}",
        "account": {"homePage": "https://l.x", "name": str(number % 1000)},
    }
    made["object"]["id"] += str(number * 7 % 100)
    return made


def move(conn: Connection, cursor: int) -> None:
    conn.execute(update(t.consumer).where(t.consumer.c.name == CONSUMER).values(cursor=cursor))


def main() -> None:
    url = sys.argv[1] if len(sys.argv) > 1 else f"sqlite:///{tempfile.mkdtemp()}/store.db"
    with Prowess(load_settings(None, environ={"PROWESS_DATABASE_URL": url})) as prowess:
        migrate(prowess.database, prowess.plugins)
        credential, _ = prowess.credentials.create("all", ["all"])
        for start in range(0, COUNT, 500):
            body = json.dumps([like_moodle(start + i) for i in range(500)]).encode()
            batch = prepare(body, version=Version.V1_0_3, authority=credential.authority, new_id=uuid4)
            prowess.statements.record(Intake(1, credential.id, batch.statements, Version.V1_0_3))
        prowess.feed.cursor(CONSUMER)
        keeper, cursor = CanonKeeper(prowess.database), 0
        reading: list[float] = []
        digesting: list[float] = []
        while True:
            began = process_time()
            items = prowess.feed.read(cursor, keeper.batch)
            read = process_time()
            if not items:
                break
            effect, cursor = keeper.consume(items), items[-1].seq
            prowess.database.write(lambda conn, effect=effect, cursor=cursor: (move(conn, cursor), effect(conn)))
            reading.append(read - began)
            digesting.append(process_time() - read)
        print("microseconds of processor time a statement, by batches of", keeper.batch)  # noqa: T201
        for name, times in (("reading the feed", reading), ("digesting", digesting)):
            first, best, middle = times[0], min(times), median(times)
            shown = (f"{seconds / keeper.batch * 1e6:6.1f}" for seconds in (first, best, middle))
            print(f"{name:18} first {next(shown)}  best {next(shown)}  median {next(shown)}")  # noqa: T201


if __name__ == "__main__":
    main()
