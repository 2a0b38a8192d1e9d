"""Who waits for a sign-off: exactly those whom somebody may sign off, where it would count, the earliest due first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from lrs import yaml_door
from lrs.clock import ManualClock
from lrs.people.roster import roster_from
from lrs.web.accounts import create_account
from rules.entry import open_pairs
from rules.entry import waiting as work
from rules.published.composition import published_of
from rules.published.store import Source
from tests.conftest import Served
from tests.entry.desk import PASSWORD, Office, database_in, fill_in, open_office, sound
from tests.pages.scene import said, send, settle
from tests.web.browser import Browser

Line = tuple[str, str]
"""Whom, and what."""


def certification(id_: str, require: str, due: str = "", **more: str) -> str:
    lines = {"due": f"{{after: assigned, within: {due}}}" if due else "", "for": "{job: operator}", **more}
    return f"""
kind: certification
id: {id_}
title: The {id_}
version: 1
effective: 2025-01-01
timezone: site
require: {require}
""" + "".join(f"{key}: {value}\n" for key, value in lines.items() if value)


def ruleset(*programs: str) -> str:
    names = ("exam", "lift", "tour", "drive")
    activities = [
        f'{{kind: activity, id: {one}, title: The {one}, iris: ["https://lms.example/{one}"]}}' for one in names
    ]
    return "\n---\n".join([*programs, *activities])


def signed(activity: str, by: str = "", **more: str) -> str:
    terms = "".join(f", {key}: {value}" for key, value in {**({"by": by} if by else {}), **more}.items())
    return f"{{id: {activity}, signed_off: {activity}{terms}}}"


OfficeOf = Callable[..., Office]


@pytest.fixture
def office_of(serve: Callable[..., Served], tmp_path: Path) -> OfficeOf:
    """An office under some programs, everybody decided."""

    def open_one(*programs: str, url: str = "") -> Office:
        office = open_office(serve, url or database_in(tmp_path), ruleset(*programs))
        settle(office.served.prowess)
        return office

    return open_one


def listed(browser: Browser, path: str = "/sign-off") -> list[Line]:
    """The lines of the work list, in their order; each leads to a form."""
    found = []
    for link in sound(browser.get(path).text).all("a"):
        asked = parse_qs(urlsplit(str(link["href"])).query)
        if link["href"] and link["href"].startswith("/sign-off?") and {"person", "activity"} <= asked.keys():
            found.append((asked["person"][0], asked["activity"][0]))
    return found


def words(browser: Browser) -> str:
    return sound(browser.get("/sign-off").text).words.partition("Waiting for you")[2]


def join(office: Office, more: str) -> None:
    (document,) = yaml_door.load(f"people:\n{more}", "more.yaml")
    people = office.served.prowess.people
    people.record(roster_from(document, people.roster()))
    settle(office.served.prowess)


def operator(id_: str, more: str = "", managers: str = "grace", start: str = "2025-01-06") -> str:
    return (
        f"  - {{id: {id_}, name: The {id_}, email: {id_}@example.org{more},"
        f" positions: [{{from: {start}, job: operator, site: hq, managers: [{managers}]}}]}}\n"
    )


def test_a_line_says_whom_what_for_which_program_and_by_when_and_leads_to_its_form(
    office_of: OfficeOf, database_url: str
) -> None:
    office = office_of(certification("crane", signed("lift"), "P600D"), url=database_url)
    grace = office.browser("grace")
    assert listed(grace) == [("ada", "lift"), ("bob", "lift")]
    assert "Ada Byron : The lift The crane, due 29 August 2026 Bob Noyce" in words(grace)
    assert "overdue" not in words(grace)
    form = sound(grace.get("/sign-off?person=ada&activity=lift").text)
    assert (form.hidden("person"), form.hidden("activity")) == ("ada", "lift")


def test_what_was_signed_off_is_gone_once_it_is_decided_upon(office_of: OfficeOf, database_url: str) -> None:
    office = office_of(certification("crane", signed("lift")), url=database_url)
    grace = office.browser("grace")
    fill_in(grace, "/sign-off?person=ada&activity=lift", outcome="not-yet", date="2026-06-30")
    settle(office.served.prowess)
    assert listed(grace) == [("ada", "lift"), ("bob", "lift")]
    fill_in(grace, "/sign-off?person=ada&activity=lift", outcome="done", date="2026-06-30")
    settle(office.served.prowess)
    assert listed(grace) == [("bob", "lift")]
    fill_in(grace, "/sign-off?person=bob&activity=lift", outcome="done", date="2026-06-30")
    settle(office.served.prowess)
    assert listed(grace) == []
    assert words(grace).startswith(" Nobody waits for your sign-off now.")


def test_a_manager_sees_those_who_report_to_them_an_observer_everybody_and_nobody_themselves(
    office_of: OfficeOf, database_url: str
) -> None:
    office = office_of(certification("crane", signed("lift"), **{"for": '{job: "*"}'}), url=database_url)
    assert listed(office.browser("grace")) == [("ada", "lift"), ("bob", "lift")]
    assert listed(office.browser("mary")) == [("ada", "lift"), ("bob", "lift"), ("grace", "lift")]
    assert listed(office.browser("olga")) == [(one, "lift") for one in ("ada", "bob", "grace", "mary")]
    assert listed(office.browser("root")) == [(one, "lift") for one in ("ada", "bob", "grace", "mary", "olga")]
    assert office.browser("ada").get("/sign-off").status_code == 403


@pytest.mark.parametrize(
    ("by", "grace", "mary", "olga", "root"),
    [
        ("{job: evaluator}", "", "", "ada bob", ""),
        ("{job: [team-*, head]}", "ada bob", "ada bob", "", ""),
        ("{relation: manager}", "ada bob", "", "", ""),
        ("{relation: [direct-report, peer]}", "", "", "", ""),
        ("{not: [self, manager]}", "", "ada bob", "ada bob", "ada bob"),
        ("{holds: evaluator}", "", "", "ada bob", ""),
        ("{holds: evaluator, relation: manager}", "", "", "", ""),
        ("{count: 2}", "ada bob", "ada bob", "ada bob", ""),
    ],
)
def test_only_those_are_listed_for_whom_the_word_would_count(
    office_of: OfficeOf, by: str, grace: str, mary: str, olga: str, root: str
) -> None:
    office = office_of(
        certification("crane", signed("lift", by)),
        certification("evaluator", "{id: exam, passed: exam}", **{"for": "{job: nobody}"}),
    )
    send(office, said("olga", "passed", "exam"))
    expected = {"grace": grace, "mary": mary, "olga": olga, "root": root}
    found = {name: " ".join(person for person, _ in listed(office.browser(name))) for name in expected}
    assert found == expected


def test_a_certificate_that_has_run_out_makes_nobody_an_observer(office_of: OfficeOf) -> None:
    office = office_of(
        certification("crane", signed("lift", "{holds: evaluator}")),
        certification("evaluator", "{id: exam, passed: exam}", **{"for": "{job: nobody}", "valid": "{for: P30D}"}),
    )
    send(office, said("olga", "passed", "exam"))
    olga = office.browser("olga")
    assert listed(olga) == [("ada", "lift"), ("bob", "lift")]
    clock = office.served.prowess.clock
    assert isinstance(clock, ManualClock)
    clock.move(days=40)
    settle(office.served.prowess)
    assert listed(office.browser("olga")) == []


def test_whom_no_statement_can_name_is_an_observer_of_whom_nobody_knows(office_of: OfficeOf) -> None:
    office = office_of(
        certification("crane", signed("lift")), certification("bus", signed("drive", "{not: [self], job: '*'}"))
    )
    join(office, "  - {id: nemo, name: Nemo, positions: [{from: 2025-01-06, job: evaluator}]}\n")
    create_account(office.served.prowess, "nemo", PASSWORD, "observer", person="nemo")
    assert listed(office.browser("nemo")) == [("ada", "lift"), ("bob", "lift")]
    assert ("ada", "drive") in listed(office.browser("olga"))


def test_managers_peers_and_those_below_are_found_among_many(
    office_of: OfficeOf, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "LOOKED_AT", 3)
    office = office_of(
        certification("crane", signed("lift", "{relation: [peer, direct-report]}"), **{"for": '{job: "*"}'}),
        certification("bus", signed("drive", "{relation: manager}")),
        url=database_url,
    )
    join(office, "".join(operator(f"aa{number}", managers="olga") for number in range(5)))
    create_account(office.served.prowess, "bob", PASSWORD, "observer", person="bob")
    assert listed(office.browser("bob")) == [("ada", "lift"), ("grace", "lift")]
    assert "More may wait" not in words(office.browser("bob"))
    monkeypatch.setattr(open_pairs, "_MANY", 1)
    assert listed(office.browser("mary")) == [], "nobody's peer, and the manager of none of them"
    join(office, operator("ada", managers="olga") + operator("aa0", managers="bob"))
    assert listed(office.browser("bob")) == [("grace", "lift"), ("aa0", "drive")]


def test_required_comes_first_then_the_day_and_what_has_none_comes_last(office_of: OfficeOf, database_url: str) -> None:
    office = office_of(
        certification("crane", signed("lift")),
        certification("tower", signed("tour"), "P60D"),
        certification("bus", signed("drive"), "P600D"),
        certification("car", signed("exam"), "P30D", **{"for": "{job: operator, assign: suggested}"}),
        url=database_url,
    )
    join(office, operator("eve", start="2026-06-01"))
    olga = office.browser("olga")
    whom = ("ada", "bob", "eve")
    assert listed(olga) == [
        *((one, "tour") for one in whom),
        *((one, "drive") for one in whom),
        *((one, "lift") for one in whom),
        *((one, "exam") for one in whom),
    ]
    shown = words(olga)
    assert "Ada Byron : The tour The tower, due 7 March 2025 overdue" in shown
    assert "The eve : The tour The tower, due 31 July 2026 Ada Byron : The drive" in shown
    assert "Ada Byron : The lift The crane Bob" in shown
    assert "Ada Byron : The exam The car, due 5 February 2025, suggested Bob" in shown
    assert shown.count("overdue") == 2


def test_a_tier_s_sign_off_has_the_tier_s_day(office_of: OfficeOf) -> None:
    tiers = """[
  {id: first, require: {id: exam, passed: exam}, due: {within: P60D}},
  {id: second, require: {id: lift, signed_off: lift}, due: {within: P600D}},
  {id: third, require: {id: tour, signed_off: tour}}]"""
    program = certification("crane", "x").replace("require: x\n", f"tiers: {tiers}\n")
    shown = words(office_of(program).browser("grace"))
    assert "Ada Byron : The lift The crane, due 29 August 2026 Bob" in shown
    assert "Ada Byron : The tour The crane Bob" in shown
    assert "overdue" not in shown


def test_what_would_not_count_yet_is_not_listed(office_of: OfficeOf, database_url: str) -> None:
    lift, exam = signed("lift"), "{id: exam, passed: exam}"
    office = office_of(
        certification("steps", f"{{in_order: [{exam}, {lift}]}}"),
        certification("after", f"{{all: [{exam}, {signed('tour', after='exam')}]}}"),
        certification("window", f"{{all: [{exam}, {signed('drive', after='exam', between='[P10D, P20D]')}]}}"),
        url=database_url,
    )
    grace = office.browser("grace")
    assert listed(grace) == []
    send(office, said("ada", "passed", "exam"))
    assert listed(grace) == [("ada", "lift"), ("ada", "tour")]
    clock = office.served.prowess.clock
    assert isinstance(clock, ManualClock)
    clock.move(days=11)
    settle(office.served.prowess)
    assert listed(office.browser("grace")) == [("ada", "drive"), ("ada", "lift"), ("ada", "tour")]


def test_a_try_that_came_too_soon_would_not_count(office_of: OfficeOf) -> None:
    office = office_of(certification("crane", signed("lift", attempts="{cooldown: P7D}")))
    grace = office.browser("grace")
    fill_in(grace, "/sign-off?person=ada&activity=lift", outcome="not-yet", date="2026-06-30")
    settle(office.served.prowess)
    assert listed(grace) == [("bob", "lift")]


def test_of_a_choice_the_nearest_way_is_listed(office_of: OfficeOf) -> None:
    either = f"{{any: [{{all: [{signed('tour')}, {{id: exam, passed: exam}}]}}, {signed('lift')}]}}"
    office = office_of(certification("crane", either))
    assert listed(office.browser("grace")) == [("ada", "lift"), ("bob", "lift")]


def test_whose_word_a_panel_has_is_not_asked_again_until_they_take_it_back(
    office_of: OfficeOf, database_url: str
) -> None:
    office = office_of(certification("crane", signed("lift", "{count: 3}")), url=database_url)
    grace, olga = office.browser("grace"), office.browser("olga")

    def say(browser: Browser, outcome: str, day: str) -> None:
        fill_in(browser, "/sign-off?person=ada&activity=lift", outcome=outcome, date=day)
        settle(office.served.prowess)

    say(grace, "done", "2026-06-27")
    assert listed(grace) == [("bob", "lift")]
    assert listed(olga) == [("ada", "lift"), ("bob", "lift")]
    say(grace, "not-yet", "2026-06-28")
    assert listed(grace) == [("ada", "lift"), ("bob", "lift")]
    say(grace, "done", "2026-06-29")
    assert listed(grace) == [("bob", "lift")]


def test_of_a_mean_every_score_is_a_word(office_of: OfficeOf) -> None:
    office = office_of(certification("crane", signed("lift", "{count: 2, mean: 3}")))
    grace = office.browser("grace")
    fill_in(grace, "/sign-off?person=ada&activity=lift", outcome="not-yet", date="2026-06-29", score="2")
    fill_in(grace, "/sign-off?person=bob&activity=lift", outcome="done", date="2026-06-29")
    settle(office.served.prowess)
    assert listed(grace) == [("bob", "lift")]


def test_a_renewal_has_its_own_sign_offs_and_is_due_when_the_award_ends(office_of: OfficeOf) -> None:
    renew = f"{{window: P60D, require: {signed('tour')}}}"
    office = office_of(certification("crane", signed("lift"), "P30D", valid="{for: P1Y}", renew=renew))
    grace = office.browser("grace")
    fill_in(grace, "/sign-off?person=ada&activity=lift", outcome="done", date="2025-07-20")
    fill_in(grace, "/sign-off?person=bob&activity=lift", outcome="done", date="2026-06-01")
    settle(office.served.prowess)
    assert listed(grace) == [("ada", "tour")]
    assert "Ada Byron : The tour The crane, due 20 July 2026" in words(grace)
    assert "overdue" not in words(grace)


def test_a_renewal_is_that_of_the_version_which_holds_for_it(office_of: OfficeOf) -> None:
    def version(number: int, effective: str, job: str) -> str:
        renew = f"{{window: P60D, require: {signed('tour', f'{{job: {job}}}')}}}"
        text = certification("crane", signed("lift"), valid="{for: P1Y}", renew=renew, apply="at_renewal")
        return text.replace("version: 1", f"version: {number}").replace("2025-01-01", effective)

    office = office_of(version(1, "2025-01-01", "head"), version(2, "2026-06-01", "team-lead"))
    grace = office.browser("grace")
    fill_in(grace, "/sign-off?person=ada&activity=lift", outcome="done", date="2025-07-20")
    settle(office.served.prowess)
    assert listed(grace) == [("ada", "tour"), ("bob", "lift")]
    assert listed(office.browser("mary")) == [("bob", "lift")]


def test_what_ends_a_suspension_is_asked_for_under_its_own_terms(office_of: OfficeOf) -> None:
    suspend = f"[{{when: {{verb: failed, object: exam}}, until: {signed('lift', '{job: head}')}}}]"
    office = office_of(certification("crane", signed("lift"), "P30D", suspend=suspend))
    grace, mary = office.browser("grace"), office.browser("mary")
    for one in ("ada", "bob"):
        fill_in(grace, f"/sign-off?person={one}&activity=lift", outcome="done", date="2026-06-01")
    settle(office.served.prowess)
    assert listed(mary) == []
    send(office, said("ada", "failed", "exam"))
    assert listed(mary) == [("ada", "lift")]
    assert "The crane, due" not in words(mary)
    assert listed(grace) == []


def test_who_is_not_asked_has_nobody_waiting_for_them(office_of: OfficeOf) -> None:
    office = office_of(certification("crane", signed("lift")))
    grace, root = office.browser("grace"), office.browser("root")
    fill_in(root, "/acts?person=bob&program=crane&act=exempt", reason="Office work for now")
    fill_in(grace, "/sign-off?person=ada&activity=tour", outcome="done", date="2026-06-30")
    settle(office.served.prowess)
    assert listed(grace) == [("ada", "lift")]
    published_of(office.served.prowess).apply([Source("programs.yaml", ruleset(certification("bus", signed("drive"))))])
    assert listed(grace) == [], "the withdrawn program at once, the new one once it is decided upon"
    settle(office.served.prowess)
    assert listed(grace) == [("ada", "drive"), ("bob", "drive")]


def test_what_cannot_be_entered_here_is_not_listed(office_of: OfficeOf) -> None:
    foreign = '{kind: activity, id: mine, title: M, iris: [{iri: "https://lms.example/7", source: moodle}]}'
    source = "{kind: source, id: moodle, governs: true, match: {credential: moodle}}"
    office = office_of(
        certification("crane", f"{{all: [{signed('mine')}, {signed('lift')}]}}", **{"for": '{job: "*"}'}),
        foreign,
        source,
    )
    join(office, "  - {id: anon, name: Anon, positions: [{from: 2025-01-06, job: operator, managers: [grace]}]}\n")
    assert listed(office.browser("grace")) == [("ada", "lift"), ("bob", "lift")]


def test_at_most_fifty_are_shown_and_what_is_left_out_is_said(
    office_of: OfficeOf, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = office_of(certification("crane", signed("lift")), url=database_url)
    join(office, "".join(operator(f"o{number:03}") for number in range(58)))
    grace, olga = office.browser("grace"), office.browser("olga")
    for browser in (grace, olga):
        assert listed(browser) == [("ada", "lift"), ("bob", "lift"), *((f"o{n:03}", "lift") for n in range(48))]
        assert "And 10 more." in words(browser)
    monkeypatch.setattr(open_pairs, "_MANY", 20)
    assert listed(grace) == listed(olga)
    assert "And 10 more." in words(grace), "among very many, everybody is gone through instead"
    monkeypatch.setattr(work, "_BATCH", 20)
    monkeypatch.setattr(work, "COUNTED", 55)
    assert "And 10 more." in words(grace), "the last batch was read anyway"
    monkeypatch.setattr(work, "LOOKED_AT", 55)
    assert "And at least 5 more." in words(grace)
    monkeypatch.setattr(work, "COUNTED", 20)
    assert len(listed(grace)) == 20
    assert "More may wait" in words(grace)
    monkeypatch.setattr(work, "LOOKED_AT", 60)
    monkeypatch.setattr(work, "COUNTED", 200)
    assert "And 10 more." in words(olga)


def test_whoever_looks_for_somebody_is_shown_whom_they_look_for(office_of: OfficeOf) -> None:
    grace = office_of(certification("crane", signed("lift"))).browser("grace")
    assert listed(grace, "/sign-off?activity=tour")[:2] == [("ada", "lift"), ("bob", "lift")]
    assert listed(grace, "/sign-off?person=o") == []


def test_a_list_of_people_that_was_cut_at_twenty_did_not_say_so(office_of: OfficeOf) -> None:
    office = office_of(certification("crane", signed("lift")))
    grace = office.browser("grace")
    assert "There are more" not in words(grace)
    join(office, "".join(operator(f"o{number:03}") for number in range(30)))
    assert "There are more: type a part of the name above." in words(grace)
    page = sound(grace.get("/sign-off?person=nobody-like-that").text)
    (field,) = (one for one in page.all("input") if one.get("id") == "person")
    assert (field["aria-invalid"], field["aria-describedby"]) == ("true", "person-problem")
