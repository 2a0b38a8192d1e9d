"""Requirements section 6: results, scores and durations."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest

from lrs.xapi.duration import comparison_text, is_duration
from lrs.xapi.json_door import load
from lrs.xapi.problems import StatementInvalid
from lrs.xapi.result import validate_score
from tests.xapi.examples import GONE, Case, accepts, check, refuses, send_one

DURATIONS = [
    "PT1H0M0.1S",
    "PT16559.14S",
    "P3Y",
    "P4W",
    "P3Y1M29DT4H35M59.14S",
    "PT0S",
    "P0D",
    "PT1.5H",
    "P0.5Y",
    "PT1,5S",
    "P1Y2M",
    "PT36H",
    "P0.5W",
    "PT1.123456789012345678901234567890S",
]
NOT_DURATIONS = [
    "P4W1D",
    "PA1H0M0S",
    "P0003-06-04T12:30:05",
    "P",
    "PT",
    "P1YT",
    "PT1",
    "1H",
    "P1H",
    "PT1D",
    "P1D1M",
    "PT1.5H3M",
    "-P1D",
    "P-1D",
    "p1d",
    "P1.S",
    "PT.5S",
    "should",
]


CASES = list(
    itertools.chain(
        refuses("00074-success-is-text", ("result.success", "true")),
        refuses("00074-success-is-a-number", ("result.success", 0)),
        refuses("00075-completion-is-text", ("result.completion", "false")),
        refuses("00076-response-is-a-boolean", ("result.response", True)),
        accepts("00076-empty-response", ("result.response", "")),
        *(accepts(f"00124-{text}", ("result.duration", text)) for text in DURATIONS),
        *(refuses(f"00077-{text}", ("result.duration", text)) for text in NOT_DURATIONS),
        refuses("00077-other-digits", ("result.duration", "PT٣S")),
        refuses("00077-line-break", ("result.duration", "PT1S\n")),
        refuses("00077-a-number", ("result.duration", 12345)),
        accepts("T-02-more-than-hundredths", ("result.duration", "PT0.1237S")),
        refuses("00078-extensions-is-text", ("result.extensions", "x")),
        refuses("00079-score-is-a-number", ("result.score", 95)),
        refuses("00079-score-is-an-array", ("result.score", [])),
        accepts("00079-empty-score", ("result.score", {})),
        refuses("00080-min-is-max", ("result.score", {"min": 0, "max": 0, "raw": 0}), at="$.result.score.min"),
        refuses(
            "00081-min-above-max", ("result.score", {"min": 2, "max": 1}), at="$.result.score.min", rule="XAPI-00080"
        ),
        refuses("00081-max-is-text", ("result.score.max", "100")),
        refuses("00080-min-is-text", ("result.score.min", "0")),
        accepts("00080-negative-bounds", ("result.score", {"min": -5, "max": -1.5, "raw": -1.5})),
        accepts("00082-raw-without-bounds", ("result.score", {"raw": -1e300})),
        accepts("00082-raw-on-the-bounds", ("result.score", {"raw": 0, "min": 0, "max": 1})),
        refuses("00082-raw-below-min-alone", ("result.score", {"raw": 1, "min": 1.01}), at="$.result.score.raw"),
        refuses("00082-raw-above-max-alone", ("result.score", {"raw": 1.01, "max": 1}), at="$.result.score.raw"),
        *(
            accepts(f"00083-{value}", ("result.score", {"scaled": value}))
            for value in (-1, 1, 0, 1.0, -1.0, 0.999999999)
        ),
        *(refuses(f"00083-{value}", ("result.score.scaled", value)) for value in (1.01, -1.00001, 2, -2, 1e300)),
        accepts("00006-no-result", ("result", GONE)),
    )
)


@pytest.mark.parametrize("case", CASES)
def test_case(case: Case):
    check(case)


def test_bounds_are_compared_beyond_the_precision_of_floats():
    above = b"1." + b"0" * 60 + b"1"
    with pytest.raises(StatementInvalid):
        validate_score(load(b'{"scaled":' + above + b"}"), ())
    validate_score(load(b'{"raw":%s,"max":%s}' % (b"9" * 40, b"9" * 40)), ())
    with pytest.raises(StatementInvalid):
        validate_score(load(b'{"raw":%s,"max":%s}' % (b"9" * 40, b"9" * 39 + b"8")), ())


def test_huge_exponents_are_compared_without_writing_them_out():
    validate_score({"raw": Decimal("1e9999"), "min": 1}, ())


@pytest.mark.parametrize(
    ("text", "compared"),
    [
        pytest.param("PT0.1237S", "PT0.12S", id="T-02-cut-not-rounded"),
        pytest.param("PT0.129S", "PT0.12S", id="T-02-cut-not-rounded-up"),
        pytest.param("PT0.10S", "PT0.1S", id="T-02-trailing-zero"),
        pytest.param("PT1.00S", "PT1S", id="T-02-no-fraction-left"),
        pytest.param("PT1,5S", "PT1.5S", id="T-02-comma"),
        pytest.param("PT60M", "PT60M", id="S-69-units-are-not-converted"),
        pytest.param("PT1.005H", "PT1.005H", id="T-02-hours-keep-their-fraction"),
    ],
)
def test_comparison_text(text, compared):
    assert is_duration(text)
    assert comparison_text(text) == compared


def test_a_duration_is_given_back_as_sent():
    body = send_one(
        {
            "actor": {"mbox": "mailto:a@b"},
            "verb": {"id": "a:b"},
            "object": {"id": "a:c"},
            "result": {"duration": "PT0.1237S"},
        }
    ).body
    assert b'"PT0.1237S"' in body
