"""Requirements section 7: the context, with contextAgents and contextGroups on 2.0 alone."""

from __future__ import annotations

import itertools

import pytest

from tests.xapi.examples import AGENT, GONE, GROUP, ONLY_1_0, ONLY_2_0, UUID_TEXT, Case, accepts, check, refuses

REF = {"objectType": "StatementRef", "id": UUID_TEXT}
IDENTIFIED = {"objectType": "Group", "mbox": "mailto:team@example.org"}
AGENTS = [{"objectType": "contextAgent", "agent": AGENT, "relevantTypes": ["http://example.com/role/coach"]}]
GROUPS = [{"objectType": "contextGroup", "group": GROUP, "relevantTypes": ["http://example.com/role/crew"]}]


def related(key: str, **changes: object) -> tuple[str, list[dict[str, object]]]:
    entry = {**(AGENTS if key == "contextAgents" else GROUPS)[0], **changes}
    return f"context.{key}", [{name: value for name, value in entry.items() if value is not GONE}]


CASES = list(
    itertools.chain(
        accepts("00087-registration-in-upper-case", ("context.registration", UUID_TEXT.upper())),
        refuses("00087-registration-is-text", ("context.registration", "x")),
        refuses("00087-registration-is-a-number", ("context.registration", 1)),
        accepts("00087-instructor-is-an-agent", ("context.instructor", AGENT)),
        accepts("00087-instructor-is-a-group", ("context.instructor", GROUP)),
        accepts(
            "T-07-instructor-and-team-on-2.0", ("context.instructor", AGENT), ("context.team", GROUP), versions=ONLY_2_0
        ),
        refuses("00087-instructor-is-text", ("context.instructor", "ada"), rule="XAPI-00031"),
        refuses("00087-instructor-without-identifier", ("context.instructor", {"name": "x"}), rule="XAPI-00034"),
        accepts("00088-team-is-identified", ("context.team", IDENTIFIED)),
        accepts("00088-team-is-anonymous", ("context.team", GROUP)),
        refuses("00088-team-is-an-agent", ("context.team", AGENT), at="$.context.team.objectType", rule="XAPI-00031"),
        refuses("00088-team-without-object-type", ("context.team", {"mbox": "mailto:a@b"}), rule="XAPI-00031"),
        *(
            refuses(
                f"{rule}-{key}-beside-{value['objectType']}",
                ("object", value),
                (f"context.{gone}", GONE),
                at=f"$.context.{key}",
            )
            for key, gone, rule in (("revision", "platform", "00084"), ("platform", "revision", "00085"))
            for value in (AGENT, GROUP, REF)
        ),
        accepts("00084-revision-beside-an-activity", ("context.platform", GONE)),
        accepts("00085-platform-beside-an-activity-without-type", ("object.objectType", GONE)),
        refuses("00089-revision-is-a-number", ("context.revision", 3)),
        refuses("00090-platform-is-an-object", ("context.platform", {})),
        refuses("00091-language-is-a-map", ("context.language", {"en": "x"})),
        refuses("00091-two-tags", ("context.language", "en, fr")),
        refuses(
            "00092-statement-is-an-activity",
            ("context.statement", {"id": "a:b"}),
            at="$.context.statement.id",
            rule="XAPI-00072",
        ),
        refuses(
            "00092-statement-without-object-type",
            ("context.statement.objectType", GONE),
            at="$.context.statement",
            rule="XAPI-00072",
        ),
        refuses(
            "00092-statement-without-id", ("context.statement.id", GONE), at="$.context.statement", rule="XAPI-00072"
        ),
        refuses(
            "00092-statement-is-a-sub-statement", ("context.statement.objectType", "SubStatement"), rule="XAPI-00072"
        ),
        refuses("00086-array", ("context.contextActivities", [])),
        refuses("00086-text", ("context.contextActivities", "a:b")),
        accepts("00086-empty", ("context.contextActivities", {})),
        refuses(
            "00093-unknown-relation",
            ("context.contextActivities", {"sibling": []}),
            at="$.context.contextActivities.sibling",
            rule="XAPI-00010",
        ),
        accepts(
            "00094-all-four",
            ("context.contextActivities", {key: {"id": "a:b"} for key in ("parent", "grouping", "category", "other")}),
        ),
        accepts(
            "00094-arrays",
            ("context.contextActivities.other", [{"id": "a:b"}, {"id": "a:c", "objectType": "Activity"}]),
        ),
        accepts("00094-empty-array", ("context.contextActivities.other", [])),
        refuses("00094-text", ("context.contextActivities.other", "a:b")),
        refuses(
            "00094-array-of-text",
            ("context.contextActivities.other", ["a:b"]),
            at="$.context.contextActivities.other[0]",
            rule="XAPI-00047",
        ),
        refuses("00094-without-id", ("context.contextActivities.other", {"objectType": "Activity"}), rule="XAPI-00047"),
        refuses(
            "00094-an-agent",
            ("context.contextActivities.other", AGENT),
            at="$.context.contextActivities.other.objectType",
            rule="XAPI-00046",
        ),
        accepts("00096-one-object", ("context.contextActivities.parent", {"id": "a:b"})),
        accepts("T-03-context-agents", ("context.contextAgents", AGENTS), versions=ONLY_2_0),
        accepts("T-03-without-relevant-types", related("contextAgents", relevantTypes=GONE), versions=ONLY_2_0),
        accepts("T-03-empty", ("context.contextAgents", []), versions=ONLY_2_0),
        refuses("T-03-one-object", ("context.contextAgents", AGENTS[0]), versions=ONLY_2_0),
        refuses(
            "T-03-array-of-text", ("context.contextAgents", ["x"]), at="$.context.contextAgents[0]", versions=ONLY_2_0
        ),
        accepts("T-04-context-groups", ("context.contextGroups", GROUPS), versions=ONLY_2_0),
        accepts("T-04-identified", related("contextGroups", group=IDENTIFIED), versions=ONLY_2_0),
        refuses("T-04-one-object", ("context.contextGroups", GROUPS[0]), versions=ONLY_2_0),
        *itertools.chain.from_iterable(
            (
                refuses(
                    "T-05-wrong-object-type",
                    related(key, objectType="Agent"),
                    at=f"$.context.{key}[0].objectType",
                    versions=ONLY_2_0,
                ),
                refuses(
                    "T-05-no-object-type", related(key, objectType=GONE), at=f"$.context.{key}[0]", versions=ONLY_2_0
                ),
                refuses("T-05-no-member", related(key, **{member: GONE}), at=f"$.context.{key}[0]", versions=ONLY_2_0),
                refuses(
                    "T-05-bad-member",
                    related(key, **{member: {"objectType": "Group"} if member == "group" else {}}),
                    at=f"$.context.{key}[0].{member}",
                    rule=rule,
                    versions=ONLY_2_0,
                ),
                refuses(
                    "T-05-empty-relevant-types",
                    related(key, relevantTypes=[]),
                    at=f"$.context.{key}[0].relevantTypes",
                    versions=ONLY_2_0,
                ),
                refuses(
                    "T-05-relevant-types-is-text",
                    related(key, relevantTypes="a:b"),
                    at=f"$.context.{key}[0].relevantTypes",
                    versions=ONLY_2_0,
                ),
                refuses(
                    "T-05-relevant-type-without-scheme",
                    related(key, relevantTypes=["a:b", "x"]),
                    at=f"$.context.{key}[0].relevantTypes[1]",
                    rule="XAPI-00011",
                    versions=ONLY_2_0,
                ),
                refuses(
                    "T-05-unknown-key",
                    related(key, role="x"),
                    at=f"$.context.{key}[0].role",
                    rule="XAPI-00010",
                    versions=ONLY_2_0,
                ),
                refuses("T-06-on-1.0.3", related(key), at=f"$.context.{key}", rule="XAPI-00010", versions=ONLY_1_0),
            )
            for key, member, rule in (
                ("contextAgents", "agent", "XAPI-00034"),
                ("contextGroups", "group", "XAPI-00037"),
            )
        ),
    )
)


@pytest.mark.parametrize("case", CASES)
def test_case(case: Case):
    check(case)
