"""Reports over HTTP: list, schema, and each report as page, JSON, NDJSON, CSV or chart.

The format is a suffix of the name, else what Accept asks for; JSON when it does not say.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any, cast

from flask import Blueprint, Response, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from lrs.clock import to_text
from lrs.errors import NotFound
from lrs.http.access import needs_or_signed_in
from lrs.http.interface import OBJECT, TEXT, array, described, gives, header, media, members, query
from lrs.http.requests import reached_at, this_prowess
from lrs.web.failures import register_failures, wants_page
from lrs.web.sessions import demand_sign_in
from reports.access import check_scope, requested_scope
from reports.arguments import PAGING, Arguments, parse_arguments
from reports.catalogue import CATALOGUE, get_report
from reports.charts import render
from reports.choices import require_known
from reports.declaration import Report
from reports.figures import figure_of
from reports.formats import MEDIA_TYPES, csv_file, envelope, ndjson
from reports.reading import ReportReader
from reports.report_page import page_of
from reports.watermark import Freshness

blueprint = Blueprint("reports", __name__, url_prefix="/reports", template_folder="templates")
register_failures(blueprint)

_ACCEPTED = {
    "text/html": "html",
    "application/json": "json",
    "application/x-ndjson": "ndjson",
    "text/csv": "csv",
    "image/svg+xml": "svg",
}


_PARAMETERS = dict.fromkeys([*PAGING, *(one.name for report in CATALOGUE.values() for one in report.filters)], TEXT)
_REPORT = {
    "description": "The report; its name may end in a format, such as .csv, else Accept chooses.",
    "content": {
        **media(members("rows next", rows=array(OBJECT), next={"type": ["string", "null"]})),
        **media(TEXT, *(one for one in _ACCEPTED if one != "application/json")),
    },
}


@blueprint.before_request
def strangers_sign_in() -> ResponseReturnValue | None:
    """A browser without a session is sent to sign in; a program is told which key it needs."""
    if wants_page() and "Authorization" not in request.headers:
        return demand_sign_in()
    return None


@blueprint.get("")
@needs_or_signed_in("reports")
@described(answers={200: gives("The reports.", members("reports", reports=array(OBJECT)))})
def index() -> ResponseReturnValue:
    """The list of reports."""
    scope = requested_scope()
    mine = [report for report in CATALOGUE.values() if scope.team is None or report.is_about_people]
    if wants_page():
        return render_template("reports/index.html", reports=mine, is_team=scope.team is not None)
    return {"reports": [_listed(report) for report in mine]}


@blueprint.get("/<name>/schema")
@needs_or_signed_in("reports")
@described(
    answers={200: gives("Its schema.", members("columns filters", columns=array(OBJECT), filters=array(OBJECT)))}
)
def schema(name: str) -> ResponseReturnValue:
    """A report's columns and filters."""
    requested_scope()
    report = get_report(name)
    return {"report": report.name, "definition": report.definition, **report.schema_body()}


@blueprint.get("/<name>")
@needs_or_signed_in("reports")
@described(
    query(_PARAMETERS),
    header("If-None-Match"),
    answers={200: _REPORT, 304: gives("If-None-Match names it.")},
)
def report(name: str) -> ResponseReturnValue:
    """A report's answer."""
    scope, prowess = requested_scope(), this_prowess()
    name, format_ = _format(name)
    asked = get_report(name)
    check_scope(scope, asked)
    arguments = parse_arguments(asked, scope, request.args.items(multi=True), prowess.clock.now())
    reader = ReportReader(prowess)
    require_known(reader, arguments.question)
    if format_ == "html":
        return page_of(reader, asked, arguments)
    fresh = reader.freshness(asked, arguments.question)
    etag = _etag(reader, asked, arguments, fresh, format_)
    if request.if_none_match.contains_weak(etag):
        response = Response(status=304)
    else:
        response = _answer(reader, asked, arguments, fresh, format_)
    response.set_etag(etag, weak=True)
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.add("Accept")
    response.vary.add("Authorization")
    return response


def _answer(reader: ReportReader, asked: Report, arguments: Arguments, fresh: Freshness, format_: str) -> Response:
    if format_ == "json":
        page = reader.page(asked, arguments)
        following = _next_url(asked, page.next) if page.next else None
        response = Response(json.dumps(envelope(page, following), ensure_ascii=False))
        if following:
            response.headers["Link"] = f'<{following}>; rel="next"'
    elif format_ == "svg":
        figure = figure_of(reader, asked, arguments.question)
        if figure is None:
            raise NotFound("there is nothing to draw", hint="take a filter away, or choose a report with a chart")
        response = Response(render(figure, asked.name))
    else:
        write = ndjson if format_ == "ndjson" else csv_file
        lines: Iterator[str] = write(asked, reader.stream(asked, arguments))
        response = Response(cast("Iterator[str]", stream_with_context(lines)))
        file = f"{asked.name}-{to_text(arguments.question.as_of)[:10]}.{format_}"
        response.headers["Content-Disposition"] = f'attachment; filename="{file}"'
    response.headers["Content-Type"] = MEDIA_TYPES[format_]
    response.headers["X-Prowess-Watermark"] = to_text(fresh.watermark)
    response.headers["X-Prowess-As-Of"] = to_text(arguments.question.as_of)
    return response


def _format(name: str) -> tuple[str, str]:
    """The report's name and the format asked for."""
    stem, dot, suffix = name.rpartition(".")
    if dot and suffix in MEDIA_TYPES:
        return stem, suffix
    if dot:
        raise NotFound(f"there is no format '{suffix}'", hint=f"formats: {', '.join(MEDIA_TYPES)}")
    best = request.accept_mimetypes.best_match(list(_ACCEPTED))
    if best is None or (best == "text/html" and not wants_page()):
        return name, "json"
    return name, _ACCEPTED[best]


def _etag(reader: ReportReader, asked: Report, arguments: Arguments, fresh: Freshness, format_: str) -> str:
    """Changes with the definition, the query and anything that could be in the answer.

    An `as_of` that was not given moves on with the clock, so the state of things at it decides, not the instant.
    """
    question = arguments.question
    moment = question.as_of if arguments.said_as_of else reader.moment(question)
    parts: list[Any] = [
        asked.definition,
        fresh.mark,
        moment,
        question.scope.team,
        format_,
        request.query_string.decode("latin-1"),
    ]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:24]


def _next_url(asked: Report, cursor: str) -> str:
    given: dict[str, Any] = {name: values for name, values in request.args.lists() if name not in {"cursor", "as_of"}}
    return _address("reports.report", name=f"{asked.name}.json", **given, cursor=cursor)


def _address(endpoint: str, **given: Any) -> str:
    """A whole address, for programs that follow it from wherever they asked."""
    return f"{reached_at(this_prowess())}{url_for(endpoint, **given)}"


def _listed(report: Report) -> dict[str, Any]:
    return {
        "name": report.name,
        "title": report.title,
        "purpose": report.purpose,
        "grain": report.grain,
        "definition": report.definition,
        "url": _address("reports.report", name=f"{report.name}.json"),
        "schema": _address("reports.schema", name=report.name),
        "formats": [one for one in MEDIA_TYPES if one != "svg" or report.chart],
    }
