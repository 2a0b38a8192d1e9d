"""Pages on which people enter evidence and acts of office: forms that work on a phone and without JavaScript."""

from __future__ import annotations

from flask import Blueprint

from lrs.web.failures import register_failures
from lrs.web.sessions import demand_sign_in
from rules.entry.pages import acts, attendance, credentials, measures, sign_off, start, surveys


def blueprint() -> Blueprint:
    """All of them."""
    pages = Blueprint("entry", __name__)
    pages.before_request(demand_sign_in)
    register_failures(pages)
    pages.add_url_rule("/enter", "start", start.show)
    pages.add_url_rule("/enter/<uuid:id>/take-back", "ask_back", start.ask_back)
    pages.add_url_rule("/enter/<uuid:id>/take-back", "take_back", start.take_back, methods=["POST"])
    pages.add_url_rule("/sign-off", "sign_off", sign_off.show)
    pages.add_url_rule("/sign-off", "send_sign_off", sign_off.send, methods=["POST"])
    pages.add_url_rule("/attendance", "attendance", attendance.show)
    pages.add_url_rule("/attendance", "send_attendance", attendance.send, methods=["POST"])
    pages.add_url_rule("/attendance/file", "send_attendance_file", attendance.send_file, methods=["POST"])
    pages.add_url_rule("/measures", "measures", measures.show)
    pages.add_url_rule("/measures", "send_measures", measures.send, methods=["POST"])
    pages.add_url_rule("/measures/file", "send_measures_file", measures.send_file, methods=["POST"])
    pages.add_url_rule("/acts", "acts", acts.show)
    pages.add_url_rule("/acts", "send_act", acts.send, methods=["POST"])
    pages.add_url_rule("/credentials", "credentials", credentials.show)
    pages.add_url_rule("/credentials", "send_credential", credentials.send, methods=["POST"])
    pages.add_url_rule("/credentials/review", "review", credentials.show_queue)
    pages.add_url_rule("/credentials/review/<uuid:id>", "review_one", credentials.show_one)
    pages.add_url_rule("/credentials/review/<uuid:id>", "settle", credentials.settle, methods=["POST"])
    pages.add_url_rule("/surveys", "survey", surveys.show)
    pages.add_url_rule("/surveys", "send_survey", surveys.send, methods=["POST"])
    return pages
