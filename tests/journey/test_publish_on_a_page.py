"""From a pasted program to a certificate: published on a page, done by the learner, explained on the learner's page."""

from __future__ import annotations

from tests.entry.desk import Office, fill_in, open_office, sound
from tests.pages.scene import PROGRAMS, said, score, send, settle
from tests.pages.test_editor import press, token

NOTHING = '{kind: activity, id: other, title: Other, iris: ["https://lms.example/other"]}'


def test_a_program_is_pasted_planned_published_fulfilled_and_explained(serve: object, database_url: str) -> None:
    office: Office = open_office(serve, database_url, NOTHING)  # type: ignore[arg-type]
    prowess = office.served.prowess
    settle(prowess)
    root, ada, grace = (office.browser(name) for name in ("root", "ada", "grace"))
    assert "No program asks anything of you" in sound(ada.get("/people/ada").text).words
    files = (("programs.yaml", NOTHING), ("forklift.yaml", PROGRAMS))
    planned = press(root, "plan", *files)
    assert "Newly asked (2)" in sound(planned.text).words
    assert press(root, "publish", *files, plan=token(planned)).status_code == 303
    settle(prowess)
    explained = "/people/ada/programs/forklift"
    assert "To do by 31 July 2026." in sound(ada.get(explained).text).words
    send(office, said("ada", "passed", "theory"), said("ada", "passed", "exam", **score(0.9)))
    words = sound(ada.get(explained).text).words
    assert words.partition("Do this next")[2].startswith(" Have somebody sign off Driving practice; by your manager")
    fill_in(grace, "/sign-off?person=ada&activity=practical", outcome="done", date="2026-06-30")
    settle(prowess)
    words = sound(ada.get(explained).text).words
    assert "You are certified until 30 June 2027." in words
    assert "done Have somebody sign off Driving practice" in words
    assert "Do this next" not in words
    assert "forklift 2 1 0 certification 1 1 June 2026" in sound(root.get("/programs").text).words
    assert "Certified until 30 June 2027" in sound(grace.get("/people/ada").text).words
