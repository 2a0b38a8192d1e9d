"""Loading programs: what is accepted, and for every mistake the place and the way to mend it."""

from __future__ import annotations

from pathlib import Path

import pytest

from lrs.errors import ConfigError
from lrs.yaml_door import load
from rules.language import LanguageError, canonical, load_programs
from rules.language.model import AllOf, Due, Holds, InOrder, Iri, Leaf, NOf
from rules.language.period import Period, load_period
from tests.rules.world import ACTIVITIES, base


def errors(text: str) -> list[str]:
    """Each complaint as line:column: message | hint."""
    with pytest.raises(LanguageError) as caught:
        load_programs(load(text, "p.yaml"))
    assert all(error.file == "p.yaml" for error in caught.value.errors)
    return [f"{e.line}:{e.column}: {e.message}" + (f" | {e.hint}" if e.hint else "") for e in caught.value.errors]


def program(**changes: str) -> str:
    return base(**changes) + ACTIVITIES


MISTAKES = {
    "unknown leaf": (
        program(require="{pased: exam}"),
        ["8:11: there is no requirement 'pased' | did you mean 'passed'?"],
    ),
    "unknown key of a program": (
        program(titel="x"),
        ["11:1: a certification has no key 'titel' | did you mean 'title'?"],
    ),
    "unknown key of a leaf": (
        program(require="{passed: exam, minscore: 0.8}"),
        ["8:25: 'passed' has no key 'minscore' | did you mean 'min_score'?"],
    ),
    "unknown activity": (
        program(require="{passed: exxam}"),
        ["8:19: no activity is called 'exxam' | did you mean 'exam'?"],
    ),
    "unknown program": (
        program(require="{all: [{passed: a}, {holds: bass}]}"),
        ["8:38: no program is called 'bass' | did you mean 'base'?"],
    ),
    "empty all": (
        program(require="{all: []}"),
        ["8:16: an empty list asks for nothing | name at least one requirement"],
    ),
    "null all": (program(require="{all: }"), ["8:11: 'all' names nothing"]),
    "null leaf": (program(require="{passed: }"), ["8:11: 'passed' names nothing"]),
    "a list for a requirement": (
        program(require="[{passed: a}]"),
        [
            (
                "8:10: expected a requirement such as {passed: …}, found a list"
                " | start a list of requirements with all:, any: or in_order:"
            )
        ],
    ),
    "nothing for a requirement": (
        program(require="{all: [~, {passed: a}]}"),
        ["8:17: expected a requirement such as {passed: …}, found nothing"],
    ),
    "text for a requirement": (
        program(require="exam"),
        [
            "8:10: expected a requirement such as {passed: …}, found 'exam' | say what has to be done with it: {passed: exam}, {completed: exam}"
        ],
    ),
    "a mapping for a list": (
        program(require="{all: {passed: a}}"),
        ["8:16: expected a list here, found a mapping | begin each of them with a dash and a space"],
    ),
    "two words in one": (
        program(require="{passed: a, completed: b}"),
        ["8:10: 'passed' and 'completed' cannot stand in one requirement | put them under all:"],
    ),
    "no word at all": (
        program(require="{id: x, min_score: 0.8}"),
        [
            (
                "8:10: this requirement names nothing"
                " | one of passed, completed, done, attended, responded, signed_off, credential, competent, statement,"
                " kpi, credits, holds, all, any, in_order, n_of, not is needed"
            )
        ],
    ),
    "activity is no text": (program(require="{passed: 7}"), ['8:19: expected text, found 7 | write "7" in quotes']),
    "n of too few": (
        program(require="{n_of: 4, of: [{passed: a}, {passed: b}, {passed: c}]}"),
        ["8:17: 4 of a list of 3 can never be met"],
    ),
    "n of without a list": (
        program(require="{n_of: 2}"),
        ["8:10: 'n_of' needs a list 'of' | for example {n_of: 2, of: [{passed: a}, {passed: b}, {passed: c}]}"],
    ),
    "n of an empty list": (
        program(require="{n_of: 1, of: []}"),
        ["8:24: an empty list asks for nothing | name at least one requirement"],
    ),
    "n of no number": (
        program(require="{n_of: two, of: [{passed: a}]}"),
        ["8:17: expected a whole number from 1 on, found 'two'"],
    ),
    "n of text": (program(require="{n_of: 1, of: a}"), ["8:24: expected a list here, found 'a'"]),
    "distinct is no truth": (
        program(require="{n_of: 1, of: [{passed: a}], distinct: 3}"),
        ["8:49: expected true or false, found 3"],
    ),
    "in order without steps": (program(require="{in_order: {mode: strict}}"), ["8:21: 'in_order' needs steps"]),
    "in order of another mode": (
        program(require="{in_order: {mode: loose, steps: [{passed: a}]}}"),
        ["8:28: expected one of strict, lenient, found 'loose' | known here: lenient, strict"],
    ),
    "min_score too large": (
        program(require="{passed: exam, min_score: 80}"),
        ["8:36: expected a number from 0 to 1, such as 0.80, found 80 | write 0.80 for 80 %"],
    ),
    "min_score below zero": (
        program(require="{passed: exam, min_score: -0.1}"),
        ["8:36: expected a number from 0 to 1, such as 0.80, found -0.1"],
    ),
    "min_score as text": (
        program(require="{passed: exam, min_score: high}"),
        ["8:36: expected a number from 0 to 1, such as 0.80, found 'high'"],
    ),
    "min_score of a completion": (
        program(require="{completed: exam, min_score: 0.5}"),
        ["8:28: 'min_score' does not go with completed: | it goes with passed:, done:, competent:, statement:"],
    ),
    "done of an unknown activity": (
        program(require="{done: exxam}"),
        ["8:17: no activity is called 'exxam' | did you mean 'exam'?"],
    ),
    "expires, asks for one award": (
        program(require="{all: [{holds: other}]}") + "\n---\n{kind: certification, id: other, require: {passed: a}}",
        ["9:8: this expires, but holds: alone would earn it again at once | ask for some evidence too"],
    ),
    "done without move_on": (
        program(require="{done: exam}"),
        ["8:17: activity 'exam' has no move_on, which done: needs | give it one of cmi5's words"],
    ),
    "two criteria with one id": (
        program(require="{all: [{id: x, passed: a}, {id: x, passed: b}]}"),
        ["8:42: two criteria have the id 'x' | give one of them another: reports and waivers go by it"],
    ),
    "bad period": (
        program(valid="{for: 1 year}"),
        ["9:14: '1 year' is no period: write P1Y"],
    ),
    "period of nothing": (program(valid="{for: P0D}"), ["9:14: 'P0D' lasts no time at all"]),
    "period of both kinds": (
        program(valid="{for: P1DT2H}"),
        ["9:14: 'P1DT2H' is no period: a period is civil (P30D) or exact (PT24H), not both"],
    ),
    "period is a number": (
        program(valid="{for: 30}"),
        ["9:14: expected a period such as P30D, found 30 | write P30D for 30 days"],
    ),
    "valid without for": (program(valid="{}", renew=""), ["9:8: 'valid' needs for | for example {for: P1Y}"]),
    "valid is text": (
        program(valid="P1Y", renew=""),
        ["9:8: expected keys and values here, found 'P1Y' | write valid: {for: P1Y}"],
    ),
    "renew without valid": (program(valid=""), ["9:1: 'renew' needs valid:, or nothing ever expires"]),
    "renew without window": (
        program(renew="{grace: P1D}"),
        ["10:8: 'renew' needs a window | for example {window: P60D}: how long before expiry it opens"],
    ),
    "renew is text": (
        program(renew="always"),
        [
            "10:8: expected keys and values here, found 'always' | such as {window: …}; known here: window, grace, basis, anchor, min_active, early, require"
        ],
    ),
    "renew by prerequisites alone": (
        program(renew="{window: P60D, require: {holds: other}}")
        + "\n---\n{kind: certification, id: other, require: {passed: a}}",
        ["10:32: holds: alone would renew this for ever | ask for some evidence inside the window too"],
    ),
    "expires, earned by prerequisites alone": (
        program(require="{any: [{passed: a}, {holds: other}]}")
        + "\n---\n{kind: certification, id: other, require: {passed: a}}",
        ["9:8: this expires, but holds: alone would earn it again at once | ask for some evidence too"],
    ),
    "grace without for": (
        program(renew="{window: P1D, grace: {counts: true}}"),
        ["10:29: 'grace' needs for | for example {for: P14D, counts: true}"],
    ),
    "fixed without anchor": (
        program(renew="{window: P1D, basis: fixed}"),
        ['10:8: basis: fixed needs an anchor | for example anchor: "03-31"'],
    ),
    "fixed with hours": (
        program(valid="{for: PT8H}", renew='{window: PT1H, basis: fixed, anchor: "12-31"}'),
        ["10:30: basis: fixed needs a validity in years, months, weeks or days"],
    ),
    "anchor that does not exist": (
        program(renew='{window: P1D, basis: fixed, anchor: "02-30"}'),
        ['10:44: expected a day of the year in quotes, such as "03-31"'],
    ),
    "anchor without quotes": (
        program(renew="{window: P1D, basis: fixed, anchor: 1231}"),
        ['10:44: expected a day of the year in quotes, such as "03-31"'],
    ),
    "anchor of another basis": (
        program(renew='{window: P1D, anchor: "12-31", min_active: P6M}'),
        ["10:22: 'anchor' goes with basis: fixed", "10:39: 'min_active' goes with basis: fixed"],
    ),
    "min_active in hours": (
        program(renew='{window: P1D, basis: fixed, anchor: "12-31", min_active: PT5H}'),
        ["10:65: 'PT5H' counts hours; years, months, weeks or days are needed here"],
    ),
    "unknown basis": (
        program(renew="{window: P1D, basis: expire}"),
        ["10:29: expected one of completion, expiry, fixed, found 'expire' | did you mean 'expiry'?"],
    ),
    "due without within": (
        program(due="{after: assigned}"),
        ["11:6: 'due' needs within | for example {after: assigned, within: P30D}"],
    ),
    "due is text": (
        program(due="P30D"),
        ["11:6: expected keys and values here, found 'P30D' | write due: {within: P30D}"],
    ),
    "due after something else": (
        program(due="{after: birthday, within: P30D}"),
        [
            (
                "11:14: expected one of assigned, role_start, hired, found 'birthday'"
                " | known here: assigned, hired, role_start"
            )
        ],
    ),
    "due within nonsense": (
        program(due="{within: soon}"),
        ["11:15: 'soon' is no period: not an ISO 8601 period such as P1Y, P6M, P30D or PT24H"],
    ),
    "empty audience": (
        program(for_="{}"),
        ['7:6: this matches nobody in particular | write job: "*" for everybody who has a job'],
    ),
    "misspelt and only attribute": (program(for_="{jobs: x}"), ["7:7: 'for' has no key 'jobs' | did you mean 'job'?"]),
    "audience is text": (
        program(for_="everyone"),
        [
            "7:6: expected keys and values here, found 'everyone' | such as {job: …}; known here: job, level, site, unit, employment, not, manages, assign, due"
        ],
    ),
    "empty list of jobs": (program(for_="{job: []}"), ["7:12: an empty list matches nobody"]),
    "unknown attribute": (
        program(for_="{job: x, sites: y}"),
        ["7:15: 'for' has no key 'sites' | did you mean 'site'?"],
    ),
    "manages without depth": (
        program(for_="{manages: {}}"),
        ["7:16: 'manages' needs a depth | for example {depth: \">=2\"} for managers of managers"],
    ),
    "manages a bad depth": (
        program(for_='{manages: {depth: "many"}}'),
        ['7:24: expected a comparison such as ">=2"'],
    ),
    "time zone": (
        program(timezone="Mars/Base"),
        ["6:11: expected an IANA time zone such as Europe/London, found 'Mars/Base'"],
    ),
    "effective": (
        program(effective="2026-02-30"),
        ["5:12: expected a day that the calendar has, found '2026-02-30' | the last day of that month is 2026-02-28"],
    ),
    "version": (program(version="zero"), ["4:10: expected a whole number from 1 on, found 'zero'"]),
    "apply nonsense": (
        program(apply="later"),
        ["11:8: expected new, at_renewal or {now: {due: P30D}}, found 'later'"],
    ),
    "require and tiers": (
        program(tiers="[{id: t, require: {passed: a}}]"),
        ["11:1: a program has require: or tiers:, not both"],
    ),
    "due beside tiers": (
        program(require="", due="{within: P1D}", tiers="[{id: t, require: {passed: a}}]"),
        ["10:1: a program with tiers has its due dates there"],
    ),
    "nothing asked": (
        program(require="", valid="", renew=""),
        ["1:1: this program asks for nothing | it needs require:, tiers: or suggest:"],
    ),
    "no tiers": (program(require="", tiers="[]"), ["10:8: an empty list of tiers would always be met"]),
    "only suggesting tiers": (
        program(require="", tiers="[{id: t, suggest: [{passed: a}]}]"),
        ["10:8: no tier requires anything"],
    ),
    "tier without id": (program(require="", tiers="[{require: {passed: a}}]"), ["10:9: a tier needs an id"]),
    "tier is text": (
        program(require="", tiers="[t]"),
        [
            "10:9: expected keys and values here, found 't' | such as {id: …}; known here: id, title, due, after, require, suggest"
        ],
    ),
    "tier that asks for nothing": (
        program(require="", tiers="[{id: s, require: {passed: a}}, {id: t}]"),
        ["10:40: tier 't' asks for nothing | it needs require: or suggest:"],
    ),
    "two tiers with one id": (
        program(require="", tiers="[{id: t, require: {passed: a}}, {id: t, require: {passed: b}}]"),
        ["10:40: two tiers have the id 't'"],
    ),
    "tier after itself": (
        program(require="", tiers="[{id: t, after: t, require: {passed: a}}]"),
        ["10:24: no earlier tier is called 't' | the first tier follows nothing"],
    ),
    "tier after a typing mistake": (
        program(require="", tiers="[{id: first, require: {passed: a}}, {id: t, after: fist, require: {passed: b}}]"),
        ["10:59: no earlier tier is called 'fist' | did you mean 'first'?"],
    ),
    "clock paused by something else": (
        program(clock="{pause_on: [strike]}"),
        ["11:20: expected one of leave, found 'strike' | known here: leave"],
    ),
    "note of another shape": (
        program(award="[badge]"),
        ["11:8: 'award' does not have the shape of the language"],
    ),
    "no kind": (
        "id: x",
        ["1:1: this document has no kind | one of certification, curriculum, activity, verb, source, escalation"],
    ),
    "unknown kind": (
        "kind: certificate",
        [
            (
                "1:7: expected one of certification, curriculum, activity, verb, source, escalation, found 'certificate'"
                " | did you mean 'certification'?"
            )
        ],
    ),
    "kind is a number": (
        "kind: 7",
        [
            (
                "1:7: expected one of certification, curriculum, activity, verb, source, escalation, found 7"
                " | known here: certification, curriculum, activity, verb, source, escalation"
            )
        ],
    ),
    "a list for a document": ("- a", ["1:1: expected a document with a kind, found a list"]),
    "program without id": ("{kind: certification, require: {passed: a}}", ["1:1: a certification needs an id"]),
    "program with a number for an id": (
        "{kind: certification, id: 7}",
        ['1:27: expected text, found 7 | write "7" in quotes'],
    ),
    "same version twice": (
        f"{base()}\n---\n{program()}",
        ["13:5: there is another version 1 of 'base' | the first stands at p.yaml:1"],
    ),
    "later version, earlier day": (
        f"{base()}\n---\n{program(version='2', effective='2023-01-01')}",
        ["16:12: version 2 of 'base' must take effect after version 1 does"],
    ),
    "held in a circle": (
        base(require="{all: [{passed: a}, {holds: two}]}")
        + "\n---\n{kind: certification, id: two, require: {all: [{passed: a}, {holds: base}]}}"
        + ACTIVITIES,
        ["8:38: programs hold each other in a circle: base → two → base | one of them must not need the other"],
    ),
    "holds itself": (
        program(require="{all: [{passed: a}, {holds: base}]}"),
        ["8:38: programs hold each other in a circle: base → base | one of them must not need the other"],
    ),
    "activity without id": ("{kind: activity, iris: ['https://a.b/c']}", ["1:1: an activity needs an id"]),
    "activity without iris": (
        "{kind: activity, id: a}",
        ["1:1: activity 'a' needs iris | every IRI by which an LMS names it"],
    ),
    "iri without scheme": (
        "{kind: activity, id: a, iris: [quiz]}",
        ["1:32: 'quiz' is not an IRI: it has no scheme such as https:"],
    ),
    "iri mapping without iri": (
        "{kind: activity, id: a, iris: [{source: s}]}",
        ["1:32: this needs an iri | for example {iri: https://lms.example/quiz/7, source: moodle-hq}"],
    ),
    "iri of an unknown source": (
        (
            "{kind: activity, id: a, iris: [{iri: 'x:y', source: moddle}]}\n---\n"
            "{kind: source, id: moodle, match: {platform: Moodle}}"
        ),
        ["1:53: no source is called 'moddle' | did you mean 'moodle'?"],
    ),
    "iri of a source, none is known": (
        "{kind: activity, id: a, iris: [{iri: 'x:y', source: moodle}]}",
        ["1:53: no source is called 'moodle' | sources stand in documents of kind: source"],
    ),
    "move_on": (
        "{kind: activity, id: a, iris: ['x:y'], move_on: Pass}",
        [
            (
                "1:49: expected one of Passed, Completed, CompletedAndPassed, CompletedOrPassed, NotApplicable, found 'Pass'"
                " | did you mean 'Passed'?"
            )
        ],
    ),
    "counts for itself": (
        "{kind: activity, id: a, iris: ['x:y'], counts_for: [{id: a}]}",
        ["1:58: an activity counts for itself anyway"],
    ),
    "counts for nothing": (
        "{kind: activity, id: a, iris: ['x:y'], counts_for: [{from: 2026-01-01}, x]}",
        [
            "1:53: 'counts_for' needs an id",
            "1:73: expected keys and values here, found 'x' | such as {id: …}; known here: id, from, to",
        ],
    ),
    "counts for a range upside down": (
        (
            "{kind: activity, id: a, iris: ['x:y'], counts_for: {id: a2, from: 2026-02-01, to: 2026-01-01}}"
            "\n---\n{kind: activity, id: a2, iris: ['x:z']}"
        ),
        ["1:83: this ends before it begins"],
    ),
    "two activities with one iri": (
        "{kind: activity, id: a, iris: ['x:y']}\n---\n{kind: activity, id: b, iris: ['x:z', 'x:y']}",
        [
            (
                "3:39: activity 'a' claims this IRI already"
                " | an IRI means one activity; name a source on both if two systems use it differently"
            )
        ],
    ),
    "one iri for all sources and for one": (
        (
            "{kind: activity, id: a, iris: [{iri: 'x:y', source: s}]}\n---\n{kind: activity, id: b, iris: ['x:y']}\n---\n"
            "{kind: source, id: s, match: {platform: M}}"
        ),
        [
            (
                "3:32: activity 'a' claims this IRI already"
                " | an IRI means one activity; name a source on both if two systems use it differently"
            )
        ],
    ),
    "source without match": (
        "{kind: source, id: s}",
        ["1:1: a source needs match | one of credential, authority, platform, home_page"],
    ),
    "source without id": ("{kind: source, match: {platform: M}}", ["1:1: a source needs an id"]),
    "source that matches everything": (
        "{kind: source, id: s, match: {}}",
        ["1:30: this would match every statement | one of credential, authority, platform, home_page is needed"],
    ),
    "source of an unknown profile": (
        "{kind: source, id: s, match: {platform: M}, profile: moodle}",
        ["1:54: no profile is called 'moodle' | known here: cmi5, default, moodle-logstore, openedx"],
    ),
    "source with odd people": (
        "{kind: source, id: s, match: {platform: M}, people: all}",
        ["1:53: 'people' says how actors are identified | for example {account: lms_user_id}"],
    ),
    "authority is no agent": (
        "{kind: source, id: s, match: {authority: {account: {name: x}}}}",
        ["1:42: expected an agent: {mbox: …} or {account: {homePage: …, name: …}}"],
    ),
    "name of an authority is no text": (
        "{kind: source, id: s, match: {authority: {name: {account: 5}, mbox: 'mailto:a@b.example'}}}",
        ["1:49: expected text, found a mapping"],
    ),
    "authority is a number": (
        "{kind: source, id: s, match: {authority: 7}}",
        ["1:42: expected an agent: {mbox: …} or {account: {homePage: …, name: …}}"],
    ),
    "escalation without id": ("{kind: escalation}", ["1:1: an escalation needs an id"]),
    "several at once": (
        program(require="{all: [{pased: a}, {passed: d}]}", valid="{for: never}", effective="soon"),
        [
            "5:12: expected a date such as 2026-01-31, found 'soon'",
            "8:18: there is no requirement 'pased' | did you mean 'passed'?",
            "8:38: no activity is called 'd' | known here: a, a2, b, c, exam",
            "9:14: 'never' is no period: not an ISO 8601 period such as P1Y, P6M, P30D or PT24H",
        ],
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_point_at_their_place(name: str) -> None:
    text, expected = MISTAKES[name]
    assert errors(text) == expected


@pytest.mark.parametrize(
    ("text", "place", "hint"),
    [
        ("a:\n\t- b\n", "2:1", "indent with spaces: a tab is not accepted"),
        ("title: Food hygiene: the basics\n", "1:20", "text with a colon in it stands in quotes"),
        ("- passed: a, min_score: 1\n", "1:23", "several keys on one line stand in { }"),
        ("- {id theory, passed: a\n", "1:3", "close it, with a comma between its parts"),
    ],
    ids=["tab", "colon in text", "keys without braces", "bracket left open"],
)
def test_slips_that_everybody_makes_in_yaml_say_how_to_mend_them(text: str, place: str, hint: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(text, "p.yaml")
    assert caught.value.place == f"p.yaml:{place}"
    assert caught.value.hint is not None
    assert hint in caught.value.hint


def test_a_mistake_message_says_how_many_there_are() -> None:
    with pytest.raises(LanguageError, match=r"p.yaml:4:10: expected a whole .* \(and 1 more\)"):
        load_programs(load(program(effective="x", version="0", title="T"), "p.yaml"))


@pytest.mark.parametrize(
    ("text", "place", "message"),
    [
        ("kind: activity\nid: a\niris: []\nid: b\n", "4:1", "duplicate key 'id'"),
        ("[" * 20_000, "1:21", "nested deeper than 20 levels"),
        ("kind: !!python/object x\n", "1:7", "YAML tags such as"),
        ("a: *b\n", "1:4", "not valid YAML"),
    ],
    ids=["duplicate key", "20 kB of [", "tag", "unknown alias"],
)
def test_the_yaml_door_is_in_front(tmp_path: Path, text: str, place: str, message: str) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(text)
    with pytest.raises(LanguageError) as caught:
        load_programs(tmp_path)
    assert caught.value.place == f"{file}:{place}"
    assert message in caught.value.message


def test_a_broken_file_does_not_hide_mistakes_in_another(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: [")
    (tmp_path / "b.yml").write_text("kind: nothing")
    with pytest.raises(LanguageError) as caught:
        load_programs(tmp_path)
    assert [Path(error.file or "").name for error in caught.value.errors] == ["a.yaml", "b.yml"]


def test_nothing_to_load(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no directory"):
        load_programs(tmp_path / "programs")
    with pytest.raises(ConfigError, match="there are no programs in"):
        load_programs(tmp_path)


def test_one_file_is_enough(tmp_path: Path) -> None:
    (tmp_path / "odd.yaml").mkdir()
    file = tmp_path / "p.yaml"
    file.write_text(program())
    assert list(load_programs(file).programs) == ["base"]
    assert list(load_programs(tmp_path).programs) == ["base"]


def test_the_hash_knows_content_only() -> None:
    text = program()
    same = "# a comment\n" + "\n---\n".join(reversed(text.split("\n---\n")))
    first, second = load_programs(load(text, "a")), load_programs(load(same, "b"))
    assert first.hash == second.hash
    assert first.texts == second.texts
    assert first.hash != load_programs(load(text.replace("0.80", "0.85"), "a")).hash


def test_canonical_text_keeps_decimals_as_written() -> None:
    document = load("{b: 0.80, a: [1, true, null, é]}", "x")[0]
    assert canonical(document.value) == '{"a":[1,true,null,"é"],"b":"0.80"}'


def test_what_a_program_becomes() -> None:
    text = program(
        require="{in_order: [{id: x, passed: a, min_score: 1, method: online}, {all: [{passed: b}, {passed: b}]},"
        " {n_of: 1, of: [{completed: c}, {holds: other, kirkpatrick: 3}], distinct: false}]}",
        clock="{from: role_start, rehire: {within: P10D, then: restart, else: resume}}",
        due="{within: P30D, floor: P14D}",
        benefit="{learner: more}",
    )
    ruleset = load_programs(load(text + "\n---\n{kind: certification, id: other, require: {passed: a}}", "x"))
    loaded = ruleset.programs["base"][0]
    assert isinstance(loaded.require, InOrder)
    first, second, third = loaded.require.of
    assert isinstance(first, Leaf)
    assert (first.id, first.min_score, first.notes) == ("x", 1, {"method": "online"})
    assert isinstance(second, AllOf)
    assert [part.id for part in second.of] == ["passed:b", "passed:b#2"]
    assert isinstance(third, NOf)
    assert third.distinct is False
    assert third.of[1] == Holds("holds:other", "other", {"kirkpatrick": 3})
    assert loaded.due == Due(load_period("P30D"), "role_start", load_period("P14D"))
    assert (loaded.clock.resume_within.days, loaded.clock.resumes, loaded.clock.otherwise_resumes) == (10, False, True)
    assert loaded.notes == {"benefit": {"learner": "more"}}
    assert ruleset.strata == (("other",), ("base",))


def test_what_is_left_out_has_a_default() -> None:
    loaded = load_programs(load("{kind: certification, id: x, require: {passed: a}}" + ACTIVITIES, "x")).programs["x"][
        0
    ]
    assert (loaded.version, loaded.title, loaded.timezone, loaded.audiences) == (1, "x", "site", ())
    assert (loaded.valid_for, loaded.renew, loaded.due) == (None, None, None)


def test_an_iri_may_be_written_at_length() -> None:
    text = "{kind: activity, id: a, iris: [{iri: 'x:y'}, 'x:z']}"
    assert load_programs(load(text, "x")).activities["a"].iris == (Iri("x:y"), Iri("x:z"))


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("P1Y", Period("P1Y", months=12)),
        ("P1Y2M3W4D", Period("P1Y2M3W4D", months=14, days=25)),
        ("PT1H1M1S", Period("PT1H1M1S", us=3_661_000_000)),
        ("P0D", Period("P0D")),
    ],
)
def test_periods(text: str, period: Period) -> None:
    assert load_period(text) == period
    assert period.is_exact == text.startswith("PT")
    assert period.is_zero == (text == "P0D")


@pytest.mark.parametrize("text", ["P", "PT", "1Y", "P1H", "P-1D", "P1.5D", "p1y", "P1D ", "PT1D", "P٣D"])
def test_no_periods(text: str) -> None:
    with pytest.raises(ValueError, match=r"period|write P1Y"):
        load_period(text)
