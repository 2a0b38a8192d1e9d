"""Requirements section 2: Agents, Groups and their identifiers, in every place where they may stand."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.xapi.actors import ifi_text
from tests.xapi.examples import AGENT, GONE, GROUP, ONLY_2_0, Case, accepts, check, refuses

ACCOUNT = {"homePage": "https://hr.example", "name": "17"}
SHA1 = "cd9b00a5611f94eaa7b1661edab976068e364975"
IFIS = (
    {"mbox": "mailto:a@b.c"},
    {"mbox_sha1sum": SHA1},
    {"openid": "http://openid.example.org/12345"},
    {"account": ACCOUNT},
)
BAD_AGENT = {"mbox": "mailto:no.at.sign"}
AGENT_PLACES = ("actor", "context.instructor")
GROUP_PLACES = ("actor", "context.team", "context.instructor")


def group(*members, **more):
    return {"objectType": "Group", "member": list(members), **more}


CASES = list(
    itertools.chain(
        *(accepts(f"00034-{next(iter(ifi))}", (place, ifi)) for ifi in IFIS for place in AGENT_PLACES),
        *(
            accepts(f"00037-identified-by-{next(iter(ifi))}", (place, {"objectType": "Group", **ifi}))
            for ifi in IFIS
            for place in GROUP_PLACES
        ),
        accepts("00031-agent-without-object-type", ("actor.objectType", GONE)),
        refuses("00031-person", ("actor.objectType", "Person")),
        refuses("00031-activity", ("actor.objectType", "Activity")),
        refuses("00032-object-type-is-a-number", ("actor.objectType", 1), rule="XAPI-00031"),
        refuses("00014-object-type-is-json-text", ("actor.objectType", '{"objectType": "Agent"}'), rule="XAPI-00031"),
        refuses("00033-name-is-a-number", ("actor.name", 1)),
        refuses("00033-group-name-is-an-object", ("context.team.name", {})),
        refuses("00034-none", ("actor.mbox", GONE), at="$.actor"),
        *(
            refuses(f"00034-{'-and-'.join((*one, *two))}", ("actor", {**one, **two}))
            for one, two in itertools.combinations(IFIS, 2)
        ),
        refuses("00034-all-four", ("actor", {**IFIS[0], **IFIS[1], **IFIS[2], **IFIS[3]})),
        refuses("00035-member-in-an-agent", ("actor.member", [AGENT])),
        refuses("00035-member-without-object-type", ("actor", {"member": [AGENT]}), at="$.actor.member"),
        refuses("00036-member-is-one-agent", ("actor", group() | {"member": AGENT}), at="$.actor.member"),
        refuses("00036-member-is-a-string", ("actor", group("ada")), at="$.actor.member[0]", rule="XAPI-00031"),
        refuses(
            "00036-member-without-ifi",
            ("actor", group(AGENT, {"name": "x"})),
            at="$.actor.member[1]",
            rule="XAPI-00034",
        ),
        refuses("00036-bad-member", ("actor", group(BAD_AGENT)), at="$.actor.member[0].mbox", rule="XAPI-00038"),
        refuses("S-02-group-in-anonymous-group", ("actor", group(GROUP)), at="$.actor.member[0]", rule="XAPI-00036"),
        refuses(
            "S-02-group-in-identified-group",
            ("actor", group(GROUP, **IFIS[0])),
            at="$.actor.member[0]",
            rule="XAPI-00036",
        ),
        accepts("00037-anonymous-with-members", ("actor", group(AGENT, IFIS[1]))),
        accepts("00037-identified-with-members", ("actor", group(AGENT, **IFIS[3]))),
        accepts("00037-identified-with-no-members", ("actor", group(**IFIS[3]))),
        refuses("00037-anonymous-without-member", ("actor", {"objectType": "Group"})),
        refuses("00037-anonymous-with-empty-member", ("actor", group())),
        refuses("00037-two-identifiers", ("actor", group(AGENT, **IFIS[0], **IFIS[1]))),
        accepts("00038-plus-and-dots", ("actor.mbox", "mailto:a.b+c@sub.example.org")),
        accepts("00038-other-letters", ("actor.mbox", "mailto:用户@例え.jp")),
        *(
            refuses(f"00038-{bad}", ("actor.mbox", bad))
            for bad in (
                "http://a@b.c",
                "mailto:no.at.sign",
                "a@b.c",
                "mailto:",
                "mailto:@b",
                "mailto:a@",
                "MAILTO:a@b",
                "mailto:a b@c",
                "mailto:a@b\n",
            )
        ),
        refuses("00038-a-number", ("actor.mbox", 123)),
        accepts("00039-upper-case", ("actor", {"mbox_sha1sum": SHA1.upper()})),
        *(
            refuses(f"00039-{len(bad)}", ("actor", {"mbox_sha1sum": bad}), at="$.actor.mbox_sha1sum")
            for bad in (SHA1[1:], SHA1 + "0", "g" + SHA1[1:], "")
        ),
        refuses("00039-a-number", ("actor", {"mbox_sha1sum": 1}), at="$.actor.mbox_sha1sum"),
        refuses("00040-no-scheme", ("actor", {"openid": "openid.example.org"}), at="$.actor.openid"),
        refuses("00041-account-is-a-string", ("actor", {"account": "x"}), at="$.actor.account"),
        refuses(
            "00041-account-with-more",
            ("actor", {"account": {**ACCOUNT, "id": 1}}),
            at="$.actor.account.id",
            rule="XAPI-00010",
        ),
        refuses("00042-no-home-page", ("actor", {"account": {"name": "17"}}), at="$.actor.account"),
        refuses(
            "00042-home-page-without-scheme",
            ("actor", {"account": {"homePage": "hr", "name": "17"}}),
            at="$.actor.account.homePage",
        ),
        refuses("00043-no-name", ("actor", {"account": {"homePage": "a:b"}}), at="$.actor.account"),
        refuses(
            "00043-name-is-a-number", ("actor", {"account": {"homePage": "a:b", "name": 17}}), at="$.actor.account.name"
        ),
        *(
            refuses(f"S-03-in-{place}", (place, {**extra, **BAD_AGENT}), at=f"$.{place}.mbox", rule="XAPI-00038")
            for place, extra in (
                ("actor", {}),
                ("object", {"objectType": "Agent"}),
                ("object", {"objectType": "Group"}),
                ("context.instructor", {}),
                ("context.team", {"objectType": "Group"}),
            )
            if place != "object"
        ),
        *(
            refuses(
                f"S-03-in-object-{kind}",
                ("object", {"objectType": kind, **BAD_AGENT}),
                ("context", GONE),
                at="$.object.mbox",
                rule="XAPI-00038",
            )
            for kind in ("Agent", "Group")
        ),
        refuses("S-03-in-authority", ("authority", BAD_AGENT), at="$.authority.mbox", rule="XAPI-00038", top_only=True),
        refuses(
            "S-03-in-context-agents",
            ("context.contextAgents", [{"objectType": "contextAgent", "agent": BAD_AGENT}]),
            at="$.context.contextAgents[0].agent.mbox",
            rule="XAPI-00038",
            versions=ONLY_2_0,
        ),
        refuses(
            "S-03-in-context-groups",
            ("context.contextGroups", [{"objectType": "contextGroup", "group": group(BAD_AGENT)}]),
            at="$.context.contextGroups[0].group.member[0].mbox",
            rule="XAPI-00038",
            versions=ONLY_2_0,
        ),
    )
)


@pytest.mark.parametrize("case", CASES)
def test_case(case: Case):
    check(case)


@pytest.mark.parametrize(
    ("actor", "text"),
    [
        pytest.param({"mbox": "mailto:a@b.c", "name": "x"}, '{"mbox":"mailto:a@b.c"}', id="S-05-mbox"),
        pytest.param({"mbox_sha1sum": SHA1}, f'{{"mbox_sha1sum":"{SHA1}"}}', id="S-05-sha1"),
        pytest.param({"openid": "http://ö.example"}, '{"openid":"http://\\u00f6.example"}', id="S-05-openid"),
        pytest.param(
            {"account": {"name": '"@', "homePage": "a:b"}},
            '{"account":{"homePage":"a:b","name":"\\"@"}}',
            id="S-05-account-in-any-order",
        ),
        pytest.param(
            {"objectType": "Group", "member": [AGENT], "mbox": "mailto:g@b.c"},
            '{"mbox":"mailto:g@b.c"}',
            id="S-05-group",
        ),
        pytest.param({"objectType": "Group", "member": [AGENT]}, None, id="S-04-anonymous-group"),
    ],
)
def test_ifi_text(actor, text):
    assert ifi_text(actor) == text


@given(st.text(), st.text(), st.text(), st.text())
def test_accounts_have_one_text_exactly_when_they_are_equal(page, name, other_page, other_name):
    one = {"account": {"homePage": page, "name": name}}
    other = {"account": {"homePage": other_page, "name": other_name}}
    assert (ifi_text(one) == ifi_text(other)) == (one == other)
    assert json.loads(ifi_text(one)) == one
