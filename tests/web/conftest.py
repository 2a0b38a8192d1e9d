"""A real server with a seeded organisation, and a browser's manners."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from lrs.app import create_app
from lrs.prowess import Prowess
from lrs.server import Server
from tests.web.browser import Browser, client, close_clients
from tests.web.organisation import PASSWORD, build


class House:
    """The seeded store behind a server."""

    def __init__(self, url: str, prowess: Prowess) -> None:
        self.url = url
        self.prowess = prowess

    def browser(self) -> Browser:
        """Somebody with a browser, not signed in."""
        return Browser(self.url)

    def program(self) -> requests.Session:
        """A client with a key for reports."""
        name = f"bi-{self.prowess.ids.uuid().hex[:8]}"
        credential, secret = self.prowess.credentials.create(name, ["reports"])
        session = client()
        session.auth = (credential.key, str(secret))
        return session


@pytest.fixture(autouse=True)
def _close_connections() -> Iterator[None]:
    yield
    close_clients()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One seeded server for all tests that only read."""
    prowess = build(Path(tmp_path_factory.mktemp("house")))
    server = Server(create_app(prowess), host="127.0.0.1", port=0)
    stop = server.serve_in_thread()
    yield House(server.url, prowess)
    stop()


@pytest.fixture(scope="session")
def ada(house: House) -> Browser:
    """Ada, signed in."""
    browser = house.browser()
    browser.sign_in("ada", PASSWORD)
    return browser
