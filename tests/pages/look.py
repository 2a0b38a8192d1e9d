"""Take pictures of the pages about people and programs: `python -m tests.pages.look DIRECTORY [NAME,…]`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lrs.web.sessions import SESSION_COOKIE
from rules import vocabulary as v
from tests.conftest import start_server
from tests.entry.desk import Office, database_in, fill_in
from tests.pages.scene import PROGRAMS, open_scene, said, score, send, settle
from tests.pages.test_editor import EDIT, both, press
from tests.web.look import DARK, LIGHT, WIDTHS, SignedInFor, shoot

PAGES = {
    "explained-learner": ("ada", "/people/ada/programs/forklift", 1500),
    "explained-reader": ("mary", "/people/bob/programs/forklift", 1700),
    "certificate": ("mary", "/people/bob/certificates/forklift", 900),
    "home-learner": ("ada", "/", 900),
    "person": ("mary", "/people/bob", 1500),
    "people": ("mary", "/people", 700),
    "programs": ("mary", "/programs", 700),
    "program": ("root", "/programs/forklift", 2000),
    "program-people": ("mary", "/programs/forklift/people", 700),
    "editor": ("root", EDIT, 1000),
    "editor-wrong": ("root", "/posted/wrong", 1200),
    "editor-plan": ("root", "/posted/plan", 1400),
    "exceptions": ("mary", "/exceptions", 1000),
    "exception": ("mary", "/exceptions/refused-acts", 700),
    "silent": ("mary", "/exceptions/silent-activities", 700),
    "activities": ("mary", "/reports/activities", 900),
}


class Posted(SignedInFor):
    """Answers to forms, kept to be looked at under an address."""

    def __init__(self, app: Any) -> None:
        super().__init__(app)
        self.pages: dict[str, str] = {}

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        page = self.pages.get(environ["PATH_INFO"])
        if page is None:
            return super().__call__(environ, start)
        start("200 OK", [("Content-Type", "text/html; charset=utf-8")])
        return [page.encode()]


def main() -> None:
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    only = sys.argv[2].split(",") if len(sys.argv) > 2 else list(PAGES)
    served, stop = None, None

    def serve(*arguments: Any, **options: Any) -> Any:
        nonlocal served, stop
        served, stop = start_server(*arguments, **options)
        return served

    scene = open_scene(serve, database_in(Path(tempfile.mkdtemp(prefix="prowess-look-"))))
    lived_in(scene)
    cookies = {name: scene.browser(name).session.cookies[SESSION_COOKIE] for name, *_ in PAGES.values()}
    app = scene.served.app
    wrapped = Posted(app.wsgi_app)
    root = scene.browser("root")
    wrong = PROGRAMS.replace("passed: theory}", "pased: theory}").replace("P60D, floor", "60 days, floor")
    wrapped.pages = {
        "/posted/wrong": press(root, "check", ("programs.yaml", wrong)).text,
        "/posted/plan": press(root, "plan", both()).text,
    }
    app.wsgi_app = wrapped  # type: ignore[method-assign]
    for name in only:
        who, path, height = PAGES[name]
        wrapped.cookie = f"{SESSION_COOKIE}={cookies[who]}"
        for width in WIDTHS:
            for scheme in (LIGHT, DARK):
                file = directory / f"{name}-{width}-{'dark' if scheme == DARK else 'light'}.png"
                shoot(scene.served.url + path, file, width, height if width > 600 else int(height * 1.6), scheme)
                sys.stdout.write(f"{file}\n")
    assert stop is not None
    stop()


def lived_in(scene: Office) -> None:
    """Ada is half way, failed once, and took a quiz whose address no program knows; Bob is certified by a waiver; somebody
    unknown passed.
    """
    send(
        scene,
        said("ada", "passed", "theory", "2026-06-12"),
        said("ada", "failed", "exam", "2026-06-20", **score(0.6)),
        said("bob", "passed", "theory", "2026-06-10"),
        said("bob", "passed", "exam", "2026-06-14", **score(0.92)),
        said("stranger", "passed", "exam", "2026-06-21", **score(0.9)),
        said("ada", "attempted", "quizz", "2026-06-22"),
        said("bob", v.SIGNED_OFF, "practical", context={"instructor": {"mbox": "mailto:grace@example.org"}}),
    )
    grace, root = scene.browser("grace"), scene.browser("root")
    fill_in(root, "/acts?person=ada&program=forklift&act=waive", reason="Because")
    fill_in(grace, "/acts?person=bob&program=forklift&act=waive", reason="Broken leg", criteria=["practical"])
    settle(scene.served.prowess)


if __name__ == "__main__":
    main()
