"""By what slips an address of a program differs from the one that a system sends, and what is no slip."""

from __future__ import annotations

import re
from itertools import product
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.troubles import likeness
from rules.troubles.likeness import WEIGHTS, alike, slips

QUIZ = "https://lms.example/mod/quiz/view.php?id=7"


@pytest.mark.parametrize(
    ("heard", "told"),
    [
        ("http://lms.example/mod/quiz/view.php?id=7", ("http or https",)),
        ("HTTPS://LMS.example/mod/quiz/view.php?id=7", ("capitals",)),
        ("https://lms.example/mod/Quiz/view.php?id=7", ("capitals",)),
        ("https://lms.example:443/mod/quiz/view.php?id=7", ("port",)),
        ("https://lms.example/mod/quiz/view.php/?id=7", ("slash at the end",)),
        ("https://lms.example/mod/quiz/view.php?id=7/", ("slash at the end",)),
        ("https://lms.example/mod/quiz/view.php&id=7", ("? or &",)),
        ("https://lms.example/mod/quiz/view.php?id=7#section-3", ("what follows #",)),
        ("https://lms.example/mod/quiz/view.php?id=7&forceview=1", ("further parameters",)),
        ("https://lms.example/mod/quizz/view.php?id=7", ("spelling",)),
        ("https://moodle.example/mod/quiz/view.php?id=7", ("host",)),
        ("https://lms.example:8080/mod/quiz/view.php?id=7", ("host",)),
        ("http://LMS.example/mod/quiz/view.php/?id=7", ("http or https", "slash at the end", "capitals")),
    ],
)
def test_slips_are_named_whichever_of_the_two_is_right(heard: str, told: tuple[str, ...]) -> None:
    assert slips(QUIZ, heard) == told
    assert sorted(slips(heard, QUIZ)) == sorted(told)
    assert set(told) <= WEIGHTS.keys()
    assert [one.iri for one in alike([QUIZ], [heard])[QUIZ]] == [heard]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (QUIZ, QUIZ),
        (QUIZ, QUIZ.replace("7", "8")),
        (QUIZ, QUIZ.replace("7", "77")),
        (QUIZ, QUIZ.replace("quiz", "assign")),
        (QUIZ, QUIZ.replace("?id=7", "")),
        (QUIZ, QUIZ.replace("id=7", "cmid=7")),
        (QUIZ, QUIZ.replace("https", "ftp")),
        (QUIZ, "https://moodle.example/mod/quizz/view.php?id=7"),
        ("https://lms.example/a", "https://lms.example/b"),
        ("https://lms.example/pass", "https://lms.example/fast"),
        ("https://lms.example/theory", "https://lms.example/theatre"),
        ("https://lms.example/c/7", "https://other.example/c/7"),
        ("https://lms.example/#/course/7", "https://lms.example/#/course/8"),
        ("https://lms.example/", "https://lms.example/#/course/8"),
        ("urn:isbn:0451450523", "urn:isbn:0451450532"),
        ("", "x"),
    ],
)
def test_two_activities_are_no_slip(one: str, other: str) -> None:
    assert slips(one, other) == slips(other, one) == ()
    assert alike([one], [other]) == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://lms.example/forklift-theory", "https://lms.example/forklfit-theory"),
        ("https://lms.example/forklift-theory", "https://lms.example/forklift-teory/"),
        ("https://lms.example/course-v1:Org+First+2026", "https://lms.example/course-v1:Org+Fisrt+2026"),
        ("https://lms.example/?course=first-aid", "https://lms.example/?course=first-aidd"),
        ("urn:example:quiz", "urn:example:quizz"),
    ],
)
def test_a_letter_or_two_are_slips(one: str, other: str) -> None:
    assert slips(one, other) == slips(other, one) == ("spelling",)


def test_capitals_of_an_address_without_a_host_and_the_order_of_a_query() -> None:
    assert slips("urn:example:Theory", "urn:example:theory") == ("capitals",)
    assert slips("https://lms.example/q?a=1&b=2", "https://lms.example/q?b=2&a=1") == ("order of the query",)


def test_the_fewest_slips_win_and_of_equals_the_first() -> None:
    plain, slash = QUIZ.replace("https", "http"), "http://lms.example/mod/quiz/view.php/?id=7"
    assert [one.iri for one in alike([QUIZ], [slash, plain])[QUIZ]] == [plain, slash]
    twins = [QUIZ.replace("view", "View"), QUIZ.replace("quiz", "Quiz")]
    assert alike([QUIZ], twins) == alike([QUIZ], reversed(twins))


def test_another_host_is_no_slip_once_the_own_host_was_heard() -> None:
    other = QUIZ.replace("lms", "moodle")
    assert [one.slips for one in alike([QUIZ], [other])[QUIZ]] == [("host",)]
    assert alike([QUIZ], [other, "https://LMS.example/mod/page/view.php?id=3"]) == {}


def test_each_address_finds_its_own() -> None:
    wanted = [f"https://lms.example/mod/quiz/view.php?id={n}" for n in range(50)]
    heard = [f"http://lms.example/mod/quiz/view.php?id={n}" for n in range(25, 75)]
    found = {one: likenesses[0] for one, likenesses in alike(wanted, iter(heard)).items()}
    assert {one.partition(":")[2]: nearest.iri.partition(":")[2] for one, nearest in found.items()} == {
        one.partition(":")[2]: one.partition(":")[2] for one in wanted[25:]
    }


_WORDS = st.sampled_from(
    ["quiz", "quizz", "qiuz", "theory", "forklift-theory", "forklfit-teory", "Theory", "a", "7", "8", ""]
)
_ADDRESSES = st.builds(
    lambda scheme, host, path, query, rest: f"{scheme}://{host}/{'/'.join(path)}{query}{rest}",
    st.sampled_from(["http", "https", "HTTPS"]),
    st.sampled_from(["lms.example", "LMS.example", "lms.example:443", "moodle.example"]),
    st.lists(_WORDS, max_size=3),
    st.sampled_from(["", "?id=7", "?id=7/", "&id=7", "?a=quiz&id=7", "?id=7&a=quiz", "?a=quiz", "?id=8"]),
    st.sampled_from(["", "", "/", "#top"]),
)


@given(st.lists(_ADDRESSES, max_size=6), st.lists(_ADDRESSES, max_size=6))
def test_whatever_differs_by_slips_is_found_though_few_are_compared(wanted: list[str], heard: list[str]) -> None:
    hosts = {urlsplit(iri).netloc.lower() for iri in heard}
    expected = {
        (one, other, told)
        for one in wanted
        for other in heard
        if (told := slips(one, other)) and ("host" not in told or urlsplit(one).netloc.lower() not in hosts)
    }
    found = {(one, fits.iri, fits.slips) for one, all_ in alike(wanted, heard).items() for fits in all_}
    assert found <= expected
    assert not {(one, other) for one, other, _ in expected - found if numbers(one) & numbers(other)}
    assert all(bool(numbers(one)) == bool(numbers(other)) for one, other, _ in found)


def test_every_address_without_a_number_was_compared_with_every_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """It took minutes, on the page that administrators see first."""
    compared: list[str] = []
    monkeypatch.setattr(likeness, "_slips", lambda _, heard: compared.append(heard.iri) or ())
    words = ("safety", "forklift", "kitchen", "first-aid", "laboratory", "hygiene", "driving", "data-protection")
    wanted = [f"https://wiki.example/{one}/{other}" for one, other in product(words, words)]
    heard = [f"https://wiki.example/{'/'.join(some)}" for some in product(words, words, words)]
    assert alike(wanted, [*heard, "https://wiki.example/safety/hygeine"]) == {}
    assert "https://wiki.example/safety/hygeine" in compared
    assert len(compared) < len(heard)


def numbers(iri: str) -> set[str]:
    return set(re.findall(r"\d+", iri.split("/", 3)[-1].partition("#")[0]))
