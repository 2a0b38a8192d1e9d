"""PostgreSQL commits, and its answer never arrives (reliability 6)."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import make_url

from tests.faults.proxy import Trouble, proxy_to
from tests.journey.house import house_in, passed

pytestmark = pytest.mark.fault

SOCKET = ".s.PGSQL.5432"


def test_a_commit_whose_answer_is_lost_is_503_that_promises_nothing_and_sent_again_is_one_row(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path, postgres_database: str
) -> None:
    """It was said that nothing was stored; it was."""
    url = make_url(postgres_database)
    here = Path(str(url.query["host"])) / SOCKET
    between = tmp_path_factory.mktemp("pg")
    spoiled = url.update_query_dict({"host": str(between)}).render_as_string(hide_password=False)
    with proxy_to(here, between / SOCKET) as (proxy, _), house_in(tmp_path, spoiled, light=True) as house:
        house.furnish()
        house.serve_here()
        first = house.post(passed("ada@example.org", score=0.1))  # from here on only statements are committed
        statement = passed("ada@example.org")
        proxy.trouble = Trouble("drop", on=b"COMMIT\0")
        answer = house.session.post(f"{house.url}/xapi/statements", json=statement, timeout=20)
        assert answer.status_code == 503
        assert proxy.met > 0
        assert "nothing was stored" not in answer.text
        proxy.trouble = None
        assert [one["id"] for one in house.statements()] == [*first, statement["id"]]
        assert house.post(statement) == [statement["id"]]
        assert [one["id"] for one in house.statements()] == [*first, statement["id"]]
