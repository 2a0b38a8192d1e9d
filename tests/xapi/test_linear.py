"""No text makes a pattern work for longer than its length allows."""

from __future__ import annotations

import time
import tracemalloc

import pytest

from lrs.xapi.duration import comparison_text, is_duration
from lrs.xapi.json_door import load
from lrs.xapi.language import choose_language, is_language_tag, parse_accept_language
from lrs.xapi.lexical import is_iri, is_mailto, is_media_type, is_sha1, is_sha2, is_uuid
from lrs.xapi.parameters import load_statement_query
from lrs.xapi.timestamp import instant, utc_text
from lrs.xapi.versions import parse_version_header

SIZE = 100_000
UNITS = (
    "a",
    "1",
    "-",
    "a-",
    "-a-bb",
    "-x-a",
    "-aaaaa",
    "@",
    "a@",
    "a:",
    ":",
    ".",
    "1.",
    "/",
    "a/",
    "; ",
    " ",
    "\t",
    "+",
    "P1Y",
    "PT1",
    "1S",
    ",",
    "0",
    "é",
    "\n",
)
STARTS = (
    "",
    "en",
    "x",
    "en-a",
    "mailto:",
    "mailto:a@",
    "http://",
    "text/plain;",
    "P",
    "PT",
    "P1Y2M3DT",
    "2020-01-01T00:00:00.",
    "2020-01-01T00:00:00",
    "1.0.",
    "2.0.",
    "en;q=",
)
ENDS = ("", "!", "\x00", "Z\n")
FUNCTIONS = (
    is_iri,
    is_uuid,
    is_mailto,
    is_sha1,
    is_sha2,
    is_media_type,
    is_duration,
    comparison_text,
    is_language_tag,
    parse_accept_language,
    instant,
    utc_text,
    parse_version_header,
)


@pytest.mark.parametrize(
    "function",
    FUNCTIONS,
    ids=lambda function: getattr(function, "__name__", "") + repr(getattr(function, "__self__", ""))[:40],
)
def test_long_texts_take_no_longer_than_their_length(function):
    """100 kB each; anything quadratic would take minutes, so the bound can be generous."""
    started = time.perf_counter()
    count = 0
    for start in STARTS:
        for unit in UNITS:
            for end in ENDS:
                count += 1
                try:
                    function(start + unit * (SIZE // len(unit)) + end)
                except Exception as why:  # noqa: BLE001 - only the time matters here
                    assert not isinstance(why, RecursionError | MemoryError)  # noqa: PT017
    assert (time.perf_counter() - started) / count < 0.25


@pytest.mark.parametrize("start", ["", "en", "x", "en-a"])
def test_a_long_language_tag_took_eighty_times_its_length_of_memory(start):
    for unit in ("a-", "-a", "-x-a", "-a-bb", "-aaaaa"):
        tag = (start + unit * SIZE)[:SIZE].rstrip("-")
        tracemalloc.start()
        is_language_tag(tag)
        parse_accept_language(tag)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert most < 3 * SIZE, (unit, most)


@pytest.mark.parametrize(
    "body",
    [
        '"' + "\\" * SIZE,
        '"' + "\\u" * SIZE,
        "[" + " " * SIZE,
        '{"a"' + " " * SIZE + "}",
        "{" + '"a":1,' * SIZE,
        "1" * SIZE,
        "-" * SIZE,
        "[" * SIZE,
        '[{"a":' * SIZE,
    ],
)
def test_long_json(body):
    started = time.perf_counter()
    with pytest.raises(Exception, match=r".") as caught:
        load(body)
    assert caught.value.status == 400
    assert time.perf_counter() - started < 5


def test_long_parameters_and_names():
    for name in ("x" * SIZE, "statementId" * 10_000):
        with pytest.raises(Exception, match="parameter"):
            load_statement_query([(name, "x")])
    assert choose_language({f"en-{number}": "" for number in range(1000)}, parse_accept_language("en-x," * 1000))
