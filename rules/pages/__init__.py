"""Pages about people and programs: where everybody stands and why, what is asked of whom, and what is in trouble."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from lrs.days import day_words
from lrs.people.reading import from_day
from lrs.web.failures import register_failures
from lrs.web.sessions import demand_sign_in
from rules.pages import certificate, editor, exceptions, explained, people, person, programs

LARGEST_FORM = 8 * 1024 * 1024
"""Bytes: a whole ruleset may be sent."""


def blueprints() -> Iterable[Blueprint]:
    """All of them."""
    about_people = Blueprint("people", __name__)
    about_people.add_url_rule("/people", "index", people.show)
    about_people.add_url_rule("/people/<person_id>", "person", person.show)
    about_people.add_url_rule("/people/<person_id>/programs/<path:program_id>", "explained", explained.show)
    about_people.add_url_rule("/people/<person_id>/certificates/<path:program_id>", "certificate", certificate.show)
    about_people.add_app_template_filter(civil_day)
    about_programs = Blueprint("programs", __name__)
    about_programs.add_url_rule("/programs", "index", programs.show_list)
    about_programs.add_url_rule("/programs/edit", "edit", editor.show)
    about_programs.add_url_rule("/programs/edit", "send", editor.send, methods=["POST"])
    about_programs.add_url_rule("/programs/<path:program_id>/people", "people", programs.show_people)
    about_programs.add_url_rule("/programs/<path:program_id>", "program", programs.show_one)
    queue = Blueprint("exceptions", __name__)
    queue.add_url_rule("/exceptions", "index", exceptions.show_all)
    queue.add_url_rule("/exceptions/<name>", "kind", exceptions.show_kind)
    for blueprint in (about_people, about_programs, queue):
        blueprint.before_request(_at_the_door)
        register_failures(blueprint)
        yield blueprint


def civil_day(day: int | None) -> str:
    """A day of the tables, as people say it."""
    found = from_day(day)
    return day_words(found) if found else ""


def _at_the_door() -> ResponseReturnValue | None:
    request.max_form_memory_size = LARGEST_FORM
    return demand_sign_in()
