"""What becomes of credentials as decisions change: `rules.decisions.credentials`, told document by document."""

from __future__ import annotations

from typing import Any

import pytest

from rules.decisions.credentials import Credentials

PASS, LATER = "11111111-0000-4000-8000-000000000000", "22222222-0000-4000-8000-000000000000"


def document(award: str, start: str | None = None, end: str | None = None, *used: str) -> dict[str, Any]:
    return {"award": award, "valid_from": start, "expires_on": end, "version": 1, "proof": {"used": list(used)}}


NONE = document("none")
FIRST = document("valid", "2026-03-10", "2027-03-10", PASS)
SECOND = document("valid", "2027-02-01", "2028-03-10", LATER)


def told(*documents: dict[str, Any], voided: tuple[str, ...] = ()) -> list[tuple[str, str, str | None]]:
    """The fates of the last document; `voided` is known from then on."""
    mine = Credentials()
    for one in documents[:-1]:
        mine.follow(one, ())
    return [(fate.what, fate.credential.valid_from, fate.reason) for fate in mine.follow(documents[-1], voided)]


@pytest.mark.parametrize(
    ("documents", "fates"),
    [
        ([NONE], []),
        ([NONE, FIRST], [("issued", "2026-03-10", None)]),
        ([FIRST, FIRST], []),
        ([FIRST, SECOND], [("issued", "2027-02-01", None)]),
        ([FIRST, document("expired", "2026-03-10", "2027-03-10", PASS)], []),
        ([FIRST, document("lapsed", "2026-03-10", "2027-03-10", PASS)], []),
        ([FIRST, document("suspended", "2026-03-10", "2027-03-10", PASS)], [("revoked", "2026-03-10", "suspended")]),
        ([FIRST, document("suspended", "2026-03-10", "2027-03-10", PASS), FIRST], [("issued", "2026-03-10", None)]),
        (
            [FIRST, SECOND, document("suspended", "2027-02-01", "2028-03-10", LATER)],
            [("revoked", "2026-03-10", "suspended"), ("revoked", "2027-02-01", "suspended")],
        ),
        ([{**FIRST, "flags": ["provisional"]}], []),
        ([{**FIRST, "flags": ["provisional"]}, FIRST], [("issued", "2026-03-10", None)]),
        ([FIRST, {**FIRST, "flags": ["provisional"]}], [("revoked", "2026-03-10", "recomputed")]),
        ([FIRST, document("revoked", "2026-03-10", "2027-03-10", PASS)], [("revoked", "2026-03-10", "revoked")]),
        (
            [FIRST, document("revoked", "2026-03-10", "2027-03-10", PASS), FIRST],
            [("issued", "2026-03-10", None)],
        ),
        ([FIRST, NONE], [("revoked", "2026-03-10", "recomputed")]),
        (
            [FIRST, document("valid", "2026-02-20", "2027-02-20", LATER)],
            [("revoked", "2026-03-10", "recomputed"), ("issued", "2026-02-20", None)],
        ),
        (
            [FIRST, document("valid", "2026-03-10", "2028-03-10", PASS)],
            [("revoked", "2026-03-10", "recomputed"), ("issued", "2026-03-10", None)],
        ),
    ],
)
def test_a_credential_follows_its_award(documents: list[dict[str, Any]], fates: list[Any]) -> None:
    assert told(*documents) == fates


def test_voided_evidence_revokes_whatever_was_built_on_it() -> None:
    assert told(FIRST, NONE, voided=(PASS,)) == [("revoked", "2026-03-10", "evidence_voided")]
    assert told(FIRST, SECOND, SECOND, voided=(PASS,)) == [("revoked", "2026-03-10", "evidence_voided")]
    other = document("valid", "2026-03-12", "2027-03-12", LATER)
    assert told(FIRST, other, voided=(PASS,)) == [
        ("revoked", "2026-03-10", "evidence_voided"),
        ("issued", "2026-03-12", None),
    ]
    same = document("valid", "2026-03-10", "2027-03-10", LATER)
    assert told(FIRST, same, voided=(PASS,)) == [
        ("revoked", "2026-03-10", "evidence_voided"),
        ("issued", "2026-03-10", None),
    ]


def test_what_was_open_beside_the_award_proves_nothing_of_it() -> None:
    """A try at the renewal that was voided took the badge of the running award with it."""
    earned = {"criterion": "initial", "met_at": "2026-03-10T12:00:00Z", "used": [PASS]}
    opened = {"criterion": "renewal", "used": [LATER]}
    both = {**FIRST, "proof": {"of": [earned, opened]}}
    assert told(both, both, voided=(LATER,)) == []
    assert told(both, both, voided=(PASS,))[0] == ("revoked", "2026-03-10", "evidence_voided")
