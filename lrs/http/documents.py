"""The State, Agent Profile and Activity Profile resources (xAPI-Communication 2.2, 2.3, 2.6, 2.7): one set of views.

What comes back are the bytes of others under our own origin, so every document is sent as something that a browser
neither runs nor guesses at.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from email.utils import format_datetime
from functools import partial
from typing import Final
from urllib.parse import parse_qsl

from flask import Blueprint, Response, request

from lrs.clock import to_datetime
from lrs.errors import BadRequest, NotFound, TooLarge
from lrs.http.access import needs
from lrs.http.auth import require_binding, require_credential
from lrs.http.bodies import read_body
from lrs.http.interface import Json, described, gives, media
from lrs.http.requests import this_prowess
from lrs.http.shapes import PRECONDITIONS, VERSION, xapi_query
from lrs.http.xapi import PREFIX, requested_version
from lrs.people.owners import agent_key
from lrs.store.documents import Change, Content, Document, Shelf
from lrs.xapi.documents import RESOURCES, STATE, DocumentQuery, Method, Resource, load_document_query
from lrs.xapi.merging import is_json, merge, refuse_broken
from lrs.xapi.postings import posting_key
from lrs.xapi.preconditions import Preconditions, Tags, load_tags, preconditions

blueprint = Blueprint("documents", __name__, url_prefix=PREFIX)

UNTYPED: Final = "application/octet-stream"
"""What a document is when its sender did not say (RFC 9110 8.3)."""
HARMLESS: Final = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
_ASK_AGAIN: Final = "private, no-cache"
"""A cache may keep a document but must ask whether it is still the one; else it would guess from Last-Modified."""


def get_documents(resource: Resource) -> Response:
    """One document as it was sent, or the ids of those that changed after `since`, as a JSON array."""
    requested_version()
    query = _query(resource, "GET")
    if query.name is None:
        return _list(resource, query)
    found = this_prowess().documents.find(_shelf(resource, query), query.name)
    if found is None:
        raise NotFound(f"no {resource.title} document with this {resource.id_name}", rule="S-39")
    named = _tags("If-None-Match")
    if named is not None and named.name(found.etag):
        return _described(Response(status=304), found)
    response = _described(Response(found.content.bytes, content_type=found.content.type), found)
    response.headers.update(HARMLESS)
    return response


def put_document(resource: Resource) -> Response:
    """Store the body as the document, whatever it is; 204."""
    query, demands = _change(resource, "PUT")
    content = _content()
    return _written(resource, query, demands, lambda _: content)


def post_document(resource: Resource) -> Response:
    """Merge the body into the document where there is one, else store it; 204."""
    query, demands = _change(resource, "POST")
    content = _content()
    if is_json(content.type):
        refuse_broken(content.bytes, resource.merge_rule)
    merged = partial(_merged, posted=content, rule=resource.merge_rule, limit=_limit())
    return _written(resource, query, demands, merged)


def delete_documents(resource: Resource) -> Response:
    """Remove one document, or all of a state's; 204, also when there was none."""
    query, demands = _change(resource, "DELETE")
    this_prowess().documents.delete(_shelf(resource, query), query.name, demands.check)
    return Response(status=204)


def _register(resource: Resource) -> None:
    """Every method of a resource with the scopes that open it (xAPI-Communication 4.2, S-62)."""
    name = resource.title.replace(" ", "_")
    changing = needs(resource.scope, lent=resource is STATE)
    views: tuple[tuple[Method, Callable[..., Response]], ...] = (
        ("GET", needs(resource.scope, "all/read", lent=True)(partial(get_documents, resource))),
        ("PUT", changing(partial(put_document, resource))),
        ("POST", changing(partial(post_document, resource))),
        ("DELETE", changing(partial(delete_documents, resource))),
    )
    for method, view in views:
        describe = described(
            VERSION, _parameters(resource, method), PRECONDITIONS, body=_BODIES.get(method), answers=_ANSWERS[method]
        )
        blueprint.add_url_rule(resource.path, f"{method.lower()}_{name}", describe(view), methods=[method])


def _parameters(resource: Resource, method: Method) -> list[Json]:
    named = (resource.id_name,) if method in resource.id_missing else ()
    return xapi_query(*resource.names(method), required=(*resource.owners, *named))


_ANYTHING: Final = media({}, "application/json", UNTYPED)
_BODIES: Final[dict[Method, Json]] = {"PUT": _ANYTHING, "POST": _ANYTHING}
_ANSWERS: Final[dict[Method, dict[int, Json]]] = {
    "GET": {
        200: {"description": "The document, or the ids as a JSON array.", "content": media({}, "*/*")},
        304: gives("If-None-Match names it."),
    },
    "PUT": {204: gives("It is stored.")},
    "POST": {204: gives("It is stored.")},
    "DELETE": {204: gives("It is gone.")},
}

for _resource in RESOURCES:
    _register(_resource)


def _change(resource: Resource, method: Method) -> tuple[DocumentQuery, Preconditions]:
    version = requested_version()
    demands = preconditions(resource, method, version, _tags("If-Match"), _tags("If-None-Match"))
    return _query(resource, method), demands


def _query(resource: Resource, method: Method) -> DocumentQuery:
    query = load_document_query(resource, method, _pairs())
    require_binding(agent=query.agent, activity=query.activity, registration=query.registration)
    return query


def _pairs() -> Iterable[tuple[str, str]]:
    """The query's parameters, strictly UTF-8: two names must never become one (XAPI-00015)."""
    try:
        return parse_qsl(request.query_string.decode(), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError as error:
        raise BadRequest("the query is not UTF-8", hint="percent-encode UTF-8", rule="XAPI-00015") from error


def _shelf(resource: Resource, query: DocumentQuery) -> Shelf:
    return Shelf(
        require_credential().tenant_id,
        resource.kind,
        None if query.activity is None else posting_key("activity", query.activity),
        None if query.agent is None else posting_key("agent", query.agent),
        query.registration,
        None if query.agent is None else agent_key(json.loads(query.agent)),
    )


def _content() -> Content:
    return Content(request.content_type or UNTYPED, read_body(_limit()))


def _limit() -> int:
    return this_prowess().settings.limits.body_bytes


def _written(resource: Resource, query: DocumentQuery, demands: Preconditions, change: Change) -> Response:
    assert query.name is not None
    written = this_prowess().documents.write(_shelf(resource, query), query.name, demands.check, change)
    return _described(Response(status=204), written)


def _merged(stored: Content | None, *, posted: Content, rule: str, limit: int) -> Content:
    """What a POST makes of a document.  It runs beside the database, where there is no request any more.

    Raises BadRequest (XAPI-00229, 00232 and their twins), TooLarge when a document has grown beyond the limit.
    """
    if stored is None:
        return posted
    for which, content in (("stored", stored), ("posted", posted)):
        if not is_json(content.type):
            detail = f"the {which} document is '{content.type[:80]}', and only application/json is merged"
            raise BadRequest(detail, hint="PUT replaces a document of any type", rule=rule)
    merged = merge(stored.bytes, posted.bytes, rule)
    if len(merged) > limit:
        raise TooLarge(f"the merged document would be larger than {limit} bytes", rule="XAPI-00328")
    return Content(posted.type, merged)


def _list(resource: Resource, query: DocumentQuery) -> Response:
    listing = this_prowess().documents.names(_shelf(resource, query), query.since)
    response = Response(json.dumps(listing.names, ensure_ascii=False), content_type="application/json")
    response.headers["Cache-Control"] = _ASK_AGAIN
    if listing.newest is not None:
        response.headers["Last-Modified"] = format_datetime(to_datetime(listing.newest), usegmt=True)
    return response


def _described(response: Response, document: Document) -> Response:
    """What every answer about one document says of it (S-38, S-41)."""
    response.headers["ETag"] = f'"{document.etag}"'
    response.headers["Last-Modified"] = format_datetime(to_datetime(document.updated), usegmt=True)
    response.headers["Cache-Control"] = _ASK_AGAIN
    return response


def _tags(header: str) -> Tags | None:
    return load_tags(header, request.headers.get(header))
