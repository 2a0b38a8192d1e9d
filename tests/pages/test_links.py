"""Every link of these pages leads somewhere, and whoever may see a page finds no link they may not follow."""

from __future__ import annotations

import re

import pytest

from tests.entry.desk import Office, sound
from tests.pages.look import lived_in

START = ("/", "/people", "/programs", "/exceptions")
OURS = re.compile(r"/(people|programs|exceptions)(/|$|\?)")


@pytest.mark.journey
@pytest.mark.parametrize("name", ["ada", "grace", "olga", "mary", "root"])
def test_every_link_answers(scene: Office, name: str) -> None:
    lived_in(scene)
    browser = scene.browser(name)
    reachable = START if name in {"mary", "root"} else START[:3]
    seen, waiting = set(reachable), list(reachable)
    while waiting:
        path = waiting.pop()
        answer = browser.get(path)
        assert answer.status_code in {200, 303}, (name, path)
        if answer.status_code == 303 or not answer.headers["Content-Type"].startswith("text/html"):
            continue
        if OURS.match(path) or path == "/":
            for one in sound(answer.text).all("a"):
                link = (one["href"] or "").partition("#")[0]
                if link.startswith("/") and link not in seen:
                    seen.add(link)
                    waiting.append(link)
    assert len(seen) > 6, seen


def test_a_member_s_home_page_says_where_they_stand(scene: Office) -> None:
    ada = sound(scene.browser("ada").get("/").text)
    assert "Where you stand" in ada.words
    assert "/people/ada/programs/forklift" in {one["href"] for one in ada.all("a")}
    assert "No program asks anything of you" in sound(scene.browser("olga").get("/").text).words
    for name in ("mary", "root", "stray"):
        assert "Where you stand" not in sound(scene.browser(name).get("/").text).words


def test_the_navigation_took_two_rows_of_a_tablet(scene: Office) -> None:
    """Twelve entries need more room than five; the page says from which width on they are a menu."""
    for name, below in (("root", "79em"), ("ada", "60em")):
        (menu,) = (one for one in scene.browser(name).page("/").all("link") if "menu.css" in str(one["href"]))
        assert menu["media"] == f"screen and (max-width: {below})"


def test_learners_were_led_to_pages_where_they_can_do_nothing(scene: Office) -> None:
    for name, entries in (
        ("ada", ["Today", "Enter", "People", "Programs", "Curricula"]),
        ("grace", ["Today", "Reports", "Enter", "People", "Programs", "Curricula"]),
    ):
        text = scene.browser(name).get("/").text
        navigation = text.partition('id="menu"')[2].partition("</nav>")[0]
        assert re.findall(r">([^<>]+)</a>", navigation) == entries, name
    assert scene.browser("ada").get("/escalations").status_code == 200
