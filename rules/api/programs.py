"""`/api/v1/programs`, `/editions`, `/people/<id>/programs/<id>`: what is published, what was, and what holds for whom and why."""

from __future__ import annotations

from typing import Final

from flask import Blueprint, Response, request
from marshmallow import Schema, fields

from lrs.errors import NotFound, Unauthorized
from lrs.http.access import needs, needs_or_signed_in
from lrs.http.api.answers import PREFIX, answer
from lrs.http.api.bodies import load_arguments
from lrs.http.api.shapes import arguments_of
from lrs.http.auth import require_credential, require_scope
from lrs.http.interface import INSTANT, OBJECT, TEXT, Json, array, described, gives, members
from lrs.http.requests import this_prowess
from lrs.web.sessions import signed_in
from rules.explain.explanation import Explanation, explain
from rules.explain.telling import explanation_json
from rules.pages.sight import Sight
from rules.published import editions
from rules.published.composition import published_of
from rules.published.listing import find_version, listed, one
from rules.published.written import about

blueprint = Blueprint("programs_api", __name__, url_prefix=PREFIX)

CURRENT: Final = "current"
"""What the newest edition is called besides its number and its hash."""
YAML: Final = "application/yaml"

_NUMBER: Final[Json] = {"type": "integer", "minimum": 1}
_NUMBER_OR_NOT: Final[Json] = {"type": ["integer", "null"], "minimum": 1}
_TEXT_OR_NOT: Final[Json] = {"type": ["string", "null"]}
_VERSION: Final = members(
    "version effective published_at", version=_NUMBER, effective=_TEXT_OR_NOT, published_at=INSTANT
)
_PROGRAM: Final = members(
    "id kind title versions in_force withdrawn_at", id=TEXT, kind=TEXT, title=TEXT, versions=array(_VERSION),
    in_force=_NUMBER_OR_NOT, withdrawn_at=_TEXT_OR_NOT,
)  # fmt: skip
_FACTS: Final[dict[str, Json]] = {
    "number": _NUMBER, "applied_at": INSTANT, "hash": TEXT, "by": _TEXT_OR_NOT, "restores": _NUMBER_OR_NOT,
    **dict.fromkeys(("added", "changed", "withdrawn", "ladders"), array(TEXT)),
}  # fmt: skip
_EDITION: Final = members(" ".join(_FACTS), **_FACTS)
_WITH_DOCUMENTS: Final = members(
    " ".join([*_FACTS, "documents"]), **_FACTS, documents={"type": "object", "additionalProperties": TEXT}
)


class _When(Schema):
    as_of = fields.String(load_default=None)
    known_at = fields.String(load_default=None)


@blueprint.get("/programs")
@needs("programs", "reports")
@described(answers={200: gives("The programs.", members("programs", programs=array(_PROGRAM)))})
def list_programs() -> Response:
    """Every program that is or was published, its versions, and which is in force."""
    return answer({"programs": listed(this_prowess(), require_credential().tenant_id)})


@blueprint.get("/programs/<path:program_id>")
@needs("programs", "reports")
@described(answers={200: gives("The program.", _PROGRAM)})
def show_program(program_id: str) -> Response:
    """One program, its versions, and which is in force."""
    return answer(one(this_prowess(), require_credential().tenant_id, program_id))


@blueprint.get("/programs/<path:program_id>/versions/<version>")
@needs("programs", "reports")
@described(answers={200: gives("The document.", TEXT, YAML)})
def show_version(program_id: str, version: str) -> Response:
    """The YAML of one version as it was written, comments too; its edition has what it refers to."""
    prowess, tenant_id = this_prowess(), require_credential().tenant_id
    published = published_of(prowess)
    edition, _ = published.last_with(tenant_id, program_id, known_at=prowess.clock.now())
    program = find_version(edition.ruleset.programs[program_id], version)
    found = about(published.sources(tenant_id, edition.applied_seq), program_id, program.version)
    return Response("---\n".join(source.text for source in found), content_type=f"{YAML}; charset=utf-8")


@blueprint.get("/editions")
@needs("programs", "reports")
@described(answers={200: gives("The editions.", members("editions", editions=array(_EDITION)))})
def list_editions() -> Response:
    """What was published when and by whom, and what that changed; the newest first."""
    return answer({"editions": [entry.as_json() for entry in reversed(_history())]})


@blueprint.get("/editions/<name>")
@needs("programs", "reports")
@described(answers={200: gives("The edition with its files.", _WITH_DOCUMENTS)})
def show_edition(name: str) -> Response:
    """One edition with its files, by its number, the beginning of its hash, or `current`."""
    entries = _history()
    if name == CURRENT and not entries:
        raise NotFound("nothing was published yet", hint="publish programs with: prowess apply")
    entry = entries[-1] if name == CURRENT else editions.get(entries, name)
    sources = published_of(this_prowess()).sources(require_credential().tenant_id, entry.applied_seq)
    return answer({**entry.as_json(), "documents": {source.file: source.text for source in sources}})


@blueprint.get("/people/<person_id>/programs/<path:program_id>/explain")
@needs_or_signed_in("reports")
@described(
    arguments_of(_When()), answers={200: gives("The decision and its account.", members("account", account=OBJECT))}
)
def explain_pair(person_id: str, program_id: str) -> Response:
    """What holds for a person in a program, on any day and as known on any day, and why."""
    return _private(explanation_json(_explained(person_id, program_id)))


@blueprint.get("/people/<person_id>/programs/<path:program_id>/decide")
@needs_or_signed_in("reports")
@described(arguments_of(_When()), answers={200: gives("The decision.", members("person program proof", proof=OBJECT))})
def decide_pair(person_id: str, program_id: str) -> Response:
    """The decision with its proof, on any day and as known on any day: what `prowess decide` prints."""
    return _private(dict(_explained(person_id, program_id).document))


def _history() -> list[editions.Entry]:
    with this_prowess().database.read() as conn:
        return editions.history(conn, require_credential().tenant_id)


def _explained(person_id: str, program_id: str) -> Explanation:
    tenant_id = _allowed(person_id)
    given = load_arguments(_When())
    return explain(this_prowess(), person_id, program_id, given["as_of"], given["known_at"], tenant_id=tenant_id)


def _private(body: object) -> Response:
    response = answer(body)
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _allowed(person_id: str) -> int:
    """The tenant to answer from: a key wins over a session.  Raises Unauthorized, Forbidden."""
    if "Authorization" in request.headers:
        return require_scope("reports").tenant_id
    who = signed_in()
    if who is None:
        raise Unauthorized(
            "this needs a key with the scope 'reports', or somebody who is signed in",
            hint="create a key with: prowess key create --name NAME --scope reports",
        )
    Sight(this_prowess(), who).known_as(person_id)
    return who.tenant_id
