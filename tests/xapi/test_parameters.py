"""Requirements section 12, the query: which parameters a GET, a PUT and a POST of statements take."""

from __future__ import annotations

import json
from dataclasses import asdict
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.errors import BadRequest
from lrs.xapi.parameters import QUERY_NAMES, StatementQuery, load_parameters, load_statement_id, load_statement_query
from lrs.xapi.problems import ParameterInvalid
from tests.xapi.examples import UUID_TEXT

AGENT = json.dumps({"mbox": "mailto:a@b.c", "name": "ignored"})
IFI = '{"mbox":"mailto:a@b.c"}'


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        pytest.param([], {}, id="00159-nothing"),
        pytest.param([("statementId", UUID_TEXT.upper())], {"statement_id": UUID(UUID_TEXT)}, id="00158-statement-id"),
        pytest.param([("voidedStatementId", UUID_TEXT)], {"voided_statement_id": UUID(UUID_TEXT)}, id="00157-voided"),
        pytest.param(
            [("statementId", UUID_TEXT), ("format", "ids"), ("attachments", "true")],
            {"statement_id": UUID(UUID_TEXT), "format": "ids", "attachments": True},
            id="00150-format-and-attachments-beside-an-id",
        ),
        pytest.param([("agent", AGENT)], {"agent": IFI}, id="00181-agent"),
        pytest.param([("agent", f" {AGENT}\n")], {"agent": IFI}, id="00181-agent-with-space"),
        pytest.param(
            [("agent", '{"objectType":"Group","openid":"a:b"}')],
            {"agent": '{"openid":"a:b"}'},
            id="00181-identified-group",
        ),
        pytest.param([("verb", "a:b"), ("activity", "a:c")], {"verb": "a:b", "activity": "a:c"}, id="00179-00180-iris"),
        pytest.param([("registration", UUID_TEXT)], {"registration": UUID(UUID_TEXT)}, id="00178-registration"),
        pytest.param(
            [("related_agents", "true"), ("related_activities", "false")],
            {"related_agents": True},
            id="00176-00177-related",
        ),
        pytest.param(
            [("since", "1970-01-01T00:00:01Z"), ("until", "1970-01-01T01:00:02.5+01:00")],
            {"since": 1_000_000, "until": 2_500_000},
            id="00174-00175-instants",
        ),
        pytest.param([("limit", "0")], {}, id="00173-zero"),
        pytest.param([("limit", "25")], {"limit": 25}, id="00173-limit"),
        pytest.param([("ascending", "true")], {"ascending": True}, id="00166-ascending"),
        *(
            pytest.param([("format", name)], {"format": name}, id=f"00168-{name}")
            for name in ("exact", "ids", "canonical")
        ),
    ],
)
def test_accepts(pairs, expected):
    assert asdict(load_statement_query(pairs)) == {**asdict(StatementQuery()), **expected}


@pytest.mark.parametrize(
    ("pairs", "name", "rule"),
    [
        *(
            pytest.param([(name, "x")], name, "XAPI-00325", id=f"00325-{name}")
            for name in ("unknown", "", "method", "content", "limit ", "statementid")
        ),
        *(
            pytest.param(
                [(name[:1].swapcase() + name[1:], "true")],
                name[:1].swapcase() + name[1:],
                "XAPI-00325",
                id=f"00324-{name}-in-other-case",
            )
            for name in QUERY_NAMES
        ),
        *(
            pytest.param([(name, "x"), (name, "x")], name, "XAPI-00324", id=f"00324-{name}-twice")
            for name in QUERY_NAMES
        ),
        pytest.param(
            [("statementId", UUID_TEXT), ("voidedStatementId", UUID_TEXT)],
            "voidedStatementId",
            "S-19",
            id="S-19-both-ids",
        ),
        *(
            pytest.param([(key, UUID_TEXT), (name, "x")], name, "XAPI-00150", id=f"00150-00151-{name}-beside-{key}")
            for key in ("statementId", "voidedStatementId")
            for name in QUERY_NAMES[2:]
            if name not in ("format", "attachments")
        ),
        *(
            pytest.param([("statementId", text)], "statementId", "XAPI-00156", id=f"00156-{text!r}")
            for text in ("", "x", f"{{{UUID_TEXT}}}", UUID_TEXT + "\n")
        ),
        pytest.param([("voidedStatementId", "x")], "voidedStatementId", "XAPI-00155", id="00155-no-uuid"),
        pytest.param([("registration", "x")], "registration", "XAPI-00178", id="00178-no-uuid"),
        *(
            pytest.param([("agent", text)], "agent", "XAPI-00181", id=f"00181-{number}")
            for number, text in enumerate(
                (
                    "",
                    "x",
                    "ada@example.org",
                    "[]",
                    "null",
                    "{}",
                    '{"mbox":"mailto:a@b.c"',
                    '{"mbox":"a@b.c"}',
                    '{"mbox":"mailto:a@b.c","mbox":"mailto:a@b.c"}',
                    '{"mbox":"mailto:a@b.c","openid":"a:b"}',
                    '{"objectType":"Group","member":[{"mbox":"mailto:a@b.c"}]}',
                    '{"mbox":"mailto:a@b.c","x":1}',
                    "[" * 100_000,
                    "\ud800",
                    '{"account":{"homePage":"a:b","name":"\ud800"}}',
                )
            )
        ),
        *(
            pytest.param([(name, text)], name, rule, id=f"00012-{name}-{text!r}")
            for name, rule in (("verb", "XAPI-00180"), ("activity", "XAPI-00179"))
            for text in ("", "x", "a b:c", "http://a b")
        ),
        *(
            pytest.param([(name, text)], name, rule, id=f"00012-{name}-{text!r}")
            for name, rule in (("since", "XAPI-00175"), ("until", "XAPI-00174"))
            for text in (
                "",
                "yesterday",
                "2020-01-01",
                "2020-01-01T00:00:00 01:00",
                "2020-01-01T00:00:00-00:00",
                "٢020-01-01T00:00:00Z",
            )
        ),
        *(
            pytest.param([("limit", text)], "limit", "XAPI-00173", id=f"00173-{text!r}")
            for text in ("", "-1", "1.5", "abc", "+1", "\u0661", "1e3", " 1", "1\n", "9" * 100)
        ),
        *(
            pytest.param([("format", text)], "format", "XAPI-00168", id=f"00168-{text!r}")
            for text in ("", "IDS", "full")
        ),
        *(
            pytest.param([(name, text)], name, rule, id=f"{rule[5:]}-{name}-{text!r}")
            for name, rule in (
                ("attachments", "XAPI-00167"),
                ("ascending", "XAPI-00166"),
                ("related_agents", "XAPI-00176"),
                ("related_activities", "XAPI-00177"),
            )
            for text in ("", "True", "1", "yes")
        ),
    ],
)
def test_refuses(pairs, name, rule):
    with pytest.raises(ParameterInvalid) as caught:
        load_statement_query(pairs)
    assert (caught.value.extra["parameter"], caught.value.rule) == (name, rule)
    json.dumps(caught.value.problem()).encode()


def test_a_forgotten_percent_2b_is_explained():
    with pytest.raises(ParameterInvalid) as caught:
        load_statement_query([("since", "2020-01-01T00:00:00 01:00")])
    assert "%2B" in caught.value.hint


def test_the_nearest_name_is_offered():
    with pytest.raises(ParameterInvalid) as caught:
        load_statement_query([("StatementId", UUID_TEXT)])
    assert caught.value.hint == "did you mean 'statementId'?"


def test_put_takes_a_statement_id_and_nothing_else():
    assert load_statement_id([("statementId", UUID_TEXT)]) == UUID(UUID_TEXT)
    for pairs, rule in (
        ([], "XAPI-00145"),
        ([("statementId", "x")], "XAPI-00143"),
        ([("statementId", UUID_TEXT), ("limit", "1")], "XAPI-00325"),
    ):
        with pytest.raises(ParameterInvalid) as caught:
            load_statement_id(pairs)
        assert caught.value.rule == rule


def test_post_takes_none():
    assert load_parameters([], ()) == {}
    with pytest.raises(ParameterInvalid):
        load_parameters([("statementId", UUID_TEXT)], ())


@given(
    st.lists(
        st.tuples(
            st.sampled_from(QUERY_NAMES) | st.text(), st.text() | st.sampled_from(["true", UUID_TEXT, "a:b", IFI])
        ),
        max_size=4,
    )
)
def test_any_query_is_read_or_refused(pairs):
    try:
        load_statement_query(pairs)
    except BadRequest as why:
        json.dumps(why.problem())
