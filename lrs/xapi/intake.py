"""From the bytes of a request to what the store writes: validated, completed, hashed and keyed, and nothing stored yet.

A prepared body has no `stored`, and no `timestamp` when its sender gave none: both follow from the sequence number and
are put back by `rendering`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from uuid import UUID

from lrs.xapi.attachment import DataReference
from lrs.xapi.context import RELATIONS
from lrs.xapi.edit import json_text, rewrite_members
from lrs.xapi.json_door import MAX_ITEMS, Item, load_items
from lrs.xapi.lexical import find_uuid
from lrs.xapi.postings import Posting, postings
from lrs.xapi.problems import MAX_FLAWS, ROOT, Flaw, StatementInvalid, Where, refused
from lrs.xapi.sameness import content_hash
from lrs.xapi.statement import is_voiding, object_kind, validate_statement
from lrs.xapi.timestamp import instant, utc_text
from lrs.xapi.versions import Version

ASSIGNED_ID: Final = 1
ASSIGNED_TIMESTAMP: Final = 2
ASSIGNED_AUTHORITY: Final = 4
ASSIGNED_VERSION: Final = 8
REPLACED_AUTHORITY: Final = 16
REPLACED_TIMESTAMP: Final = 32
"""Bits of `Prepared.assigned`: what the LRS filled in, and what of the sender's it wrote differently."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A statement ready to be recorded."""

    id: UUID
    body: bytes
    content_hash: bytes
    timestamp: int | None
    timestamp_text: str | None
    assigned: int
    postings: tuple[Posting, ...]
    target: UUID | None
    voids: UUID | None
    verb: str
    statement: Mapping[str, Any]
    sent_hash: bytes | None = None
    """The content hash of what was sent, where that named somebody who was erased."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """A bad statement of a batch whose sender wants the others stored: its place, its bytes as sent, and its flaws."""

    place: int
    id: UUID
    source: bytes
    flaws: tuple[Flaw, ...]


@dataclass(frozen=True, slots=True)
class Batch:
    """All statements of one request, in the order sent.

    ids: one for each element sent, those set aside included.  attachments: the data that came along, by statement.
    """

    statements: tuple[Prepared, ...]
    ids: tuple[UUID, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    attachments: Mapping[UUID, Sequence[DataReference]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Prepared]:
        return iter(self.statements)

    def __len__(self) -> int:
        return len(self.statements)


ContentId: TypeAlias = Callable[[bytes, int | None], UUID]
"""From a statement's content hash and its timestamp, where one was sent, to its id."""
SetAsideId: TypeAlias = Callable[[bytes], UUID]
"""From the bytes of a bad statement without an id to the one its sender is told."""
Admit: TypeAlias = Callable[[Mapping[str, Any], Where], None]
"""Raises StatementInvalid for a valid statement that this request may not bring, with where it stands."""


@dataclass(frozen=True, slots=True)
class _Completion:
    """What this request fills into its statements."""

    version: Version
    authority: Mapping[str, Any]
    authority_text: str
    new_id: Callable[[], UUID]
    statement_id: UUID | None
    content_id: ContentId | None
    admit: Admit | None


def prepare(
    body: bytes,
    *,
    version: Version,
    authority: Mapping[str, Any],
    new_id: Callable[[], UUID],
    statement_id: UUID | None = None,
    max_statements: int = MAX_ITEMS,
    content_id: ContentId | None = None,
    set_aside_id: SetAsideId | None = None,
    admit: Admit | None = None,
) -> Batch:
    """All statements of a POST, or the one of a PUT, whose parameter is `statement_id`; all of them or an error.

    Every bad statement of a batch is named, up to twenty (xAPI-Communication 2.1.1, 2.1.2; XAPI-00326).  content_id:
    where ids of statements without one come from, instead of `new_id`; equal ones are then one statement.
    set_aside_id: gives an id to the bytes of a bad statement that has none, and lets an array go on without its bad ones.
    admit: what else must hold of a valid statement; raises StatementInvalid.
    """
    text, items, is_array = load_items(body, most=max_statements)
    if is_array and statement_id is not None:
        raise refused(ROOT, "XAPI-00143", "PUT takes one statement, not an array", "POST takes arrays")
    completion = _Completion(version, authority, json_text(authority), new_id, statement_id, content_id, admit)
    prepared: dict[UUID, Prepared] = {}
    ids: list[UUID] = []
    aside: list[SetAside] = []
    flaws: list[Flaw] = []
    for index, item in enumerate(items):
        where: Where = (ROOT, index) if is_array else ROOT
        try:
            statement = _prepare(text, item, where, completion)
            _admit(prepared, statement, where)
            ids.append(statement.id)
        except StatementInvalid as why:
            if is_array and set_aside_id is not None:
                source = text[item.start : item.end].encode()
                aside.append(SetAside(index, _sent_id(item.value) or set_aside_id(source), source, why.flaws))
                ids.append(aside[-1].id)
                continue
            flaws += why.flaws
            if len(flaws) >= MAX_FLAWS:
                break
    if flaws:
        raise StatementInvalid(flaws)
    return Batch(tuple(prepared.values()), tuple(ids), tuple(aside))


def _admit(prepared: dict[UUID, Prepared], statement: Prepared, where: Where) -> None:
    """Take a statement into its batch; one whose id was made of its content may come again (S-15)."""
    before = prepared.setdefault(statement.id, statement)
    is_made = before.assigned & statement.assigned & ASSIGNED_ID
    if before is not statement and not (is_made and before.content_hash == statement.content_hash):
        raise refused((where, "id"), "S-15", "this id stands twice in the batch", "send each statement once")


def _sent_id(value: Any) -> UUID | None:
    """The id of a statement that is not valid, where at least its id is."""
    sent = value.get("id") if type(value) is dict else None
    return find_uuid(sent) if type(sent) is str else None


def _prepare(text: str, item: Item, where: Where, completion: _Completion) -> Prepared:
    statement = item.value
    validate_statement(statement, completion.version, where)
    if completion.admit is not None:
        completion.admit(statement, where)
    sent = statement.get("timestamp")
    moment, content = None if sent is None else instant(sent), content_hash(statement)
    identity = _identity(statement, where, completion, content, moment)
    body, assigned = _complete(text, item, str(identity), completion)
    kind = object_kind(statement)
    target = UUID(statement["object"]["id"]) if kind == "StatementRef" else None
    return Prepared(
        id=identity,
        body=body.encode(),
        content_hash=content,
        timestamp=moment,
        timestamp_text=sent,
        assigned=assigned,
        postings=tuple(sorted(postings(statement))),
        target=target,
        voids=target if is_voiding(statement) else None,
        verb=statement["verb"]["id"],
        statement=statement,
    )


def _identity(
    statement: Mapping[str, Any], where: Where, completion: _Completion, content: bytes, moment: int | None
) -> UUID:
    """The statement's id, the parameter's, one made of its content, or a new one (XAPI-00026, S-13)."""
    sent, parameter = statement.get("id"), completion.statement_id
    if sent is None and parameter is None and completion.content_id is not None:
        return completion.content_id(content, moment)
    if sent is None:
        return parameter or completion.new_id()
    identity = UUID(sent)
    if parameter is not None and identity != parameter:
        raise refused((where, "id"), "S-13", f"the statement's id is not the statementId {parameter}")
    return identity


def _complete(text: str, item: Item, identity: str, completion: _Completion) -> tuple[str, int]:
    """The final text of a statement, and what was filled in; its parsed value is brought to the same state."""
    statement, assigned = item.value, 0
    members = {key: text[start:end] for key, (start, _, end) in (item.spans or {}).items()}
    if members.pop("stored", None):
        del statement["stored"]
    if "id" not in members:
        members = {"id": f'"id":"{identity}"', **members}
        statement["id"] = identity
        assigned |= 0 if completion.statement_id else ASSIGNED_ID
    if "version" not in members:
        statement["version"] = completion.version.statement_default
        members["version"] = f'"version":"{statement["version"]}"'
        assigned |= ASSIGNED_VERSION
    assigned |= REPLACED_AUTHORITY if "authority" in members else ASSIGNED_AUTHORITY
    members["authority"] = f'"authority":{completion.authority_text}'
    statement["authority"] = completion.authority
    if "timestamp" not in members:
        assigned |= ASSIGNED_TIMESTAMP
    elif completion.version is Version.V2_0 and _to_utc(statement):
        members["timestamp"] = f'"timestamp":"{statement["timestamp"]}"'
        assigned |= REPLACED_TIMESTAMP
    _complete_nested(statement, members, completion.version)
    return "{" + ",".join(members.values()) + "}", assigned


def _complete_nested(statement: dict[str, Any], members: dict[str, str], version: Version) -> None:
    """Bring contextActivities to arrays and, on 2.0, a SubStatement's timestamp to UTC (XAPI-00096, T-08)."""
    if _wrap_activities(statement):
        members["context"] = rewrite_members("{" + members["context"] + "}", {"context": _wrapped_context})[1:-1]
    target = statement["object"]
    if target.get("objectType") != "SubStatement":
        return
    wrapped = _wrap_activities(target)
    moved = version is Version.V2_0 and "timestamp" in target and _to_utc(target)
    if wrapped or moved:
        rewrites = {
            "context": _wrapped_context,
            "timestamp": lambda _value, _source: json_text(target["timestamp"]),
        }
        rewrite_object = {"object": lambda _value, source: rewrite_members(source, rewrites)}
        members["object"] = rewrite_members("{" + members["object"] + "}", rewrite_object)[1:-1]


def _to_utc(statement: dict[str, Any]) -> bool:
    sent = statement["timestamp"]
    statement["timestamp"] = utc_text(sent)
    return bool(statement["timestamp"] != sent)


def _wrap_activities(statement: dict[str, Any]) -> bool:
    """Put single contextActivities into arrays; whether there were any."""
    relations = statement.get("context", {}).get("contextActivities", {})
    single = [relation for relation, listed in relations.items() if isinstance(listed, dict)]
    for relation in single:
        relations[relation] = [relations[relation]]
    return bool(single)


def _wrapped_context(_value: Any, source: str) -> str:
    return rewrite_members(source, {"contextActivities": _wrapped_activities})


def _wrapped_activities(_value: Any, source: str) -> str:
    return rewrite_members(source, dict.fromkeys(RELATIONS, _wrapped))


def _wrapped(value: Any, source: str) -> str:
    return f"[{source}]" if isinstance(value, dict) else source
