"""What travels over xAPI, as JSON Schema: the parameters by name, and the shapes that several requests share.

They tell what to send, not all that is checked: `lrs.xapi` says what a valid statement is, with a rule for every fault.
"""

from __future__ import annotations

from typing import Final

from lrs.http.interface import FLAG, ID, INSTANT, IRI, OBJECT, TEXT, Json, array, header, members, query, shared
from lrs.xapi.documents import MAX_NAME
from lrs.xapi.rendering import FORMATS
from lrs.xapi.versions import Version

AGENT: Final = shared("schemas", "Agent")
STATEMENT: Final = shared("schemas", "Statement")
VERSION: Final[list[Json]] = [shared("parameters", "Version")]
"""The header that every request to xAPI has, About apart."""
PRECONDITIONS: Final = header("If-Match", "If-None-Match")

_NAME: Final[Json] = {**TEXT, "maxLength": MAX_NAME}
PARAMETERS: Final[dict[str, Json]] = {
    "statementId": ID,
    "voidedStatementId": ID,
    "agent": AGENT,
    "verb": IRI,
    "activity": IRI,
    "registration": ID,
    "related_activities": FLAG,
    "related_agents": FLAG,
    "since": INSTANT,
    "until": INSTANT,
    "limit": {"type": "integer", "minimum": 0},
    "format": {"enum": list(FORMATS)},
    "attachments": FLAG,
    "ascending": FLAG,
    "activityId": IRI,
    "stateId": _NAME,
    "profileId": _NAME,
}
"""Of every parameter of xAPI."""


def xapi_query(*names: str, required: tuple[str, ...] = ()) -> list[Json]:
    """Parameters of xAPI, by their names."""
    return query({name: PARAMETERS[name] for name in names}, required=required)


_LANGUAGE_MAP: Final[Json] = {"type": "object", "additionalProperties": TEXT}
_ACTIVITY: Final[Json] = members("id", objectType={"const": "Activity"}, id=IRI, definition=OBJECT)
_ACCOUNT: Final[Json] = members("homePage name", homePage=IRI, name=TEXT)

SCHEMAS: Final[dict[str, Json]] = {
    "Problem": members(
        "type title status detail", type=TEXT, title=TEXT, status={"type": "integer"}, detail=TEXT, hint=TEXT,
        instance=TEXT, errors=array(OBJECT),
    ),
    "Agent": {
        **members("", objectType={"enum": ["Agent", "Group"]}, name=TEXT, mbox=IRI, mbox_sha1sum=TEXT, openid=IRI,
                  account=_ACCOUNT),
        "description": "Has exactly one of mbox, mbox_sha1sum, openid and account.",
    },
    "Activity": _ACTIVITY,
    "Statement": members(
        "actor verb object", id=ID, actor=AGENT, verb=members("id", id=IRI, display=_LANGUAGE_MAP), object=OBJECT,
        result=OBJECT, context=OBJECT, timestamp=INSTANT, stored=INSTANT, authority=AGENT, version=TEXT,
        attachments=array(OBJECT),
    ),
    "StatementResult": members("statements more", statements=array(STATEMENT), more=TEXT),
    "Person": members(
        "objectType", objectType={"const": "Person"}, name=array(TEXT), mbox=array(IRI), mbox_sha1sum=array(TEXT),
        openid=array(IRI), account=array(_ACCOUNT),
    ),
    "About": members(
        "version", version=array({"enum": [version.header for version in Version]}), extensions=OBJECT
    ),
}  # fmt: skip
