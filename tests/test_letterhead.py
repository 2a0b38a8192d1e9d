"""Letters as HTML: on a phone, in the dark, and read aloud."""

from __future__ import annotations

import re

import pytest

from reports.mailings.letter import Letter, Section
from rules.escalation.letters import Letter as Notice
from tests.web.browser import Page

STOP = "https://prowess.example/digests/stop/" + "x" * 200
DIGEST = Letter(
    "Your team: 2 overdue",
    "Dear Grace <Hopper>,",
    ("1 of 3 things required are in place.",),
    (
        Section(
            "Overdue",
            3,
            "https://prowess.example/r?a=1&b=2",
            (("Ada", "Forklift", ""), ("\u0646\u0648\u0631\u0629", "", "2 d late")),
        ),
        Section("Completed", 0, "https://prowess.example/c", (), "Nothing."),
    ),
    (("You get this every Monday.", None), ("No more of these:", STOP)),
)
NOTICE = Notice(
    "Forklift: due today",
    ("Dear Ada,",),
    (("To do next:", ("Pass <Exam>",)),),
    "What it is good for: driving.",
    "Your page:",
    "https://prowess.example/people/ada",
    "Who is told when:",
    "https://prowess.example/programs/forklift/escalation",
)


@pytest.mark.parametrize("letter", [DIGEST, NOTICE])
def test_a_letter_was_dark_on_dark(letter: Letter | Notice) -> None:
    """It is a whole document that takes both schemes and names no colour but that of lines, nor anything to be fetched."""
    html = letter.html
    page = Page(html)
    assert html.startswith('<!doctype html>\n<html lang="en">')
    assert {"name": "color-scheme", "content": "light dark"} in page.all("meta")
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in page.all("meta")
    assert f"<title>{letter.subject}</title>" in html
    styles = " ".join(attrs.get("style") or "" for _, attrs in page.tags)
    assert re.findall(r"(?<!-)color:|background", styles) == []
    assert set(re.findall(r"#[0-9a-f]+", styles)) == {"#85808a"}
    assert not {"img", "link", "style", "table", "script"} & {tag for tag, _ in page.tags}
    assert not [name for _, attrs in page.tags for name in attrs if name in {"src", "background"}]
    assert [fault for fault in page.faults if not fault.startswith("style=")] == []


def test_a_letter_as_text_has_no_markup() -> None:
    assert "Dear Grace <Hopper>," in DIGEST.text
    assert "Dear Grace &lt;Hopper&gt;," in DIGEST.html
    assert "- Ada, Forklift\n" in DIGEST.text
    assert "- and 1 more\nhttps://prowess.example/r?a=1&b=2" in DIGEST.text
    assert DIGEST.text.endswith(f"No more of these: {STOP}\n")
    assert "- Pass <Exam>\n" in NOTICE.text
    assert not re.search(r"&\w+;|</", DIGEST.text + NOTICE.text)


def test_a_screen_reader_spelt_two_hundred_letters_of_an_address() -> None:
    assert f'<a href="{STOP}">No more of these</a>' in DIGEST.html
    assert '<a href="https://prowess.example/people/ada">Your page</a>' in NOTICE.html


def test_a_name_written_from_the_right_turned_the_days_round() -> None:
    assert "<strong><bdi>\u0646\u0648\u0631\u0629</bdi></strong><br><bdi>2 d late</bdi>" in DIGEST.html
