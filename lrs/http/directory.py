"""The Activities and Agents resources (xAPI-Communication 2.4, 2.5): what the store knows of one activity or one person."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from email.utils import format_datetime
from typing import Any

from flask import Blueprint, Response, request

from lrs.clock import to_datetime
from lrs.http.access import needs
from lrs.http.auth import require_binding, require_credential, visible_credentials
from lrs.http.interface import described, gives, shared
from lrs.http.requests import this_prowess
from lrs.http.shapes import VERSION, xapi_query
from lrs.http.xapi import PREFIX, requested_version
from lrs.store.credentials import Credential
from lrs.xapi.actors import IFI_KINDS, ifi_text
from lrs.xapi.canonical import Canonical, Key
from lrs.xapi.edit import json_text
from lrs.xapi.parameters import load_activity_id, load_person_agent

blueprint = Blueprint("directory", __name__, url_prefix=PREFIX)


@blueprint.get("/activities")
@needs("statements/read/mine", lent=True)
@described(
    VERSION,
    xapi_query("activityId", required=("activityId",)),
    answers={200: gives("The Activity.", shared("schemas", "Activity"))},
)
def get_activity() -> Response:
    """The whole Activity, from all statements about it; one that nobody spoke of has only its id (XAPI-00252, T-21)."""
    requested_version()
    credential = require_credential()
    activity_id = load_activity_id(request.args.items(multi=True))
    require_binding(activity=activity_id)
    found = _found(credential, [("activity", activity_id)])
    activity: dict[str, Any] = {"objectType": "Activity", "id": activity_id}
    for document in found:
        activity["definition"] = document.value
    return _answer(activity, found)


@blueprint.get("/agents")
@needs("statements/read/mine", lent=True)
@described(
    VERSION,
    xapi_query("agent", required=("agent",)),
    answers={200: gives("The Person.", shared("schemas", "Person"))},
)
def get_person() -> Response:
    """The Person behind an Agent, an unknown one too: every property is an array (XAPI-00246 to XAPI-00248)."""
    requested_version()
    credential = require_credential()
    agent = load_person_agent(request.args.items(multi=True))
    require_binding(agent=agent)
    texts = _identifiers(credential, agent)
    found = _found(credential, [("agent", text) for text in texts])
    names = [name for document in found for name in document.value] or [agent[key] for key in ("name",) if key in agent]
    return _answer(_person(map(json.loads, texts), names), found)


def _person(identifiers: Iterable[Mapping[str, Any]], names: Iterable[str]) -> dict[str, Any]:
    person: dict[str, Any] = {"objectType": "Person"}
    if listed := list(dict.fromkeys(names)):
        person["name"] = listed
    for identifier in identifiers:
        for kind in IFI_KINDS:
            if kind in identifier:
                person.setdefault(kind, []).append(identifier[kind])
    return person


def _identifiers(credential: Credential, agent: Mapping[str, Any]) -> list[str]:
    """The identifier asked for; with `xapi.merge_persons` and the scope all/read, the others of that person too (S-47)."""
    prowess = this_prowess()
    asked = ifi_text(agent)
    assert asked is not None
    if not (prowess.settings.xapi.merge_persons and credential.may("all/read")):
        return [asked]
    return list(dict.fromkeys([asked, *prowess.people.identifiers(credential.tenant_id, agent)]))


def _found(credential: Credential, keys: list[Key]) -> list[Canonical]:
    """What this credential may know of these keys, as far as anything is known."""
    directory = this_prowess().directory
    mine = visible_credentials(credential)
    if mine is None:
        known = directory.find(credential.tenant_id, keys)
        return [known[key] for key in keys if key in known]
    own = [directory.find_own(credential.tenant_id, key, mine) for key in keys]
    return [document for document in own if document is not None]


def _answer(body: Mapping[str, Any], found: Iterable[Canonical]) -> Response:
    response = Response(json_text(body), content_type="application/json")
    changed = max((document.seq for document in found), default=None)
    if changed is not None:
        response.headers["Last-Modified"] = format_datetime(to_datetime(changed), usegmt=True)
    return response
