"""`/api/v1/programs/check | plan | rollback | apply`: publishing from elsewhere, such as a pipeline that has the files in git.

The same functions as those behind the commands and the page.  Only `apply` writes anything, and it takes nothing but a plan.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any, Final

from flask import Blueprint, Response, request
from marshmallow import Schema, fields, validate
from werkzeug.formparser import FormDataParser

from lrs.errors import BadRequest
from lrs.http.access import needs
from lrs.http.api.answers import PREFIX, answer
from lrs.http.api.bodies import BodyInvalid, load_arguments
from lrs.http.api.shapes import arguments_of
from lrs.http.auth import require_credential
from lrs.http.bodies import read_body
from lrs.http.interface import FLAG, OBJECT, TEXT, Json, array, described, gives, media, members
from lrs.http.requests import this_prowess
from lrs.xapi.json_door import load as load_json
from rules.lint import warning
from rules.published import editions
from rules.published.composition import published_of
from rules.published.listing import checked
from rules.published.store import Source
from rules.publishing.files import ProgramFiles, tried, unreached, warnings
from rules.publishing.plan import file as plan_file
from rules.publishing.proposal import Proposal, again, publish, restore
from rules.refusals import refusing_over_http
from rules.trials import report

blueprint = Blueprint("publish_api", __name__, url_prefix=f"{PREFIX}/programs")

_LONGEST_NAME: Final = 100
_MOST_FILES: Final = 1_000

_FILES: Final[Json] = {
    "application/json": {"schema": {"type": "object", "additionalProperties": TEXT, "minProperties": 1}},
    "multipart/form-data": {
        "schema": {
            "type": "object",
            "additionalProperties": {"type": "string", "contentMediaType": "application/yaml"},
            "minProperties": 1,
        }
    },
}
"""Each file with its name and its text; in a form, the parts' file names count, of a part without one the field's."""
_HASH: Final[Json] = {**TEXT, "pattern": "^[0-9a-f]{64}$"}
_PLAN: Final[Json] = members(
    "plan hash current digest documents changes totals",
    plan={"const": plan_file.FORMAT}, hash=_HASH, current=TEXT, digest=_HASH, documents=array(array(TEXT)),
    programs=OBJECT, totals=OBJECT, by_program=OBJECT, announcements=OBJECT, changes=array(OBJECT),
    notices=array(OBJECT), notices_dropped=array(OBJECT), pushes=array(OBJECT), later=array(OBJECT), warnings=array(OBJECT),
)  # fmt: skip
_CHECKED: Final = gives(
    "No mistake; warnings and the programs' own tests, which may fail.",
    members(
        "ok hash programs warnings tests",
        ok={"const": True}, hash=_HASH, programs=array(OBJECT), warnings=array(OBJECT),
        tests=members("ok passed failed tests", ok=FLAG, tests=array(OBJECT)),
    ),
)  # fmt: skip
_PLANNED: Final = gives("The plan, as `apply` takes it.", _PLAN)
_APPLIED: Final = gives(
    "What is published now; `applied` is false when it was already.",
    members("applied hash programs withdrawn", applied=FLAG, hash=_HASH, programs=OBJECT, withdrawn=array(TEXT)),
)


class _Planning(Schema):
    announce_history = fields.Boolean(load_default=False)


class _GoingBack(_Planning):
    to = fields.String(load_default=None, validate=validate.Length(min=1, max=64))


class _Applying(Schema):
    tolerance = fields.Integer(load_default=0, validate=validate.Range(min=0))
    withdraw = fields.Boolean(load_default=False)
    by = fields.String(load_default=None, validate=validate.Length(min=1, max=_LONGEST_NAME))


@blueprint.post("/check")
@needs("programs", "reports")
@described(body=_FILES, answers={200: _CHECKED})
def check_programs() -> Response:
    """Every mistake of these files with its place (400), else warnings and what became of their tests; writes nothing."""
    prowess, tenant_id = this_prowess(), require_credential().tenant_id
    with refusing_over_http():
        draft = _files().check(published_of(prowess), tenant_id)
    found = [warning(*one) for one in warnings(prowess, draft, tenant_id)]
    told = {**checked(draft.ruleset), "warnings": found, "tests": report(tried(draft))}
    return Response(json.dumps(told, ensure_ascii=False, default=str), content_type="application/json")


@blueprint.post("/plan")
@needs("programs", "reports")
@described(arguments_of(_Planning()), body=_FILES, answers={200: _PLANNED})
def plan_programs() -> Response:
    """Who gains, who loses, which notices and messages would follow, if these files were published; writes nothing."""
    given, prowess = load_arguments(_Planning()), this_prowess()
    with refusing_over_http():
        files, tenant_id = _files(), require_credential().tenant_id
        return _planned(files.prepare(prowess, published_of(prowess), tenant_id, **given).proposal, tenant_id)


@blueprint.post("/rollback")
@needs("programs", "reports")
@described(arguments_of(_GoingBack()), answers={200: _PLANNED})
def plan_rollback() -> Response:
    """What publishing an earlier edition again would change: `to` its number or hash, else the one before; writes nothing."""
    given, prowess, tenant_id = load_arguments(_GoingBack()), this_prowess(), require_credential().tenant_id
    with prowess.database.read() as conn:
        entry = editions.get(editions.history(conn, tenant_id), given.pop("to"))
    return _planned(restore(prowess, published_of(prowess), entry, tenant_id=tenant_id, **given), tenant_id)


@blueprint.post("/apply")
@needs("programs")
@described(arguments_of(_Applying()), body=media(_PLAN), answers={200: _APPLIED})
def apply_plan() -> Response:
    """Publish what was planned.

    409 when other programs were published since, when it would come out otherwise (`moved` names whom), and when programs
    that are missing in it would be withdrawn without `withdraw`.
    """
    given, prowess, credential = load_arguments(_Applying()), this_prowess(), require_credential()
    published, tenant_id = published_of(prowess), credential.tenant_id
    planned = plan_file.read(read_body(prowess.settings.limits.body_bytes), "the body")
    by = f"{given['by']}, by the key {credential.name}" if given["by"] else f"the key {credential.name}"
    with refusing_over_http():
        proposal = again(prowess, published, planned, tolerance=given["tolerance"], tenant_id=tenant_id)
        done = publish(published, proposal, withdraw=given["withdraw"], by=by[:200], tenant_id=tenant_id)
    prowess.runner.wake()
    return answer(done.as_json())


def _planned(proposal: Proposal, tenant_id: int) -> Response:
    prowess = this_prowess()
    found = [asdict(one) for one in unreached(prowess, proposal.sources, tenant_id)]
    told = {**proposal.as_json(prowess.clock.now()), "warnings": found}
    return Response(plan_file.text_of(told), content_type="application/json")


def _files() -> ProgramFiles:
    """What the request holds, in the order of the names.  Raises BadRequest, TooLarge."""
    sources = sorted(_sent(), key=lambda source: PurePosixPath(source.file))
    files = ProgramFiles(sources)
    if not files.sources:
        raise BadRequest(
            "there are no programs in this request",
            hint='send files as multipart/form-data, or JSON: {"first-aid.yaml": "kind: certification…"}',
        )
    return files


def _sent() -> list[Source]:
    body = read_body(this_prowess().settings.limits.body_bytes)
    if request.mimetype == "multipart/form-data":
        return _form(body)
    if request.mimetype not in {"", "application/json"}:
        raise BadRequest(
            f"Content-Type '{request.mimetype[:40]}' is not accepted",
            hint="send multipart/form-data or application/json",
        )
    given: Any = load_json(body) if body.strip() else {}
    if not isinstance(given, dict) or not all(isinstance(text, str) for text in given.values()):
        raise BodyInvalid("the body is not an object of texts by the names of their files", hint='send {"a.yaml": "…"}')
    return [Source(name, _lines(text)) for name, text in given.items()]


def _form(body: bytes) -> list[Source]:
    parser = FormDataParser(
        stream_factory=lambda *_, **__: BytesIO(),
        max_form_memory_size=len(body),
        max_form_parts=_MOST_FILES,
        silent=False,
    )
    try:
        _, texts, files = parser.parse(BytesIO(body), request.mimetype, len(body), request.mimetype_params)
    except ValueError as error:
        raise BadRequest(f"the body is not multipart/form-data: {error}", hint="send it with: curl -F") from error
    named = [*texts.items(multi=True)]
    for name, file in files.items(multi=True):
        named.append((file.filename or name, file.stream.read().decode("utf-8", "surrogateescape")))
    if not all(name for name, _ in named):
        raise BadRequest("a part of the form has no name", hint="give each file its own: curl -F a.yaml=@a.yaml")
    return [Source(name, _lines(text)) for name, text in named]


def _lines(text: str) -> str:
    """As files are read from a directory."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
