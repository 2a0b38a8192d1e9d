"""A statement as people read it: one line of a table, and its JSON laid out.  Pure text; nothing of it becomes markup."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from json.encoder import encode_basestring as quoted
from typing import Any
from uuid import UUID

from markupsafe import Markup, escape

from lrs.clock import to_text
from lrs.store.search import Found
from lrs.xapi.actors import ifi_text
from lrs.xapi.naming import last_word, score_words, verb_words
from lrs.xapi.problems import ROOT, Where, path_text

_INDENT = "  "
_MARK, _END_MARK = Markup('<mark class="flaw">'), Markup("</mark>")
_LANGUAGES = ("en", "en-US", "en-GB", "und")


@dataclass(frozen=True, slots=True)
class Line:
    """What a row of the statement table says; the filters are what its links look for."""

    id: UUID
    stored: int
    actor: str
    actor_filter: str | None
    actor_id: str
    verb: str
    verb_filter: str
    object: str
    object_kind: str
    object_filter: str | None
    object_statement: str | None
    result: str
    verdict: str


def parse(found: Found) -> dict[str, Any]:
    """The statement with `stored` in it, numbers exact."""
    statement: dict[str, Any] = json.loads(found.body, parse_float=Decimal)
    stored = to_text(found.seq)
    return {**statement, "timestamp": statement.get("timestamp", stored), "stored": stored}


def line(found: Found) -> Line:
    """The row of a stored statement."""
    statement = parse(found)
    target: Mapping[str, Any] = statement.get("object", {})
    kind = target.get("objectType", "Activity")
    verb = statement.get("verb", {})
    return Line(
        found.id,
        found.seq,
        actor_name(statement.get("actor", {})),
        ifi_text(statement.get("actor", {})),
        actor_id(statement.get("actor", {})),
        in_words(verb.get("display")) or verb_words(verb.get("id", "")),
        verb.get("id", ""),
        _object_name(target, kind),
        kind,
        target.get("id") if kind == "Activity" else None,
        target.get("id") if kind == "StatementRef" else None,
        _result(statement.get("result", {})),
        _verdict(statement),
    )


def actor_name(actor: Mapping[str, Any]) -> str:
    """A name, else the shortest way to write the identifier."""
    if name := actor.get("name"):
        return str(name)
    if account := actor.get("account"):
        return str(account.get("name", ""))
    for key in ("mbox", "openid", "mbox_sha1sum"):
        if key in actor:
            return str(actor[key]).removeprefix("mailto:")
    members = actor.get("member", ())
    return f"{len(members)} people" if members else "somebody"


def actor_id(actor: Mapping[str, Any]) -> str:
    """The identifier as people write it, and as the agent filter reads it."""
    if account := actor.get("account"):
        return f"{account.get('homePage', '')}|{account.get('name', '')}"
    return next((str(actor[key]) for key in ("mbox", "openid", "mbox_sha1sum") if key in actor), "")


def _object_name(target: Mapping[str, Any], kind: str) -> str:
    if kind == "Activity":
        return in_words(target.get("definition", {}).get("name")) or last_word(target.get("id", ""))
    if kind in {"Agent", "Group"}:
        return actor_name(target)
    if kind == "SubStatement":
        verb = target.get("verb", {})
        return f"a plan: {in_words(verb.get('display')) or verb_words(verb.get('id', ''))}"
    return f"statement {str(target.get('id', ''))[:8]}"


def _result(result: Mapping[str, Any]) -> str:
    score = result.get("score", {})
    if "raw" in score and "max" in score:
        return f"{score_words(score['raw'])} of {score_words(score['max'])}"
    if "scaled" in score:
        return f"{float(score['scaled']) * 100:.4g} %"
    if "raw" in score:
        return f"{score_words(score['raw'])} points"
    return ""


def _verdict(statement: Mapping[str, Any]) -> str:
    """passed, failed or completed, as the sender says; empty when the sender does not judge."""
    result = statement.get("result", {})
    if "success" in result:
        return "passed" if result["success"] else "failed"
    return "completed" if result.get("completion") else ""


def in_words(display: Any) -> str:
    """The English of a language map, else its first entry."""
    if not isinstance(display, dict) or not display:
        return ""
    return str(next((display[tag] for tag in _LANGUAGES if tag in display), next(iter(display.values()))))


def laid_out(value: Any, flawed: Collection[str] = ()) -> Markup:
    """JSON over several lines, keys and kinds of value in their own classes; every text of it is escaped.

    flawed: JSON paths, as `path_text` writes them, of what is to be marked.
    """
    return Markup("").join(_pieces(value, 0, ROOT, flawed))


def _pieces(value: Any, depth: int, where: Where, flawed: Collection[str]) -> Iterator[Markup]:
    if isinstance(value, dict) and value:
        children = [(_key(name), child, (where, name)) for name, child in value.items()]
        yield from _block("{", "}", depth, children, flawed)
    elif isinstance(value, list) and value:
        items = [(Markup(""), child, (where, place)) for place, child in enumerate(value)]
        yield from _block("[", "]", depth, items, flawed)
    else:
        yield _leaf(value)


def _block(
    opening: str, closing: str, depth: int, children: Sequence[tuple[Markup, Any, Where]], flawed: Collection[str]
) -> Iterator[Markup]:
    inner = _INDENT * (depth + 1)
    yield escape(opening + "\n")
    for place, (label, child, where) in enumerate(children):
        is_flawed = bool(flawed) and path_text(where) in flawed
        yield escape(inner) + (_MARK if is_flawed else Markup("")) + label
        yield from _pieces(child, depth + 1, where, flawed)
        yield (_END_MARK if is_flawed else Markup("")) + escape("\n" if place == len(children) - 1 else ",\n")
    yield escape(_INDENT * depth + closing)


def _key(name: str) -> Markup:
    return Markup('<span class="json-key">{}</span>: ').format(quoted(name))


def _leaf(value: Any) -> Markup:
    if isinstance(value, str):
        return Markup('<span class="json-text">{}</span>').format(quoted(value))
    if isinstance(value, bool) or value is None:
        return Markup('<span class="json-word">{}</span>').format(json.dumps(value))
    if isinstance(value, dict):
        return escape("{}")
    if isinstance(value, list):
        return escape("[]")
    return Markup('<span class="json-number">{}</span>').format(str(value))
