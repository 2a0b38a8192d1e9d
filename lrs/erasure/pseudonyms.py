"""What stands for an erased person, and what of JSON and text is changed by that.  Pure.

The same statement is changed in the same way whether it is stored already or comes again, so that a resend stays a resend.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from lrs.people.identity import identity_of
from lrs.xapi.actors import IFI_KINDS, ifi_text
from lrs.xapi.vocabulary import SIGNATURE

GONE: Final = "erased"
"""Stands where a text was that has to be there."""
PERSON_KEYS: Final = frozenset({"person", "recipient", "into", "from", "manager", "managers", "by"})
"""Members of JSON that Prowess writes whose value is somebody's id, or a list of them."""
_TOLD: Final = frozenset({"reason", "note", "number", "comment"})
"""Members of extensions with a fixed meaning that hold what somebody wrote of the person, or the number of their paper."""
_SHORTEST: Final = 5
_LONGEST: Final = 64
_MARKS: Final = "@._"
"""Not the hyphen: `e-learning` and `first-aid` are words of anything."""
_JOINTS: Final = r"@.+\-"
"""What goes on with a word: `max-m.king@x.example` and `m.king@x.example.au` are others' addresses."""


@dataclass(frozen=True)
class Pseudonyms:
    """One erased person.

    name: what stands for them where a text names them; their id from now on.
    people: their ids, each with what it is now.
    agents: by identity (`identity_of`), the Agent it is now: an account and nothing else.
    words: texts that name them: addresses, account names, their own name.
    meant: beginnings of the IRIs of extensions that rules read; of those only what somebody wrote freely goes.
    """

    name: str
    people: Mapping[str, str]
    agents: Mapping[str, Mapping[str, Any]]
    words: Collection[str] = ()
    meant: Sequence[str] = ()

    def agent(self, agent: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """An Agent, or identified Group, as it is now; None for somebody else."""
        identity = identity_in(agent)
        account = None if identity is None else self.agents.get(identity)
        if account is None:
            return None
        kept = {key: value for key, value in agent.items() if key != "name" and key not in IFI_KINDS}
        return {**{key: self.value(value) for key, value in kept.items()}, **account}

    def text(self, text: str) -> str:
        """A text in which nothing names them."""
        return self._named.sub(self.name, text) if self._named else text

    def value(self, value: Any, keys: Collection[str] = ()) -> Any:
        """JSON in which nothing names them.  keys: members whose value is somebody's id, or a list of them."""
        if isinstance(value, str):
            return self._identities.get(value) or (value if _is_identity(value) else self.text(value))
        if isinstance(value, list | tuple):
            return [self.value(one, keys) for one in value]
        if not isinstance(value, Mapping):
            return value
        others = IFI_KINDS if _is_somebody(value) else ()  # whoever is somebody else stays so, to the letter
        return self.agent(value) or {
            key: one if key in others else self.person(one) if key in keys else self.value(one, keys)
            for key, one in value.items()
        }

    def person(self, value: Any) -> Any:
        """Somebody's id, or a list of them, as it is now; anything else as `value` gives it."""
        if isinstance(value, list):
            return [self.person(one) for one in value]
        return self.people.get(value) or self.value(value) if isinstance(value, str) else self.value(value)

    def statement(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """A statement in which nothing names them; of their own also what they wrote, and what it came with.

        Activities and verbs keep their ids.  The authority is its credential's, of which only the agent is changed.
        """
        found = {key: self._authority(one) if key == "authority" else self._part(key, one) for key, one in said.items()}
        return self._without(said, found)

    def is_theirs(self, said: Mapping[str, Any]) -> bool:
        """Whether they are the actor of a statement or SubStatement, or among a group that is."""
        actor = said.get("actor")
        everybody = [actor, *actor.get("member", ())] if isinstance(actor, Mapping) else []
        return any(isinstance(one, Mapping) and self.agent(one) is not None for one in everybody)

    def _part(self, key: str, value: Any) -> Any:
        if isinstance(value, Mapping) and key in ("object", "verb", "contextActivities"):
            if value.get("objectType") == "SubStatement":
                return self.statement(value)
            return self.agent(value) or {name: self._kept_id(name, one) for name, one in value.items()}
        if key == "context" and isinstance(value, Mapping):
            return {name: self._context(name, one) for name, one in value.items()}
        if key == "result" and isinstance(value, Mapping):
            return {
                name: self._extensions(one) if name == "extensions" else self.value(one) for name, one in value.items()
            }
        return value if key in ("id", "timestamp", "stored", "version") else self.value(value)

    def _context(self, key: str, value: Any) -> Any:
        if key == "extensions":
            return self._extensions(value)
        if key == "contextActivities" and isinstance(value, Mapping):
            return {relation: self._activities(listed) for relation, listed in value.items()}
        return self.value(value)

    def _activities(self, listed: Any) -> Any:
        if isinstance(listed, list):
            return [self._activities(one) for one in listed]
        if isinstance(listed, Mapping):
            return {name: self._kept_id(name, one) for name, one in listed.items()}
        return listed

    def _kept_id(self, name: str, value: Any) -> Any:
        return value if name == "id" and isinstance(value, str) else self.value(value)

    def _extensions(self, extensions: Any) -> Any:
        if not isinstance(extensions, Mapping):
            return extensions
        return {
            iri: self.value(value, PERSON_KEYS) if self._is_meant(iri) else self.value(value)
            for iri, value in extensions.items()
        }

    def _authority(self, authority: Any) -> Any:
        return authority_of(self, authority)

    def _without(self, said: Mapping[str, Any], found: dict[str, Any]) -> dict[str, Any]:
        """Their own statements lose what they wrote and brought; others their signatures, which hold what was signed."""
        is_theirs = self.is_theirs(said)
        if is_theirs:
            found.pop("attachments", None)
            for part in ("result", "context"):
                if isinstance(found.get(part), Mapping):
                    found[part] = self._impersonal(found[part])
            if not found.get("result", True):
                del found["result"]
        elif isinstance(attached := found.get("attachments"), list) and found != said:
            left = [one for one in attached if not (isinstance(one, Mapping) and one.get("usageType") == SIGNATURE)]
            found["attachments"] = left
            if not left:
                del found["attachments"]
        return found

    def _impersonal(self, part: Mapping[str, Any]) -> dict[str, Any]:
        found = {key: value for key, value in part.items() if key != "response"}
        extensions = found.get("extensions")
        if isinstance(extensions, Mapping):
            left = {
                iri: _without_told(value) if self._is_meant(iri) else value
                for iri, value in extensions.items()
                if self._is_meant(iri) or not _is_free(value)
            }
            found["extensions"] = left
            if not left:
                del found["extensions"]
        return found

    def _is_meant(self, iri: str) -> bool:
        return iri.startswith(tuple(self.meant))

    @cached_property
    def _named(self) -> re.Pattern[str] | None:
        words = sorted(self.words, key=lambda word: (-len(word), word))
        if not words:
            return None
        named = "|".join(map(re.escape, words))
        return re.compile(rf"(?<!\w)(?<!\w[{_JOINTS}])(?:{named})(?!\w|[{_JOINTS}]\w)", re.IGNORECASE)

    @cached_property
    def _identities(self) -> Mapping[str, str]:
        return {identity: str(ifi_text(agent)) for identity, agent in self.agents.items()}


def authority_of(pseudonyms: Pseudonyms, authority: Any) -> Any:
    """An authority with the agent that is theirs, or a member that is, as it is now."""
    if not isinstance(authority, Mapping):
        return authority
    found = pseudonyms.agent(authority) or dict(authority)
    if isinstance(members := found.get("member"), list):
        found = {**found, "member": [pseudonyms.agent(one) or one for one in members]}
    return found


def words_of(identity: str) -> Iterator[str]:
    """The texts by which an identity (`identity_of`) may be told from others wherever it stands; none where it may not."""
    ((kind, value),) = json.loads(identity).items()
    if kind == "mbox":
        yield value.removeprefix("mailto:")
        yield sha1_of(value)
    elif kind != "account":
        yield value
    elif is_telling(value["name"]):
        yield value["name"]


def is_telling(word: str) -> bool:
    """Whether an account name, or an id, is hardly a word of anything else: `m.king7`, and neither `king` nor `7`."""
    return len(word) >= _SHORTEST and any(one.isdigit() or one in _MARKS for one in word) and not word.isdecimal()


def is_name(word: str) -> bool:
    """Whether a name may be looked for in texts: one of a single word may be the word of anything, such as a title's."""
    return len(word.strip()) >= _SHORTEST and len(word.split()) > 1


def sha1_of(mbox: str) -> str:
    """What `mbox_sha1sum` is of an address (xAPI-Data 2.4.2.3)."""
    return hashlib.sha1(mbox.encode(), usedforsecurity=False).hexdigest()


def names_in(value: Any, agents: Collection[str]) -> Iterator[str]:
    """The names that JSON gives these agents."""
    if isinstance(value, Mapping):
        if identity_in(value) in agents and isinstance(name := value.get("name"), str):
            yield name
        for one in value.values():
            yield from names_in(one, agents)
    elif isinstance(value, list):
        for one in value:
            yield from names_in(one, agents)


def account_for(identity: str, home_page: str, name: str, words: Iterable[str]) -> dict[str, Any]:
    """The Agent that stands for an identity.  An account stays one of its own system, as rules may ask for that."""
    ((kind, value),) = json.loads(identity).items()
    own = value["homePage"] if kind == "account" else home_page
    telling = any(word.lower() in own.lower() for word in words)
    return {"account": {"homePage": home_page if telling else own, "name": name}}


def identity_in(agent: Mapping[str, Any]) -> str | None:
    """Whom an Agent or Group is, as `identity_of`; None also for what only looks like one."""
    try:
        return identity_of(agent)
    except (KeyError, TypeError, AttributeError):
        return None  # an extension may have a member of that name and be nobody


def _is_somebody(agent: Mapping[str, Any]) -> bool:
    """Whether it says who it is, as it should: an address without `mailto:` is nobody's identifier."""
    mbox = agent.get("mbox")
    return identity_in(agent) is not None and (not isinstance(mbox, str) or mbox.lower().startswith("mailto:"))


def _is_identity(text: str) -> bool:
    """Whether a text is somebody's identity, as the register writes it."""
    return text.startswith(tuple(f'{{"{kind}":' for kind in IFI_KINDS))


def _is_free(value: Any) -> bool:
    """Whether somebody may have written this freely, or it holds what may be."""
    if isinstance(value, str):
        return any(one.isspace() for one in value) or len(value) > _LONGEST
    if isinstance(value, Mapping):
        return any(map(_is_free, value.values()))
    return isinstance(value, list) and any(map(_is_free, value))


def _without_told(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_told(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    return {key: GONE if key in _TOLD and isinstance(one, str) else _without_told(one) for key, one in value.items()}
