"""Requirements sections 3 to 5: the Verb, Activities and interactions, SubStatements and StatementRefs."""

from __future__ import annotations

import itertools

import pytest

from lrs.xapi.activity import INTERACTION_TYPES
from lrs.xapi.vocabulary import VOIDED
from tests.xapi.examples import AGENT, GONE, GROUP, STATEMENT, UUID_TEXT, Case, accepts, check, refuses

REF = {"objectType": "StatementRef", "id": UUID_TEXT}
SUB = {"objectType": "SubStatement", "actor": AGENT, "verb": {"id": "a:b"}, "object": {"id": "a:c"}}
COMPONENTS = [{"id": "golf", "description": {"en": "Golf"}}, {"id": "tetris"}]
LISTS = (("choices", "00055"), ("scale", "00054"), ("source", "00053"), ("target", "00052"), ("steps", "00051"))
NO_PLATFORM = (("context.platform", GONE), ("context.revision", GONE))


def interaction(kind="choice", **more):
    return ("object.definition", {"interactionType": kind, **more})


CASES = list(
    itertools.chain(
        refuses("00044-verb-without-id", ("verb.id", GONE), at="$.verb"),
        refuses("00044-empty-verb", ("verb", {})),
        refuses("00044-id-is-a-number", ("verb.id", 1)),
        refuses("00045-display-is-a-string", ("verb.display", "attended")),
        refuses("00045-entry-is-a-number", ("verb.display.en-GB", 1), rule="XAPI-00045"),
        accepts("00045-empty-display", ("verb.display", {})),
        accepts("S-06-verb-without-display", ("verb.display", GONE)),
        accepts("00046-activity-without-object-type", ("object.objectType", GONE)),
        accepts("00046-agent", ("object", AGENT), *NO_PLATFORM),
        accepts("00046-group", ("object", GROUP), *NO_PLATFORM),
        accepts("00046-statement-ref", ("object", REF), *NO_PLATFORM),
        accepts("00046-sub-statement", ("object", SUB), *NO_PLATFORM, top_only=True),
        refuses("00046-person", ("object.objectType", "Person")),
        refuses("00046-array", ("object.objectType", ["Activity"])),
        refuses("00047-no-id", ("object.id", GONE), at="$.object"),
        refuses("00047-id-is-a-number", ("object.id", 1)),
        accepts("00048-empty-definition", ("object.definition", {})),
        accepts("00048-no-definition", ("object.definition", GONE)),
        refuses("00048-array", ("object.definition", [])),
        *(accepts(f"00049-{kind}", interaction(kind)) for kind in INTERACTION_TYPES),
        refuses("00049-number", interaction(1), at="$.object.definition.interactionType"),
        refuses("00049-object", interaction({}), at="$.object.definition.interactionType"),
        refuses("00049-iri", interaction("http://x.example/choice"), at="$.object.definition.interactionType"),
        accepts("00050-strings", interaction(correctResponsesPattern=["golf[,]tetris", ""])),
        accepts("00050-empty", interaction(correctResponsesPattern=[])),
        refuses(
            "00050-string",
            interaction(correctResponsesPattern="golf"),
            at="$.object.definition.correctResponsesPattern",
        ),
        refuses(
            "00050-numbers",
            interaction(correctResponsesPattern=[1]),
            at="$.object.definition.correctResponsesPattern[0]",
        ),
        itertools.chain(
            *(
                (
                    *accepts(f"{rule}-{key}", interaction(**{key: COMPONENTS})),
                    *accepts(f"{rule}-{key}-empty", interaction(**{key: []})),
                    *refuses(
                        f"{rule}-{key}-is-an-object",
                        interaction(**{key: COMPONENTS[0]}),
                        at=f"$.object.definition.{key}",
                        rule=f"XAPI-{rule}",
                    ),
                    *refuses(
                        f"00063-{key}-of-strings", interaction(**{key: ["golf"]}), at=f"$.object.definition.{key}[0]"
                    ),
                    *refuses(
                        f"00063-{key}-with-more",
                        interaction(**{key: [{"id": "x", "name": "x"}]}),
                        at=f"$.object.definition.{key}[0].name",
                        rule="XAPI-00010",
                    ),
                    *refuses(
                        f"00058-{key}-without-id",
                        interaction(**{key: [{"description": {"en": "x"}}]}),
                        at=f"$.object.definition.{key}[0]",
                    ),
                    *refuses(
                        f"00058-{key}-id-is-a-number",
                        interaction(**{key: [{"id": 1}]}),
                        at=f"$.object.definition.{key}[0].id",
                    ),
                    *refuses(
                        f"00058-{key}-same-id-twice",
                        interaction(**{key: [*COMPONENTS, {"id": "golf"}]}),
                        at=f"$.object.definition.{key}[2].id",
                    ),
                    *refuses(
                        f"00062-{key}-description",
                        interaction(**{key: [{"id": "x", "description": "x"}]}),
                        at=f"$.object.definition.{key}[0].description",
                    ),
                    *refuses(
                        f"00064-{key}-without-type",
                        ("object.definition", {key: COMPONENTS}),
                        at=f"$.object.definition.{key}",
                    ),
                    *accepts(f"S-07-{key}-with-any-type", interaction("other", **{key: COMPONENTS})),
                )
                for key, rule in LISTS
            )
        ),
        accepts("00058-same-id-in-two-lists", interaction("matching", source=COMPONENTS, target=COMPONENTS)),
        refuses(
            "00064-pattern-without-type",
            ("object.definition", {"correctResponsesPattern": []}),
            at="$.object.definition.correctResponsesPattern",
        ),
        refuses("00056-description-is-a-string", ("object.definition.description", "x")),
        refuses("00059-name-is-a-string", ("object.definition.name", "x")),
        refuses("00057-extensions-is-an-array", ("object.definition.extensions", [])),
        refuses("00060-type-without-scheme", ("object.definition.type", "meeting")),
        refuses("00061-more-info-without-scheme", ("object.definition.moreInfo", "example.com")),
        refuses("00065-agent-without-object-type", ("object", {"mbox": "mailto:a@b.c"})),
        refuses("00065-group-without-object-type", ("object", {"member": [AGENT]})),
        refuses(
            "00065-agent-called-activity",
            ("object", {**AGENT, "objectType": "Activity"}),
            at="$.object.mbox",
            rule="XAPI-00010",
        ),
        refuses(
            "00073-statement-ref-without-object-type",
            ("object", {"id": UUID_TEXT}),
            at="$.object.id",
            rule="XAPI-00047",
        ),
        refuses(
            "00073-sub-statement-without-object-type",
            ("object", {k: v for k, v in SUB.items() if k != "objectType"}),
            top_only=True,
        ),
        refuses(
            "00066-sub-statement-without-actor",
            ("object", {**SUB, "actor": {}}),
            at="$.object.actor",
            rule="XAPI-00034",
            top_only=True,
        ),
        refuses(
            "00066-sub-statement-without-verb",
            ("object", {k: v for k, v in SUB.items() if k != "verb"}),
            rule="XAPI-00004",
            top_only=True,
        ),
        *(
            refuses(
                f"{rule}-sub-statement-with-{key}",
                ("object", {**SUB, key: STATEMENT[key]}),
                at=f"$.object.{key}",
                top_only=True,
            )
            for key, rule in (("authority", "00067"), ("version", "00068"), ("stored", "00069"), ("id", "00070"))
        ),
        refuses(
            "00071-sub-statement-in-sub-statement",
            ("object", {**SUB, "object": SUB}),
            at="$.object.object",
            top_only=True,
        ),
        refuses("00072-no-id", ("object", {"objectType": "StatementRef"})),
        refuses("00072-id-is-no-uuid", ("object", {**REF, "id": "x"}), at="$.object.id"),
        refuses("00072-more", ("object", {**REF, "definition": {}}), at="$.object.definition", rule="XAPI-00010"),
        accepts("00072-target-unknown", ("object", {**REF, "id": UUID_TEXT.upper()}), *NO_PLATFORM),
        accepts(
            "S-09-sub-statement-in-the-future",
            ("object", {**SUB, "timestamp": "2999-01-01T00:00:00Z"}),
            *NO_PLATFORM,
            top_only=True,
        ),
        accepts("00019-voiding", ("verb.id", VOIDED), ("object", REF), *NO_PLATFORM),
        refuses("00019-voiding-an-activity", ("verb.id", VOIDED), at="$.object"),
        refuses(
            "00020-voiding-a-sub-statement",
            ("verb.id", VOIDED),
            ("object", SUB),
            *NO_PLATFORM,
            at="$.object",
            rule="XAPI-00019",
            top_only=True,
        ),
        refuses("00019-voiding-an-agent", ("verb.id", VOIDED), ("object", AGENT), *NO_PLATFORM, at="$.object"),
    )
)


@pytest.mark.parametrize("case", CASES)
def test_case(case: Case):
    check(case)
