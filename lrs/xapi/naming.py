"""What people call a thing that only an IRI names: its last word, which mostly says what it is; and how they write a score."""

from __future__ import annotations

from decimal import Decimal
from urllib.parse import unquote

_MAX_DIGITS = 20


def last_word(iri: str) -> str:
    """The last part of a fragment or a path, with the query behind it, in which the numbers stand that tell quizzes apart.

    Slashes and empty marks at the end are passed over, and percent-encoding is undone where that gives text (RFC 3987
    3.2).  Never empty, unless the IRI is.
    """
    head, _, fragment = iri.rstrip("/#?").partition("#")
    path, mark, query = (fragment or head).partition("?")
    return _decoded(path.rstrip("/").rpartition("/")[2] + mark + query) or iri


def verb_words(iri: str) -> str:
    """A verb in words: `signed off` for …/verbs/signed-off."""
    return last_word(iri).replace("-", " ")


def score_words(number: Decimal | int) -> str:
    """A number of a score without zeros that say nothing: 93 for Moodle's 93.00000."""
    exact = Decimal(number)
    if not -_MAX_DIGITS < exact.adjusted() < _MAX_DIGITS:
        return str(number)
    text = f"{exact:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _decoded(word: str) -> str:
    """As people read it; as it was where it hides bytes that are no text, or marks that nobody sees."""
    try:
        text = unquote(word, errors="strict")
    except UnicodeDecodeError:
        return word
    return text if text.isprintable() and text.strip() else word
