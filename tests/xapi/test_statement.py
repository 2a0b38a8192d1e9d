"""Requirements sections 8 and 9: id, timestamp, stored, authority, version, and attachments' metadata."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.clock import to_us
from lrs.errors import BadRequest
from lrs.xapi import timestamp
from lrs.xapi.timestamp import instant, utc_text
from lrs.xapi.versions import Version, parse_version_header
from tests.xapi.examples import AGENT, GONE, ONLY_1_0, ONLY_2_0, STATEMENT, Case, accepts, check, refuses

TIMESTAMPS = (
    "2008-09-15T15:53:00.601Z",
    "2008-09-15T15:53:00.601+00:00",
    "2008-09-15T15:53:00+02",
    "2008-09-15T15:53:00-0330",
    "2008-09-15T15:53:00.123456789012345678901234567890-11:30",
    "2008-09-15T15:53:00",
    "2008-09-15T15:53Z",
    "20080915T155300Z",
    "20080915T155300,5+0100",
    "2008-09-15t15:53:00z",
    "2012-02-29T00:00:00Z",
    "2016-12-31T23:59:60Z",
    "2030-01-01T00:00:00Z",
    "2999-12-31T23:59:59Z",
)
NOT_TIMESTAMPS = (
    "should fail",
    "01/011/2015",
    "2008-09-15T15:53:00.601-00",
    "2008-09-15T15:53:00.601-0000",
    "2008-09-15T15:53:00.601-00:00",
    "2008-09-15",
    "15:53:00Z",
    "2008-W38-1T15:53:00Z",
    "2008-259T15:53:00Z",
    "2008-09-15 15:53:00Z",
    "2008-09-15T15Z",
    "2008-09-15T15:53:00.Z",
    "2008-09-15T15:53:00.601Z\n",
    "2008-13-15T15:53:00Z",
    "2008-02-30T15:53:00Z",
    "2008-09-15T24:01:00Z",
    "2008-09-15T15:60:00Z",
    "2008-09-15T15:53:60Z",
    "2008-09-15T15:53:61Z",
    "2008-09-15T15:53:00+24:00",
    "2008-09-15T15:53:00+01:60",
    "٢٠٠٨-09-15T15:53:00Z",
    "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+01:00",
    "9999-12-31T23:59:59-01:00",
    "+12008-09-15T15:53:00Z",
    "",
)
NOT_UUIDS = (
    "AA97B177-9383-4934-8543-0F91A7A028368",
    "MA97B177-9383-4934-8543-0F91A7A02836",
    "x",
    "{fd41c918-b88b-4b20-a0a5-a4c32391aaa0}",
    "fd41c918b88b4b20a0a5a4c32391aaa0",
    "urn:uuid:fd41c918-b88b-4b20-a0a5-a4c32391aaa0",
    "fd41c918-b88b-4b20-a0a5-a4c32391aaa0\n",
)
OAUTH = {"account": {"homePage": "http://example.com/OAuth/Token", "name": "consumer"}}
PLAIN = {"mbox": "mailto:bob@example.com"}


def group(*members, **more):
    return {"objectType": "Group", "member": list(members), **more}


CASES = list(
    itertools.chain(
        accepts("00026-no-id", ("id", GONE), top_only=True),
        *(
            refuses(f"{rule}-{text!r}", ("id", text), rule="XAPI-00027", top_only=True)
            for text in NOT_UUIDS
            for rule in ("00027", "00030")
        ),
        *(
            refuses(f"00029-registration-{text!r}", ("context.registration", text), rule="XAPI-00087")
            for text in NOT_UUIDS
        ),
        refuses("00028-id-is-a-number", ("id", 12345), rule="XAPI-00027", top_only=True),
        refuses("00028-id-is-an-object", ("id", {"key": "x"}), rule="XAPI-00027", top_only=True),
        *(
            accepts(f"D-01-version-{digit}", ("id", f"fd41c918-b88b-{digit}b20-a0a5-a4c32391aaa0"), top_only=True)
            for digit in "12345678"
        ),
        accepts("D-01-upper-case", ("id", STATEMENT["id"].upper()), top_only=True),
        accepts("D-01-variant-is-only-recommended", ("id", "2a41c918-b88b-4220-20a5-a4c32391a240"), top_only=True),
        *(accepts(f"00123-{text}", ("timestamp", text)) for text in TIMESTAMPS),
        *(refuses(f"00022-{text!r}", ("timestamp", text)) for text in NOT_TIMESTAMPS),
        refuses("00022-a-number", ("timestamp", 1221494400)),
        accepts("T-09-no-timestamp", ("timestamp", GONE)),
        accepts("D-02-no-offset", ("timestamp", "2008-09-15T15:53:00.601")),
        accepts("00023-stored-is-let-in", ("stored", "2008-09-15T15:53:00Z"), top_only=True),
        *(
            refuses(f"00097-{text!r}", ("stored", text), rule="XAPI-00023", top_only=True)
            for text in NOT_TIMESTAMPS[:5]
        ),
        refuses("00097-stored-is-a-number", ("stored", 1), rule="XAPI-00023", top_only=True),
        accepts("00024-agent", ("authority", AGENT), top_only=True),
        accepts("00024-two-agents", ("authority", group(OAUTH, PLAIN)), top_only=True),
        accepts("00099-no-authority", ("authority", GONE), top_only=True),
        refuses("00024-text", ("authority", "x"), rule="XAPI-00031", top_only=True),
        refuses("00024-identified-group", ("authority", group(OAUTH, PLAIN, mbox="mailto:g@b.c")), top_only=True),
        *(
            refuses(
                f"00098-{len(members)}-members", ("authority", group(*members)), at="$.authority.member", top_only=True
            )
            for members in ([OAUTH], [OAUTH, PLAIN, AGENT])
        ),
        refuses(
            "00100-nobody-known-by-account", ("authority", group(PLAIN, AGENT)), at="$.authority.member", top_only=True
        ),
        *(
            accepts(f"00101-{text}", ("version", text), versions=ONLY_1_0, top_only=True)
            for text in ("1.0", "1.0.0", "1.0.3", "1.0.99", "1.0.3-beta")
        ),
        *(
            refuses(f"00101-{text!r}", ("version", text), versions=ONLY_1_0, top_only=True)
            for text in ("0.9.9", "1.1.0", "2.0.0", "1", "1.00", "x", "", "1.0.\n", "v1.0.0")
        ),
        *(
            accepts(f"T-10-{text}", ("version", text), versions=ONLY_2_0, top_only=True)
            for text in ("1.0", "1.0.9", "2.0", "2.0.0", "2.0.1")
        ),
        *(
            refuses(f"T-10-{text!r}", ("version", text), rule="XAPI-00101", versions=ONLY_2_0, top_only=True)
            for text in ("0.9.9", "1.1.0", "2.1.0", "3.0.0", "should fail")
        ),
        refuses("00101-a-number", ("version", 1), top_only=True),
        accepts("00025-empty", ("attachments", [])),
        accepts("00025-none", ("attachments", GONE)),
        refuses("00025-one-object", ("attachments", STATEMENT["attachments"][0])),
        refuses("00025-array-of-numbers", ("attachments", [1]), at="$.attachments[0]"),
        *(
            refuses(f"{rule}-no-{key}", (f"attachments.0.{key}", GONE), at="$.attachments[0]")
            for key, rule in (
                ("usageType", "00107"),
                ("display", "00106"),
                ("contentType", "00105"),
                ("length", "00102"),
                ("sha2", "00103"),
            )
        ),
        accepts("00104-no-file-url", ("attachments.0.fileUrl", GONE)),
        refuses("00104-no-scheme", ("attachments.0.fileUrl", "should fail")),
        refuses("00107-no-scheme", ("attachments.0.usageType", "should fail")),
        refuses("00106-text", ("attachments.0.display", "x")),
        refuses("S-11-description-is-text", ("attachments.0.description", "x")),
        accepts("S-11-no-description", ("attachments.0.description", GONE)),
        *(
            accepts(f"00105-{text}", ("attachments.0.contentType", text))
            for text in ("text/plain", "application/vnd.a+json; v=1", 'text/x;a="b c"')
        ),
        *(
            refuses(f"00105-{text!r}", ("attachments.0.contentType", text))
            for text in (999, "text", "text/", "/plain", "text/plain\n", "té/x", "a/b/c", "")
        ),
        accepts("00102-empty-file", ("attachments.0.length", 0)),
        *(refuses(f"00102-{value!r}", ("attachments.0.length", value)) for value in ("27", -1, 1.5, True, 27.0)),
        *(accepts(f"S-11-{size}-digits", ("attachments.0.sha2", "aB" * (size // 2))) for size in (56, 64, 96, 128)),
        *(
            refuses(f"00103-{len(value)}-digits", ("attachments.0.sha2", value))
            for value in ("a" * 63, "a" * 65, "g" * 64, "a" * 40, "")
        ),
        refuses("00103-a-number", ("attachments.0.sha2", 1)),
    )
)


@pytest.mark.parametrize("case", CASES)
def test_case(case: Case):
    check(case)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        pytest.param("2008-09-15T15:53:00.601Z", "2008-09-15T15:53:00.601Z", id="T-08-utc-stays"),
        pytest.param("2008-09-15T15:53:00.601+00:00", "2008-09-15T15:53:00.601Z", id="T-08-zero-offset"),
        pytest.param("2008-09-15T15:53:00.601-05:00", "2008-09-15T20:53:00.601Z", id="T-08-moved"),
        pytest.param(
            "2008-12-31T23:53:00.1234567890-05:00", "2009-01-01T04:53:00.1234567890Z", id="00122-every-digit-is-kept"
        ),
        pytest.param("2008-09-15T15:53", "2008-09-15T15:53:00Z", id="D-02-without-offset"),
        pytest.param("20080915T155300,5+0100", "2008-09-15T14:53:00.5Z", id="00123-basic-form"),
        pytest.param("2016-12-31T18:59:60-05:00", "2017-01-01T00:00:00Z", id="00123-leap-second"),
        pytest.param("0099-01-01T00:00:00+01", "0098-12-31T23:00:00Z", id="00123-early-year"),
    ],
)
def test_utc_text(text, utc):
    assert utc_text(text) == utc
    assert instant(text) == instant(utc)


@given(
    st.datetimes(timezones=st.timezones() | st.just(UTC), min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1))
)
def test_instants_agree_with_datetime(moment):
    offset = moment.utcoffset()
    if offset.microseconds or offset.seconds % 60:
        return
    text = moment.isoformat()
    assert instant(text) == instant(utc_text(text)) == to_us(moment)


@given(st.integers(0, 10**12 - 1))
def test_digits_beyond_microseconds_are_cut(fraction):
    text = f"1969-12-31T23:59:59.{fraction:012}Z"
    assert instant(text) == -1_000_000 + fraction // 10**6


@pytest.mark.parametrize(
    ("header", "version"),
    [
        pytest.param("1.0", Version.V1_0_3, id="S-50-1.0"),
        pytest.param("1.0.0", Version.V1_0_3, id="S-50-1.0.0"),
        pytest.param("1.0.3", Version.V1_0_3, id="S-50-1.0.3"),
        pytest.param("1.0.32", Version.V1_0_3, id="S-50-1.0.32"),
        pytest.param("2.0", Version.V2_0, id="T-22-2.0"),
        pytest.param("2.0.0", Version.V2_0, id="T-22-2.0.0"),
        pytest.param("2.0.7", Version.V2_0, id="T-22-2.0.7"),
    ],
)
def test_version_header(header, version):
    assert parse_version_header(header) is version
    assert version.header in ("1.0.3", "2.0.0")


@pytest.mark.parametrize(
    "header", [None, "", "1", "1.1.0", "0.95", "2.1.0", "3.0", "1.0.x", "1.0.3 ", "1.0.٣", "1.0.3\n", "2"]
)
def test_version_header_refuses(header):
    with pytest.raises(BadRequest) as caught:
        parse_version_header(header)
    assert caught.value.extra["rule"] == "XAPI-00331"


def test_d_02_is_one_switch(monkeypatch):
    monkeypatch.setattr(timestamp, "OFFSET_REQUIRED", True)
    monkeypatch.setattr(timestamp, "_cached", timestamp._instant)
    with pytest.raises(ValueError, match="zone"):
        instant("2008-09-15T15:53:00")
    assert instant("2008-09-15T15:53:00Z") == instant("2008-09-15T17:53:00+02:00")
