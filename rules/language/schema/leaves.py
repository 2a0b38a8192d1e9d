"""Requirements in the schema: leaves with their terms, and the groups around them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from rules.language.leaf import AGGREGATES, LEAF_KEYS, RELATIONS, SCORES
from rules.language.schema.shapes import (
    COUNT,
    FLAG,
    JOB,
    LEVEL,
    NUMBER,
    PERIOD,
    POSITIVE,
    SHARE,
    TEXT,
    Key,
    Part,
    either,
    listing,
    needed,
    one_or_more,
    ref,
    word,
)
from rules.language.vocabulary import GROUPS, LEAF_NOTES, LEAVES

_ABOUT: Final[Mapping[str, tuple[str, object]]] = {
    "passed": ("The sender says passed, and the score reaches `min_score` if there is one.", "forklift/exam"),
    "completed": ("Completed, and not taken back before the path was met.", "forklift/course"),
    "done": ("As the activity's `move_on` says, in cmi5's words.", "forklift/simulator"),
    "attended": ("Was there.", "ehs/briefing"),
    "responded": ("Answered the survey.", "survey/onboarding"),
    "signed_off": ("An observer signed it off.", "forklift/practical-checklist"),
    "credential": ("A certificate of somebody else was handed in and accepted.", "pit-operator"),
    "competent": ("The LMS says competent.", "moodle/lifting"),
    "statement": ("Any statement, by its verb and object.", {"verb": "attended", "object": "ehs/briefing"}),
    "kpi": ("The samples of an indicator are within bounds.", "team/attrition"),
    "credits": ("Credits of a type add up.", {"type": "CEU", "min": 1.5, "window": "P2Y"}),
    "holds": ("The award of another program is valid at that moment.", "people-manager"),
}
_VALUES: Final = {"statement": ref("event"), "credits": ref("wanted-credits")}

ID: Final = Key(
    TEXT,
    "A name for this criterion, unique in its path: proofs, `after`, tests and, for leaves, waivers use it.",
    "exam",
)
_TERMS: Final[Mapping[str, Key]] = {
    "id": ID,
    "waivable": Key(FLAG, "`false`: no waiver stands in for it.", False),
    "method": Key(one_or_more(TEXT), "How it is delivered; described, never judged.", ["classroom", "online"]),
    "design": Key(one_or_more(TEXT), "How it is designed; described, never judged.", "case-study"),
    "kirkpatrick": Key(LEVEL, "Level of evaluation, 1 to 4; described, never judged.", 2),
    "min_score": Key(SHARE, "The least score that counts, as a share.", 0.8),
    "score": Key(word(SCORES), "Which of several scores decides.", "latest"),
    "attempts": Key(ref("attempts"), "How often somebody may try.", {"max": 3, "per": "P90D", "cooldown": "P7D"}),
    "proctored": Key(
        either(FLAG, ref("proctors")), "Only watched tests count; a mapping says by whom.", {"holds": "proctor"}
    ),
    "max_age": Key(PERIOD, "Older evidence no longer counts when the path is met.", "P2Y"),
    "after": Key(TEXT, "Only evidence after that criterion of the path was met.", "learn"),
    "between": Key(
        {"type": "array", "items": PERIOD, "minItems": 2, "maxItems": 2},
        "Only evidence in this window, counted from the day on which `after` was met.",
        ["P60D", "P120D"],
    ),
    "after_assignment": Key(FLAG, "Evidence from before the assignment that runs does not count.", True),
    "by": Key(ref("observers"), "Who may sign off.", {"holds": "forklift-evaluator", "not": ["self"]}),
    "rubric": Key(ref("asked-rubric"), "What has to be ticked.", {"items": "all", "critical": ["load-centre"]}),
    "issuer": Key(TEXT, "Only credentials of this issuer.", "did:web:safety.example"),
    "agg": Key(word(AGGREGATES), "How the samples are summed up.", "mean"),
    "min": Key(NUMBER, "The least value.", 1),
    "max": Key(NUMBER, "The greatest value.", 0.08),
    "window": Key(PERIOD, "How far back samples count.", "P6M"),
    "min_samples": Key(COUNT, "With fewer samples the criterion is unknown.", 5),
    "while_held": Key(FLAG, "Losing it later suspends the award, with its dates, until it is there again.", True),
}


LEAF: Final = Part(
    "leaf", "What goes with every leaf.", {name: _TERMS[name] for name in ("id", "waivable", *LEAF_NOTES)}
)
"""Only for readers."""


def leaf_keys(leaf: str) -> dict[str, Key]:
    """Every key of a leaf, its own word first."""
    about, example = _ABOUT[leaf]
    names = ("id", "waivable", *LEAF_NOTES, *LEAF_KEYS[leaf])
    return {
        leaf: Key(_VALUES.get(leaf, TEXT), about, example, is_needed=True),
        **{name: _TERMS[name] for name in names},
    }


def _leaf(leaf: str) -> Part:
    about, example = _ABOUT[leaf]
    bound = {"max": 0.08} if leaf == "kpi" else {}
    return Part(
        f"leaf-{leaf}",
        about,
        leaf_keys(leaf),
        f"'{leaf}'",
        example={leaf: example, **bound},
        needs_one_of=("min", "max") if leaf == "kpi" else (),
        like="leaf",
    )


_OBSERVER: Final[Mapping[str, Key]] = {
    "holds": Key(TEXT, "Holders of that program's award, as of the day.", "forklift-evaluator"),
    "job": Key(one_or_more(TEXT, 1), "People of these jobs; `*` stands for anything.", ["trainer"], names=(JOB,)),
    "relation": Key(one_or_more(word(RELATIONS)), "People in one of these relations.", ["manager", "peer"]),
    "not": Key(one_or_more(word(RELATIONS)), "Nobody in one of these relations.", ["self", "direct-report"]),
}

_PARTS: Final = (
    Part(
        "event",
        "A statement by its verb and its object.",
        {
            "verb": Key(TEXT, "A verb of ADL, or one with a document of `kind: verb`.", "reported", is_needed=True),
            "object": Key(TEXT, "An activity.", "ehs/near-miss", is_needed=True),
        },
        "a statement",
    ),
    Part(
        "wanted-credits",
        "How many credits of a type.",
        {
            "type": Key(TEXT, "Their type.", "CEU", is_needed=True),
            "min": Key(POSITIVE, "How many.", 1.5, is_needed=True),
            "window": Key(PERIOD, "How far back they count.", "P2Y"),
            "carry_over": Key(
                POSITIVE,
                "How many are kept of what the last award left over; alone they renew when the window opens.",
                0.5,
            ),
            "accredited_by": Key(one_or_more(TEXT, 1), "Only those of these bodies.", ["IACET"]),
        },
        "'credits'",
    ),
    Part(
        "attempts",
        "How often somebody may try.",
        {
            "max": Key(COUNT, "So many tries, in all or in each `per`.", 3),
            "per": Key(PERIOD, "Goes with `max`.", "P90D"),
            "cooldown": Key(PERIOD, "The rest between two tries.", "P7D"),
        },
        "'attempts'",
        needs_one_of=("max", "cooldown"),
    ),
    Part(
        "observers",
        "Whose word counts, judged as of the day of the sign-off.",
        {
            **_OBSERVER,
            "count": Key(COUNT, "So many different ones.", 3),
            "mean": Key(NUMBER, "The mean of their latest scores decides instead of their verdicts.", 3.5),
        },
        "this",
        needs_one_of=(*_OBSERVER, "count", "mean"),
        like="proctors",
    ),
    Part("proctors", "Who may watch a test.", _OBSERVER, "this", needs_one_of=tuple(_OBSERVER)),
    Part(
        "asked-rubric",
        "What a sign-off must tick, of what the activity lists.",
        {
            "items": Key(either({"const": "all"}, COUNT), "All items, or so many.", "all"),
            "critical": Key(one_or_more(TEXT, 1), "Each of these.", ["load-centre"]),
        },
        "'rubric'",
    ),
)


def _group(group: str, shape: object, about: str, example: object, **more: Key) -> Part:
    keys = {group: Key(shape, about, example, is_needed=True), "id": ID, **more}  # type: ignore[arg-type]  # a Shape
    rest = {"of": more["of"].example} if "of" in more else {}
    return Part(f"group-{group}", about, keys, f"'{group}'", example={group: example, **rest})


_SOME: Final = listing(ref("node"), 1)
_THREE: Final = [{"passed": "role/case-a"}, {"passed": "role/case-b"}, {"passed": "role/case-c"}]
_GROUPS: Final = (
    _group("all", _SOME, "All of these.", [{"passed": "a"}, {"completed": "b"}]),
    _group("any", _SOME, "At least one of these.", [{"passed": "a"}, {"passed": "b"}]),
    _group(
        "in_order",
        either(_SOME, ref("steps")),
        "Each in turn: a step counts only from when the step before it was met.",
        [{"passed": "a"}, {"passed": "b"}],
    ),
    _group(
        "n_of",
        COUNT,
        "So many of a list.",
        2,
        of=needed(Key(_SOME, "The list.", _THREE)),
        distinct=Key(FLAG, "`false`: parts count, even when one activity serves two.", False),
    ),
    _group(
        "not", ref("node"), "The opposite; unknown stays unknown. Something has to be shown beside it.", {"passed": "a"}
    ),
)
_STEPS: Final = Part(
    "steps",
    "Steps, and how strictly their order is taken.",
    {
        "steps": Key(_SOME, "The steps.", [{"passed": "a"}, {"passed": "b"}], is_needed=True),
        "mode": Key(word(("strict", "lenient")), "`lenient` takes evidence in any order.", "lenient"),
    },
    "'in_order'",
)


def requirement_parts() -> Iterator[Part]:
    """Leaves, groups, and what stands inside them."""
    yield from map(_leaf, LEAVES)
    yield from _GROUPS
    yield _STEPS
    yield from _PARTS


NODES: Final = (*(f"leaf-{leaf}" for leaf in LEAVES), *(f"group-{group}" for group in GROUPS))
"""What a requirement may be."""
