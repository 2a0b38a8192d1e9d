"""The language of ladders: what is read, and where every mistake is named."""

from __future__ import annotations

from datetime import time

import pytest

from lrs.errors import ConfigError
from lrs.yaml_door import load
from rules.language import load_programs
from rules.language.model import Escalation, Step, WorkCalendar
from rules.language.period import ZERO, Period

STANDARD = """kind: escalation
id: standard
calendar: {business_days: GB, quiet: "18:00-08:00"}
catch_up: latest
steps:
  - {at: due-P30D, tell: [learner]}
  - {at: due, tell: learner, send_at: "07:30"}
  - {at: due+P7D, tell: [manager, skip-manager], if_missing: next-up}
  - {at: due+P14D, tell: [hr-partner], do: flag-noncompliant}
  - {at: due+P1M, do: restrict-access, approve: hr-partner}
stop_when: [met, waived, withdrawn]
"""


def step(text: str = "{at: due+P1D, tell: [learner]}", **more: str) -> str:
    return "\n".join(["kind: escalation", "id: x", f"steps: [{text}]", *(f"{k}: {v}" for k, v in more.items())])


def errors(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_programs(load(text, "p.yaml"))
    return [
        f"{error.line}:{error.column}: {error.message}" + (f" | {error.hint}" if error.hint else "")
        for error in caught.value.errors
    ]


def test_a_ladder_is_read_as_written() -> None:
    assert load_programs(load(STANDARD, "x")).escalations["standard"] == Escalation(
        "standard",
        "standard",
        (
            Step("due-P30D", Period("P30D", days=30), -1, ("learner",)),
            Step("due", ZERO, 1, ("learner",), send_at=time(7, 30)),
            Step("due+P7D", Period("P7D", days=7), 1, ("manager", "skip-manager"), "next-up"),
            Step("due+P14D", Period("P14D", days=14), 1, ("hr-partner",), do="flag-noncompliant"),
            Step("due+P1M", Period("P1M", months=1), 1, do="restrict-access", approve="hr-partner"),
        ),
        WorkCalendar("GB", None, (time(18), time(8))),
        "latest",
        ("met", "waived", "withdrawn"),
    )


@pytest.mark.parametrize(
    ("text", "calendar"),
    [
        ("{business_days: true}", WorkCalendar(None, (0, 1, 2, 3, 4))),
        ("{business_days: false}", WorkCalendar()),
        ("{business_days: [sunday, monday]}", WorkCalendar(None, (0, 6))),
        ("{business_days: NO}", WorkCalendar("NO")),
        ("{business_days: US-CA}", WorkCalendar("US-CA")),
        ('{quiet: "12:00 - 13:30"}', WorkCalendar(quiet=(time(12), time(13, 30)))),
    ],
)
def test_calendars(text: str, calendar: WorkCalendar) -> None:
    assert load_programs(load(step(calendar=text), "x")).escalations["x"].calendar == calendar


def test_without_more_it_catches_up_with_the_latest_and_all_stops_count() -> None:
    ladder = load_programs(load(step(), "x")).escalations["x"]
    assert ladder.catch_up == "latest"
    assert ladder.stop_when == ("met", "waived", "withdrawn", "exempt")
    assert ladder.steps[0].send_at == time(9)


MISTAKES = {
    "no steps": (
        "kind: escalation\nid: x",
        [
            "1:1: an escalation without steps tells nobody anything | steps: [{at: due+P1D, tell: [learner]}]",
        ],
    ),
    "unknown key": (
        step(steps_="7"),
        ["4:1: an escalation has no key 'steps_' | did you mean 'steps'?"],
    ),
    "unknown key of a step": (
        step("{at: due, tel: [learner]}"),
        [
            "3:9: this step does nothing | it needs tell: or do:",
            "3:19: a step has no key 'tel' | did you mean 'tell'?",
        ],
    ),
    "no place": (
        step("{at: due+7D, tell: learner}"),
        ["3:14: 'due+7D' is no place on a ladder | due, due-P30D or due+P7D"],
    ),
    "no period": (
        step("{at: due+P7, tell: learner}"),
        ["3:14: 'P7' is no period: not an ISO 8601 period such as P1Y, P6M, P30D or PT24H"],
    ),
    "hours": (
        step("{at: due+PT2H, tell: learner}"),
        ["3:14: 'due+PT2H' counts hours; days, weeks, months or years are needed here | the hour is send_at:"],
    ),
    "no at": (step("{tell: learner}"), ["3:9: a step needs at | for example at: due+P7D"]),
    "twice the same": (
        step("{at: due+P1M, tell: learner}, {at: due+P30D, tell: manager}"),
        [
            "3:44: due+P30D does not come after due+P1M | write each step once, in the order in which they come",
        ],
    ),
    "nobody": (step("{at: due, tell: []}"), ["3:25: this tells nobody | name somebody, or leave tell: out"]),
    "another spelling": (
        step("{at: due, tell: [Managers, skip_manager, manager-of-stores]}"),
        [
            "3:26: nobody is called 'Managers' | did you mean 'manager'?",
            "3:36: nobody is called 'skip_manager' | did you mean 'skip-manager'?",
        ],
    ),
    "told twice": (step("{at: due, tell: [learner, learner]}"), ["3:35: 'learner' is told already"]),
    "unknown action": (
        step("{at: due, do: restrict-acces}"),
        [
            (
                "3:23: expected one of flag-noncompliant, restrict-access, found 'restrict-acces'"
                " | did you mean 'restrict-access'?"
            )
        ],
    ),
    "approval of nothing": (
        step("{at: due, tell: learner, approve: hr}"),
        ["3:34: there is nothing to approve without do:"],
    ),
    "no time": (
        step('{at: due, tell: learner, send_at: "9:00"}'),
        ["3:43: expected a time of day such as \"09:00\", found '9:00'"],
    ),
    "no hours": (
        step(calendar='{quiet: "18:00-18:00"}'),
        ["4:19: expected hours such as \"18:00-08:00\", found '18:00-18:00'"],
    ),
    "no country": (
        step(calendar="{business_days: UK}"),
        ["4:27: no country has the code 'UK' | ISO 3166 codes such as GB, DE or US-CA"],
    ),
    "no part": (
        step(calendar="{business_days: GB-LON}"),
        [
            "4:27: GB has no part 'LON' with holidays of its own | known here: GB-ENG, GB-NIR, GB-SCT, GB-WLS",
        ],
    ),
    "no weekday": (
        step(calendar="{business_days: [mon]}"),
        [
            (
                "4:28: expected one of monday, tuesday, wednesday, thursday, friday, saturday, sunday, found 'mon'"
                " | did you mean 'monday'?"
            )
        ],
    ),
    "no day at all": (
        step(calendar="{business_days: []}"),
        ["4:27: without any business day no step would ever come"],
    ),
    "unknown stop": (
        step(stop_when="[met, done]"),
        [
            "4:18: expected one of met, waived, withdrawn, exempt, found 'done' | known here: exempt, met, waived, withdrawn"
        ],
    ),
    "met does not stop it": (
        step(stop_when="[waived]"),
        ["4:12: 'met' must stop a ladder | nobody is chased for what is done"],
    ),
    "unknown catching up": (
        step(catch_up="newest"),
        ["4:11: expected one of latest, all, found 'newest' | known here: all, latest"],
    ),
    "two of a name": (
        step() + "\n---\n" + step(),
        ["6:5: there is another escalation 'x' | the first stands at p.yaml:1"],
    ),
    "a program's ladder that is not there": (
        STANDARD + "---\nkind: certification\nid: p\nsuggest: [{passed: a}]\nescalate: standart\n"
        "---\n{kind: activity, id: a, iris: ['x:y']}",
        ["16:11: no escalation is called 'standart' | did you mean 'standard'?"],
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_point_at_their_place(name: str) -> None:
    text, expected = MISTAKES[name]
    assert errors(text) == expected


def test_what_was_published_by_a_less_strict_version_is_still_read() -> None:
    """A store with an old ladder would otherwise decide nothing any more."""
    text = MISTAKES["no place"][0] + "\n---\nkind: certification\nid: p\nsuggest: [{passed: a}]\nescalate: x\n"
    text += "---\n{kind: activity, id: a, iris: ['x:y']}"
    ruleset = load_programs(load(text, "x"), is_published=True)
    assert (list(ruleset.programs), list(ruleset.escalations)) == (["p"], [])
