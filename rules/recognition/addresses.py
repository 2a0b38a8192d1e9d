"""Where what is public about badges stands.  Credentials keep these addresses for ever: none of them may ever move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

PREFIX: Final = "/badges"


@dataclass(frozen=True, slots=True)
class Addresses:
    """root: `server.public_url`, without a trailing slash."""

    root: str

    @property
    def issuer(self) -> str:
        return f"{self.root}{PREFIX}/issuer"

    @property
    def keys(self) -> str:
        return f"{self.root}{PREFIX}/keys"

    def key(self, id_: str) -> str:
        """What `kid` says: it leads to the JWK (Open Badges 3.0, JOSE header)."""
        return f"{self.keys}/{id_}"

    def achievement(self, program_id: str, version: int) -> str:
        return f"{self.root}{PREFIX}/achievements/{quote(program_id)}/{version}"

    def picture(self, program_id: str, version: int) -> str:
        return f"{self.achievement(program_id, version)}.svg"

    def credential(self, token: str) -> str:
        return f"{self.root}{PREFIX}/credentials/{token}"

    def status(self, number: int) -> str:
        return f"{self.root}{PREFIX}/status/{number}"

    def statement(self, id_: str) -> str:
        """A page for those who may read statements; strangers are sent to sign in."""
        return f"{self.root}/statements/{id_}"
