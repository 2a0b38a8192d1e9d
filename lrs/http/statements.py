"""The Statement resource (xAPI-Communication 2.1): taking statements in and giving them back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from email.utils import format_datetime
from functools import partial
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID

from flask import Blueprint, Response, current_app, g, request

from lrs.clock import to_datetime
from lrs.errors import BadRequest, NotFound
from lrs.http.access import needs
from lrs.http.auth import require_credential, require_scope, visible_credentials
from lrs.http.bodies import read_body
from lrs.http.interface import ID, TEXT, array, described, gives, header, media, shared
from lrs.http.more import Continuation, MoreLinks
from lrs.http.multipart import receive, with_attachments
from lrs.http.requests import this_prowess
from lrs.http.senders import (
    QUARANTINED,
    content_ids,
    is_visible,
    own_filters,
    require_own_statements,
    set_aside_ids,
)
from lrs.http.shapes import STATEMENT, VERSION, xapi_query
from lrs.http.xapi import PREFIX, register_headers, requested_version
from lrs.store.credentials import Credential
from lrs.store.search import Filter, Found, Search
from lrs.store.statements import Intake
from lrs.xapi.canonical import Key
from lrs.xapi.intake import Batch, prepare
from lrs.xapi.pairing import refuse_missing_data
from lrs.xapi.parameters import QUERY_NAMES, StatementQuery, load_parameters, load_statement_id, load_statement_query
from lrs.xapi.rendering import render_canonical, render_exact, render_ids, render_result
from lrs.xapi.versions import Version

blueprint = Blueprint("statements", __name__, url_prefix=PREFIX)
register_headers(blueprint)

_MORE = f"{PREFIX}/more/"
_JSON, _MULTIPART = "application/json", "multipart/mixed"
_PAGE = gives(
    "A StatementResult; with an id, the Statement; with attachments, either as the first part.",
    {"anyOf": [shared("schemas", "StatementResult"), STATEMENT]},
)
_PAGE = {**_PAGE, "content": {**_PAGE["content"], _MULTIPART: {"schema": TEXT}}}


@blueprint.put("/statements")
@needs("statements/write", lent=True)
@described(
    VERSION,
    xapi_query("statementId", required=("statementId",)),
    body={**media(STATEMENT), **media(TEXT, _MULTIPART)},
    answers={204: gives("It is stored.")},
)
def put_statement() -> Response:
    """Store one statement under the id of the query; 204, also when it is there already (XAPI-00143)."""
    version = requested_version()
    credential = require_credential()
    statement_id = load_statement_id(request.args.items(multi=True))
    _record(_prepared(credential, version, statement_id), credential, version)
    return Response(status=204)


@blueprint.post("/statements")
@needs("statements/write", lent=True)
@described(
    VERSION,
    body={**media({"anyOf": [STATEMENT, array(STATEMENT)]}), **media(TEXT, _MULTIPART)},
    answers={200: gives("The ids, in the order sent.", array(ID))},
)
def post_statements() -> Response:
    """Store one statement or a batch, all of it or nothing; 200 with the ids in the order sent (XAPI-00147)."""
    version = requested_version()
    credential = require_credential()
    load_parameters(request.args.items(multi=True), ())
    batch = _prepared(credential, version, None)
    _record(batch, credential, version)
    response = Response(json.dumps([str(id_) for id_ in batch.ids]), content_type="application/json")
    if batch.set_aside:
        response.headers[QUARANTINED] = str(len(batch.set_aside))
    return response


@blueprint.get("/statements")
@needs("statements/read/mine", lent=True)
@described(VERSION, xapi_query(*QUERY_NAMES), header("Accept-Language"), answers={200: _PAGE})
def get_statements() -> Response:
    """One statement by id, or a page of those that fit the filters."""
    requested_version()
    credential = require_credential()
    query = load_statement_query(request.args.items(multi=True))
    mine = visible_credentials(credential)
    g.consistent_through = this_prowess().database.watermark()
    if query.statement_id or query.voided_statement_id:
        return _one(query, credential, mine)
    return _page(query, request.query_string.decode("ascii", "replace"), credential, mine, None)


@blueprint.get("/more/<token>")
@needs("statements/read/mine", lent=True)
@described(VERSION, header("Accept-Language"), answers={200: _PAGE})
def get_more(token: str) -> Response:
    """The next page of an earlier answer."""
    requested_version()
    credential = require_credential()
    continuation = _links().read(token)
    if continuation.tenant_id != credential.tenant_id:
        raise BadRequest("this 'more' link belongs to another tenant", hint="repeat the original query")
    query = load_statement_query(parse_qsl(continuation.query, keep_blank_values=True))
    g.consistent_through = this_prowess().database.watermark()
    return _page(query, continuation.query, credential, visible_credentials(credential), continuation)


def _prepared(credential: Credential, version: Version, statement_id: UUID | None) -> Batch:
    media_type = request.mimetype
    if media_type not in {_JSON, _MULTIPART}:
        raise BadRequest(
            f"Content-Type '{media_type}' is not accepted",
            hint="send application/json, or multipart/mixed with attachments",
            rule="XAPI-00127",
        )
    prowess = this_prowess()

    complete = partial(
        prepare,
        version=version,
        authority=credential.authority,
        new_id=prowess.ids.uuid,
        statement_id=statement_id,
        max_statements=prowess.settings.limits.batch,
        content_id=content_ids(credential),
    )
    if media_type == _MULTIPART:
        return receive(complete, credential.tenant_id, version)
    body = read_body(prowess.settings.limits.body_bytes)
    return complete(body, set_aside_id=set_aside_ids(credential), admit=refuse_missing_data)


def _record(batch: Batch, credential: Credential, version: Version) -> None:
    if any(prepared.voids for prepared in batch):
        require_scope("void")
    require_own_statements(credential, batch)
    keep = this_prowess().quarantine.keeping(credential, version, batch.set_aside)
    this_prowess().statements.record(
        Intake(credential.tenant_id, credential.id, batch.statements, version, attachments=batch.attachments, also=keep)
    )


def _one(query: StatementQuery, credential: Credential, mine: tuple[int, ...] | None) -> Response:
    wanted = query.statement_id or query.voided_statement_id
    assert wanted is not None
    found = this_prowess().reader.find(
        credential.tenant_id, wanted, voided=query.voided_statement_id is not None, credentials=mine
    )
    if found is None or not is_visible(credential, found):
        raise NotFound(f"no {'voided ' if query.voided_statement_id else ''}statement {wanted}")
    known = _known([found], query, credential, mine)
    return _answer(_rendered(found, query, known), [found], query, credential)


def _page(
    query: StatementQuery,
    text: str,
    credential: Credential,
    mine: tuple[int, ...] | None,
    continuation: Continuation | None,
) -> Response:
    prowess = this_prowess()
    limit = min(query.limit or prowess.settings.limits.page, prowess.settings.limits.page)
    ceiling = continuation.ceiling if continuation else g.consistent_through
    rows = prowess.reader.search(_search(query, credential, mine, limit + 1, ceiling, continuation))
    more = ""
    if len(rows) > limit:
        rows = rows[:limit]
        more = _MORE + _links().write(Continuation(credential.tenant_id, text, ceiling, rows[-1].seq))
    rows = [row for row in rows if is_visible(credential, row)]
    known = _known(rows, query, credential, mine)
    body = render_result([_rendered(row, query, known) for row in rows], more)
    return _answer(body, rows, query, credential)


def _search(
    query: StatementQuery,
    credential: Credential,
    mine: tuple[int, ...] | None,
    limit: int,
    ceiling: int,
    continuation: Continuation | None,
) -> Search:
    after, through = query.since, min(ceiling, query.until) if query.until is not None else ceiling
    if continuation and query.ascending:
        after = continuation.after
    elif continuation:
        through = min(through, continuation.after - 1)
    return Search(
        credential.tenant_id,
        (*_filters(query), *own_filters(credential)),
        after,
        through,
        ascending=query.ascending,
        limit=limit,
        credentials=mine,
    )


def _filters(query: StatementQuery) -> Iterable[Filter]:
    """The narrowest kind first: it leads the walk."""
    if query.registration is not None:
        yield Filter("registration", str(query.registration))
    if query.agent is not None:
        yield Filter("agent", query.agent, query.related_agents)
    if query.activity is not None:
        yield Filter("activity", query.activity, query.related_activities)
    if query.verb is not None:
        yield Filter("verb", query.verb)


def _known(
    rows: Sequence[Found], query: StatementQuery, credential: Credential, mine: tuple[int, ...] | None
) -> Mapping[Key, Any]:
    """What the canonical format puts in place of the senders' words: one look-up for a page."""
    if query.format != "canonical":
        return {}
    return this_prowess().directory.of_page(credential.tenant_id, rows, narrowed=mine is not None)


def _rendered(found: Found, query: StatementQuery, known: Mapping[Key, Any]) -> bytes:
    if query.format == "ids":
        return render_ids(found.body, found.seq, found.assigned)
    if query.format == "canonical":
        language = request.headers.get("Accept-Language")
        return render_canonical(found.body, found.seq, found.assigned, accept_language=language, known=known)
    return render_exact(found.body, found.seq, found.assigned)


def _answer(body: bytes, rows: Sequence[Found], query: StatementQuery, credential: Credential) -> Response:
    """The JSON, alone or as the first part before the data that came with its statements (XAPI-00161, XAPI-00167)."""
    seqs = [row.seq for row in rows]
    if query.attachments:
        response = with_attachments(body, credential.tenant_id, seqs)
    else:
        response = Response(body, content_type="application/json")
    if seqs:
        response.headers["Last-Modified"] = format_datetime(to_datetime(max(seqs)), usegmt=True)
    return response


def _links() -> MoreLinks:
    """One for each application: it keeps the signing key it once read."""
    links: MoreLinks | None = current_app.extensions.get("prowess.more")
    if links is None:
        prowess = this_prowess()
        links = current_app.extensions["prowess.more"] = MoreLinks(prowess.database, prowess.ids)
    return links
