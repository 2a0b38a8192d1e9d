"""Optimistic concurrency of documents: what a request demands of the document it is about to change.

The tags are those of HTTP (RFC 9110 13.1); xAPI-Communication 3.1 and IEEE 9274.1.1 4.1.4 say when one must be sent.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from lrs.errors import BadRequest, Conflict, PreconditionFailed
from lrs.xapi.documents import Kind, Method, Resource
from lrs.xapi.versions import Version

_TAG = re.compile(r'[ \t]*(?:(W/)?"([^"]*)"|([^ \t,"]+))[ \t]*(?:,|\Z)')
_READ_FIRST = "GET the document, then send its ETag as If-Match"


@dataclass(frozen=True, slots=True)
class Tags:
    """The entity tags of one header, unquoted; `any` for `*`."""

    any: bool
    strong: frozenset[str]
    weak: frozenset[str]

    def hold(self, current: str | None) -> bool:
        """Whether If-Match lets the request through: a weak tag is never equal here (RFC 9110 13.1.1, S-42, D-08)."""
        return current is not None and (self.any or current in self.strong)

    def name(self, current: str | None) -> bool:
        """Whether If-None-Match stops the request: a weak tag counts as well here (RFC 9110 13.1.2, S-43)."""
        return current is not None and (self.any or current in self.strong or current in self.weak)


@dataclass(frozen=True, slots=True)
class Preconditions:
    """What must be true before a document is changed.

    demanded: a request with neither header may not overwrite.  on_nothing: then it may create either.
    """

    if_match: Tags | None
    if_none_match: Tags | None
    demanded: bool
    on_nothing: bool

    def check(self, current: str | None) -> None:
        """current: the stored document's tag, None where there is none.

        Raises PreconditionFailed (S-42, S-43), Conflict (S-44, T-20), BadRequest (S-45).
        """
        if self.if_match is not None and not self.if_match.hold(current):
            raise _if_match_failed(self.if_match, current)
        if self.if_none_match is not None and self.if_none_match.name(current):
            raise PreconditionFailed(
                "the document exists, as If-None-Match says it must not", hint=_READ_FIRST, rule="S-43"
            )
        if self.if_match is None and self.if_none_match is None and self.demanded:
            self._check_bare(current)

    def _check_bare(self, current: str | None) -> None:
        if current is not None:
            raise Conflict("the document exists and this request does not say which one it replaces", hint=_READ_FIRST)
        if not self.on_nothing:
            raise BadRequest(
                "a profile needs If-Match or If-None-Match in xAPI 1.0.3",
                hint="send If-None-Match: * to create it",
                rule="S-45",
            )


def preconditions(
    resource: Resource, method: Method, version: Version, if_match: Tags | None, if_none_match: Tags | None
) -> Preconditions:
    """The demands of a request: headers are honoured wherever they stand; only some PUTs must have one.

    1.0.3: a PUT of a profile (S-44, S-45), never one of state (S-46).  2.0: any PUT over what exists (T-19, T-20).
    """
    new = version is Version.V2_0
    demanded = method == "PUT" and (new or resource.kind is not Kind.STATE)
    return Preconditions(if_match, if_none_match, demanded=demanded, on_nothing=new)


def load_tags(header: str, text: str | None) -> Tags | None:
    """The tags of a header, None when it was not sent.  A tag without quotes, as old clients send it, is a strong one.

    Raises BadRequest for what is no list of tags: to pass over it would be to overwrite.
    """
    if text is None:
        return None
    strong: set[str] = set()
    weak: set[str] = set()
    bare: set[str] = set()
    at = 0
    while at < len(text) or not at:
        match = _TAG.match(text, at)
        if match is None:
            raise BadRequest(f"{header} is not a list of entity tags", hint=f'send {header}: "TAG", or *')
        is_weak, quoted, unquoted = match.groups()
        if unquoted is not None:
            bare.add(unquoted)
        else:
            (weak if is_weak else strong).add(quoted)
        at = match.end()
    return Tags("*" in bare, frozenset(strong | bare), frozenset(weak))


def _if_match_failed(sent: Tags, current: str | None) -> PreconditionFailed:
    if current is None:
        return PreconditionFailed(
            "there is no document for If-Match to match", hint="send If-None-Match: *", rule="S-42"
        )
    if current in sent.weak:
        hint = "something between us weakened the ETag, as some proxies do when they compress; send it without W/"
        return PreconditionFailed("If-Match compares strongly and W/ marks a weak tag", hint=hint, rule="S-42")
    return PreconditionFailed("the document has changed since", hint=_READ_FIRST, rule="S-42")
