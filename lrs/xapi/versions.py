"""The two versions of xAPI we speak: request and answer headers, and the `version` property of statements."""

from __future__ import annotations

import re
from enum import Enum

from lrs.errors import BadRequest

HEADER = "X-Experience-API-Version"

_REQUEST_1_0 = re.compile(r"1\.0(?:\.[0-9]+)?")
_REQUEST_2_0 = re.compile(r"2\.0(?:\.[0-9]+)?")
_STATEMENT_1_0 = re.compile(r"1\.0(?:\.[!-~]*)?")
_STATEMENT_2_0 = re.compile(r"2\.0(?:\.[!-~]*)?")


class Version(Enum):
    """A line of the specification, by the latest patch of it that we serve."""

    V1_0_3 = "1.0.3"
    V2_0 = "2.0.0"

    @property
    def header(self) -> str:
        """What every answer on this line carries (xAPI-Communication 3.3, XAPI-00333)."""
        return self.value

    @property
    def statement_default(self) -> str:
        """The `version` of a statement that came without one (xAPI-Data 2.4.10, XAPI-00332)."""
        return "1.0.0" if self is Version.V1_0_3 else "2.0.0"

    def accepts(self, statement_version: str) -> bool:
        """Whether a statement may call itself that version (XAPI-00101; 2.0 also takes 1.0.x, T-10)."""
        if _STATEMENT_1_0.fullmatch(statement_version):
            return True
        return self is Version.V2_0 and _STATEMENT_2_0.fullmatch(statement_version) is not None


def answered_version(text: str | None, habit: Version = Version.V1_0_3) -> Version:
    """The line of the answer to a request that asks like this (XAPI-00333); the nearest to what is not served.

    habit: the line this client spoke before, for requests that say nothing; who never said anything is older than 2.0.
    """
    if text is None:
        return habit
    return Version.V2_0 if text.startswith("2") else Version.V1_0_3


def parse_version_header(text: str | None) -> Version:
    """The line a request asks for; every patch of a line is welcome (xAPI-Communication 3.3, XAPI-00331)."""
    if text is None:
        raise BadRequest(f"the header {HEADER} is missing", hint=f"send {HEADER}: 1.0.3 or 2.0.0", rule="XAPI-00331")
    if _REQUEST_1_0.fullmatch(text):
        return Version.V1_0_3
    if _REQUEST_2_0.fullmatch(text):
        return Version.V2_0
    detail = f"{HEADER} {text[:40]!a} is not a version served here"
    raise BadRequest(detail, hint="1.0, 1.0.x, 2.0 and 2.0.x are", rule="XAPI-00331")
