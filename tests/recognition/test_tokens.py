"""Addresses that nobody guesses and places that nobody shares, without a table of either."""

from __future__ import annotations

import pytest

from rules.recognition.status_list import encoded, is_set
from rules.recognition.tokens import LIST_SIZE, Line, Tokens

MINE, OTHERS = Tokens(b"m" * 32), Tokens(b"o" * 32)


@pytest.mark.parametrize("number", [0, 1, 131_071, 131_072, 2**40])
def test_a_name_leads_back_to_its_number_in_this_store_alone(number: int) -> None:
    line = Line(number, 1_782_831_600_000_014)
    token = MINE.of(line)
    assert len(token) == 43
    assert MINE.find(token) == line
    assert OTHERS.find(token) is None
    assert MINE.of(line) == token


@pytest.mark.parametrize(
    "token", ["", "x", "é" * 43, "A" * 43, "A" * 42, "=" * 43, MINE.of(Line(7, 7))[:-1], MINE.of(Line(7, 7)) + "A"]
)
def test_no_other_text_is_a_name(token: str) -> None:
    assert MINE.find(token) is None


def test_no_two_badges_share_a_place() -> None:
    first = {MINE.place(number) for number in range(5_000)}
    assert len(first) == 5_000
    assert {place.list for place in first} == {0}
    assert all(0 <= place.bit < LIST_SIZE for place in first)
    assert MINE.place(LIST_SIZE).list == 1
    neighbours = [abs(MINE.place(i).bit - MINE.place(i + 1).bit) for i in range(1_000)]
    assert sum(neighbours) / len(neighbours) > LIST_SIZE / 10, "an index does not tell which badge came before which"


def test_a_list_tells_each_bit_and_no_other() -> None:
    """The example of Bitstring Status List 1.0 is all zeros: it decodes to what ours is made of."""
    set_ = [0, 7, 8, 94_567, LIST_SIZE - 1]
    listed = encoded(set_)
    looked_at = [*range(10), 94_566, 94_567, 94_568, LIST_SIZE - 2, LIST_SIZE - 1]
    assert [index for index in looked_at if is_set(listed, index)] == set_
    published = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA"
    assert not any(is_set(published, index) for index in range(0, LIST_SIZE, 20_000))
