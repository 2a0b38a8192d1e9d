"""The short names of what only an IRI names."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lrs.xapi.naming import last_word, score_words, verb_words


@pytest.mark.parametrize(
    ("iri", "word"),
    [
        ("http://adlnet.gov/expapi/verbs/passed", "passed"),
        ("http://adlnet.gov/expapi/verbs/passed/", "passed"),
        ("https://verbs.example/terms#answered", "answered"),
        ("https://verbs.example/#answered/", "answered"),
        ("https://verbs.example/terms#", "terms"),
        ("https://app.example/#/courses/first-aid", "first-aid"),
        ("https://lms.example/mod/quiz/view.php?id=7", "view.php?id=7"),
        ("https://lms.example/mod/quiz/?id=7", "quiz?id=7"),
        ("https://lms.example/go?to=https://cdn.example/unit/4", "go?to=https://cdn.example/unit/4"),
        ("https://app.example/#/course?of=a/b", "course?of=a/b"),
        ("https://lms.example/caf%C3%A9", "café"),
        ("https://lms.example/course/%E5%AE%89%E5%85%A8", "安全"),
        ("https://lms.example/course/安全", "安全"),
        ("https://lms.example/a%2Fb", "a/b"),
        ("https://lms.example/%FF%FE", "%FF%FE"),
        ("https://lms.example/unit%00%E2%80%AE", "unit%00%E2%80%AE"),
        ("https://lms.example/%20", "%20"),
        ("https://lms.example/100%", "100%"),
        ("https://lms.example/", "lms.example"),
        ("urn:isbn:0451450523", "urn:isbn:0451450523"),
        ("tag:example.org,2026:first-aid", "tag:example.org,2026:first-aid"),
        ("x:/", "x:"),
        ("///", "///"),
        ("", ""),
    ],
)
def test_the_last_word_of_an_iri(iri: str, word: str) -> None:
    assert last_word(iri) == word


def test_a_verb_in_words() -> None:
    assert verb_words("https://w3id.org/prowess/xapi/verbs/signed-off") == "signed off"


_TEXT = st.text(alphabet="ab安é%2FfC3/?#:.-= \x00\u202e", min_size=1, max_size=30)


@given(_TEXT)
def test_a_last_word_is_never_empty_and_shows_nothing_hidden_that_the_iri_only_encodes(iri: str) -> None:
    word = last_word(iri)
    assert word
    assert word.isprintable() or not iri.isprintable()


@given(_TEXT.filter(lambda iri: iri.strip("/#?")), st.text(alphabet="/#?", max_size=4))
def test_slashes_and_empty_marks_at_the_end_change_no_last_word(iri: str, marks: str) -> None:
    assert last_word(iri + marks) == last_word(iri)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("93.00000", "93"),
        ("0.0", "0"),
        ("8.50", "8.5"),
        ("100", "100"),
        ("1.0E+400", "1.0E+400"),
        ("1E+2", "100"),
        ("-1.0", "-1"),
    ],
)
def test_a_score_had_zeros_that_say_nothing(number: str, text: str) -> None:
    assert score_words(Decimal(number)) == text
