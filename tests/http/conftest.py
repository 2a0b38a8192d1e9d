"""One store for many requests: what these tests send is small and never collides."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lrs.app import create_app
from lrs.config import load_settings
from lrs.migrate import migrate
from lrs.prowess import Prowess
from lrs.server import Server
from tests.conftest import Served


@pytest.fixture(scope="session")
def lite_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A bare store on SQLite that all tests of a process share, where the database does not matter."""
    file: Path = tmp_path_factory.mktemp("lite") / "store.db"
    environ = {
        "PROWESS_DATABASE_URL": f"sqlite:///{file}",
        "PROWESS_SERVER_CORS_ORIGINS": "[https://content.example]",
        "PROWESS_LIMITS_BODY_BYTES": "300000",
    }
    prowess = Prowess(load_settings(None, environ=environ))
    migrate(prowess.database, prowess.plugins)
    credential, secret = prowess.credentials.create("everything", ["all"])
    app = create_app(prowess)
    server = Server(app, host="127.0.0.1", port=0)
    stop: Callable[[], None] = server.serve_in_thread()
    yield Served(server.url, app, prowess, credential.key, str(secret))
    stop()
