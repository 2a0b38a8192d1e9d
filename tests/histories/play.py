"""Playing a history: each step is put to the store and to the model, and every answer of the one held against the other's.

After the last step the whole contents are compared, what is derived is made anew, and a tenant that nobody has used is told
everything again in another order.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from random import Random
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from tests.histories.documents import Content, Shelf
from tests.histories.stores import CLIENTS, MIRROR, TENANTS, WHO_READS, Answer, Ask, Crash, Fault, Here, Store
from tests.histories.tenant import Tenant, instant
from tests.http.attached import BOUNDARY, body_of, data, parts_of, sha2
from tests.store.model import Statement
from tests.store.rebuilding import forget, rows
from tests.store.sending import THROUGH, VERSION
from tests.store.worlds import parameters, single_questions

JSON = "application/json"
XAPI = "/xapi"
MOST_MARKS = 20
TOLD_AGAIN = 0.4
"""The part of the histories whose statements are told again in another order."""
PAGE = 100
"""Statements on a page of which nobody says how long it is to be."""
DATA = {sha2(text): text for text in (b"a certificate", b"a photo", b"")}
"""All data that attachments of histories can have."""


@dataclass(frozen=True)
class Mark:
    """A moment: everything up to it was there, and nothing later will be dated before it."""

    text: str
    places: tuple[int, ...]
    changes: tuple[int, ...]


@dataclass
class Reader:
    """A question and how far its pages were read.  Bounds are places in the model's list."""

    client: int
    question: Mapping[str, Any]
    ascending: bool
    limit: int
    since: int | None
    until: int
    with_data: bool
    more: str = ""


@dataclass
class Run:
    """One history on its way."""

    store: Store
    tenants: list[Tenant] = field(default_factory=lambda: [Tenant() for _ in TENANTS])
    readers: dict[int, Reader] = field(default_factory=dict)
    marks: list[Mark] = field(default_factory=list)
    announced: int = 0
    _promised: int = 0

    def tenant(self, client: int) -> Tenant:
        return self.tenants[CLIENTS[client].tenant]

    # Requests

    def ask(self, client: int, method: str, path: str, **options: Any) -> Answer:
        return self._checked(client, self.store.ask(request(client, method, path, **options)))

    def _checked(self, client: int, answer: Answer) -> Answer:
        """What holds for every answer: no fault of ours, the client's version, nobody else's words, true promises."""
        assert answer.status_code < 500, answer.content
        assert answer.headers[VERSION] == CLIENTS[client].version
        for other, key in zip(CLIENTS, self.store.keys, strict=True):
            if other.tenant != CLIENTS[client].tenant:
                assert key.key.encode() not in answer.content, f"{other.name} shows in {answer.content!r}"
        if answer.status_code >= 400 and answer.content:
            assert json.loads(answer.content)["status"] == answer.status_code
        if through := answer.headers.get(THROUGH):
            self._promised = max(self._promised, instant(through))
        return answer

    # Statements

    def send(
        self, client: int, statements: Sequence[Statement], how: str, *, with_data: bool, fault: Fault | None = None
    ) -> None:
        """Send a batch, or one statement by POST or PUT; after a crash look whether it was stored, and start again."""
        tenant = self.tenant(client)
        expected = self._judge(client, statements, with_data=with_data)
        floor = (self._promised, self.store.now())
        sent = sending(client, statements, how, with_data=with_data)
        if fault is None:
            self._settle(client, self._checked(client, self.store.ask(sent)), statements, how, expected, floor)
            return
        try:
            answer = self.store.ask_and_die(sent, fault)
        except Crash:
            self.store.restart(clean=False)
        else:
            self._settle(client, self._checked(client, answer), statements, how, expected, floor)
            return
        new = [one for one in statements if expected == 200 and tenant.statements.known(one["id"]) is None]
        there = [any(status == 200 for status, _ in self.look(client, one["id"])) for one in new]
        assert len(set(there)) <= 1, f"half of a batch is stored: {there}"
        if isinstance(self.store, Here) and new and not with_data:
            assert there[0] == (fault.point == "lrs.after-commit"), f"stored: {there[0]}, killed {fault.point}"
        if any(there):
            self._keep(client, statements, floor)

    def send_together(self, sends: Sequence[tuple[int, Sequence[Statement], str]]) -> None:
        """Requests that are committed together, in this order."""
        promised, now = self._promised, self.store.now()
        answers = self.store.ask_together([sending(*one, with_data=False) for one in sends])
        for (client, statements, how), answer in zip(sends, answers, strict=True):
            expected = self._judge(client, statements, with_data=False)
            self._settle(client, self._checked(client, answer), statements, how, expected, (promised, now))

    def _judge(self, client: int, statements: Sequence[Statement], *, with_data: bool) -> int:
        who = CLIENTS[client]
        return self.tenant(client).judge(
            statements, version=who.version, may_void=who.may_do_all, brings_data=with_data
        )

    def _settle(
        self,
        client: int,
        answer: Answer,
        statements: Sequence[Statement],
        how: str,
        expected: int,
        floor: tuple[int, int],
    ) -> None:
        told = answer.status_code
        assert told == (204 if expected == 200 and how == "put" else expected), (told, answer.content, expected)
        if expected != 200:
            return
        if how == "put":
            self._keep(client, statements, floor)
            return
        ids = json.loads(answer.content)
        assert len(ids) == len(statements)
        for id_, one in zip(ids, statements, strict=True):
            assert id_ == one.get("id", id_)
            assert "id" in one or self._is_new(client, id_)
        self._keep(client, [{"id": id_, **one} for id_, one in zip(ids, statements, strict=True)], floor)

    def _is_new(self, client: int, id_: str) -> bool:
        return UUID(id_).version == 4 and self.tenant(client).statements.known(id_) is None

    def _keep(self, client: int, statements: Sequence[Statement], floor: tuple[int, int]) -> None:
        authority = self.store.keys[client].authority
        self.tenant(client).keep(statements, version=CLIENTS[client].version, authority=authority, floor=floor)

    def look(self, client: int, id_: str) -> list[tuple[int, Any]]:
        """What GET answers to an id as a statement and as a voided one."""
        found = []
        for name in ("statementId", "voidedStatementId"):
            answer = self.ask(client, "GET", "/statements", query={name: id_})
            found.append((answer.status_code, json.loads(answer.content)))
        return found

    def check_id(self, client: int, id_: str) -> None:
        tenant = self.tenant(client)
        for voided, (status, got) in zip((False, True), self.look(client, id_), strict=True):
            wanted = tenant.statements.get(id_, voided=voided)
            if wanted is not None and self._hides(client, wanted):
                wanted = None
            assert status == (404 if wanted is None else 200), (id_, voided, status)
            if wanted is not None:
                tenant.read(got)

    def _hides(self, client: int, one: Statement) -> bool:
        return not CLIENTS[client].may_do_all and one["authority"] != self.store.keys[client].authority

    def stored(self, client: int, place: int) -> str:
        """The `stored` of the statement at a place, which is asked for where nobody has been told it yet."""
        tenant = self.tenant(client)
        id_ = tenant.statements.statements[place]["id"]
        if id_ not in tenant.stored:
            self.check_id(WHO_READS[CLIENTS[client].tenant], id_)
        return tenant.stored[id_]

    # Pages

    def read_first(self, reader: Reader, bounds: Mapping[str, str]) -> None:
        query: dict[str, Any] = {**parameters(dict(reader.question)), **bounds}
        query |= {"ascending": "true"} if reader.ascending else {}
        query |= {"limit": reader.limit} if reader.limit else {}
        query |= {"attachments": "true"} if reader.with_data else {}
        answer = self.ask(reader.client, "GET", "/statements", query=query)
        self._mark(answer)
        self._page(reader, answer)

    def read_on(self, reader: Reader) -> None:
        if reader.more:
            self._page(reader, self.ask(reader.client, "GET", urlsplit(reader.more).path.removeprefix(XAPI)))

    def read_all(self, reader: Reader, bounds: Mapping[str, str] | None = None) -> None:
        self.read_first(reader, bounds or {})
        while reader.more:
            self.read_on(reader)

    def _mark(self, answer: Answer) -> None:
        counts = tuple(len(tenant.statements.statements) for tenant in self.tenants)
        changes = tuple(tenant.documents.changes for tenant in self.tenants)
        self.marks = [*self.marks[-MOST_MARKS:], Mark(answer.headers[THROUGH], counts, changes)]

    def _page(self, reader: Reader, answer: Answer) -> None:
        assert answer.status_code == 200, answer.content
        tenant = self.tenant(reader.client)
        who = CLIENTS[reader.client]
        wanted = tenant.statements.search(
            **reader.question,
            since=reader.since,
            until=reader.until,
            ascending=reader.ascending,
            authority=None if who.may_do_all else self.store.keys[reader.client].authority,
        )
        limit = reader.limit or PAGE
        page = wanted[:limit]
        result = json.loads(parts_of(answer)[0][1] if reader.with_data else answer.content)  # type: ignore[arg-type]
        assert [one["id"] for one in result["statements"]] == page, (reader, result["statements"], page)
        assert bool(result["more"]) == (len(wanted) > limit), (reader, result["more"], wanted)
        for one in result["statements"]:
            tenant.read(one)
        if reader.with_data:
            self._check_data(answer, result["statements"])
        reader.more = result["more"]
        if page:
            last = tenant.statements.place(page[-1])
            if reader.ascending:
                reader.since = last
            else:
                reader.until = last - 1

    def _check_data(self, answer: Answer, statements: Sequence[Statement]) -> None:
        wanted = {made["sha2"] for one in statements for made in one.get("attachments", ())}
        got = {head["x-experience-api-hash"]: content for head, content in parts_of(answer)[1:]}  # type: ignore[arg-type]
        assert got == {sha2: DATA[sha2] for sha2 in wanted}

    # Documents

    def change(
        self, client: int, method: str, shelf: Shelf, name: str | None, sent: Content | None, **more: Any
    ) -> None:
        """Put, post or delete a document; after a crash it must be one of what it was and what it was to become."""
        condition, fault = more["condition"], more["fault"]
        documents = self.tenant(client).documents
        here = documents.kept.get((shelf, name or ""))
        one = request(
            client,
            method,
            f"/{shelf.resource}",
            query=query_of(shelf, name),
            headers={condition.header: condition.text(here)} if condition else {},
            body=None if sent is None else sent.bytes,
            type=None if sent is None else sent.type,
        )
        before = (dict(documents.kept), documents.changes)
        expected = self._changed(client, method, shelf, name, sent, condition)
        try:
            answer = self._checked(client, self.store.ask_and_die(one, fault) if fault else self.store.ask(one))
        except Crash:
            self.store.restart(clean=False)
            if not self._has_become(client, shelf, name, fault):
                documents.kept, documents.changes = before
            return
        assert answer.status_code == expected, (method, shelf, name, answer.status_code, expected, answer.content)
        if expected == 204 and method != "DELETE":
            assert answer.headers["ETag"] == f'"{documents.kept[shelf, name or ""].etag}"'

    def _changed(
        self, client: int, method: str, shelf: Shelf, name: str | None, sent: Content | None, condition: Any
    ) -> int:
        if not CLIENTS[client].may_do_all:
            return 403
        documents = self.tenant(client).documents
        if method == "DELETE":
            return documents.delete(shelf, name, condition)
        assert name is not None
        assert sent is not None
        if method == "POST":
            return documents.post(shelf, name, sent, condition)
        return documents.put(shelf, name, sent, condition, CLIENTS[client].version)

    def _has_become(self, client: int, shelf: Shelf, name: str | None, fault: Fault) -> bool:
        """Whether a change whose answer was lost was made."""
        if isinstance(self.store, Here):
            return fault.point == "lrs.after-commit"
        if name is None:
            left = self.ask(client, "GET", f"/{shelf.resource}", query=query_of(shelf, None))
            return json.loads(left.content) == self.tenant(client).documents.names(shelf, None)
        answer = self.ask(client, "GET", f"/{shelf.resource}", query=query_of(shelf, name))
        become = self.tenant(client).documents.kept.get((shelf, name))
        return answer.status_code == 404 if become is None else answer.content == become.bytes

    def check_document(self, client: int, shelf: Shelf, name: str, *, has_it: bool = False) -> None:
        """has_it: the client says which one it has."""
        here = self.tenant(client).documents.kept.get((shelf, name))
        headers = {"If-None-Match": f'"{here.etag}"'} if here and has_it else {}
        answer = self.ask(client, "GET", f"/{shelf.resource}", query=query_of(shelf, name), headers=headers)
        if not CLIENTS[client].may_do_all:
            assert answer.status_code == 403
        elif here is None:
            assert answer.status_code == 404
        else:
            assert answer.status_code == (304 if has_it else 200)
            assert answer.headers["ETag"] == f'"{here.etag}"'
            assert has_it or (answer.content, answer.headers["Content-Type"]) == (here.bytes, here.type)

    def check_names(self, client: int, shelf: Shelf, mark: Mark | None = None) -> None:
        query = query_of(shelf, None) | ({"since": mark.text} if mark else {})
        answer = self.ask(client, "GET", f"/{shelf.resource}", query=query)
        if not CLIENTS[client].may_do_all:
            assert answer.status_code == 403
            return
        since = mark.changes[CLIENTS[client].tenant] if mark else None
        assert json.loads(answer.content) == self.tenant(client).documents.names(shelf, since), (shelf, mark)

    # Work

    def work(self, fault: Fault | None = None) -> None:
        floor = (self._promised, self.store.now())
        try:
            self.store.work(fault)
        except Crash:
            self.store.restart(clean=False)
        self._adopt(floor)

    def _adopt(self, floor: tuple[int, int]) -> None:
        """What Prowess itself announced belongs to the first tenant's statements from now on."""
        for id_ in self.store.announced(self.announced):
            status, got = self.look(0, id_)[0]
            assert status == 200, id_
            self.announced += 1
            sent = {key: value for key, value in got.items() if key not in ("stored", "authority")}
            self.tenants[0].keep([sent], version=CLIENTS[0].version, authority=got["authority"], floor=floor)

    # The end

    def check(self, order: int) -> None:
        """order: the seed of what is looked at, and of another order in which everything is told again."""
        self.store.catch_up()
        for client in WHO_READS[:2]:
            self._check_contents(client)
        random = Random(order)
        self._check_questions(random, 9)
        self.work()
        self._check_questions(random, 4)
        self._make_anew()
        if random.random() < TOLD_AGAIN:
            self._tell_again(random)
        self.store.check()

    def _check_contents(self, client: int) -> None:
        tenant = self.tenant(client)
        for one in tenant.statements.statements:
            if tenant.statements.is_voided(one):
                self.check_id(client, one["id"])
        self.read_all(self.reader(client, ascending=True, with_data=True))
        tenant.in_order()
        for shelf, name in tenant.documents.kept:
            self.check_document(client, shelf, name)
            self.check_names(client, shelf)

    def reader(self, client: int, question: Mapping[str, Any] | None = None, **options: Any) -> Reader:
        last = len(self.tenant(client).statements.statements) - 1
        return Reader(
            client,
            question or {},
            **{"ascending": False, "limit": 0, "since": None, "until": last, "with_data": False, **options},
        )

    def _check_questions(self, random: Random, share: int) -> None:
        """One in so many of the questions with one filter, in this process; elsewhere the steps have asked enough."""
        if isinstance(self.store, Here):
            for number, tenant in enumerate(self.tenants[:2]):
                for question in islice(single_questions(), random.randrange(share), None, share):
                    assert self.store.found(number, question) == tenant.statements.search(**question), question

    def _tell_again(self, random: Random) -> None:
        """Equal content in another order, cut otherwise and by others, gives equal answers."""
        left_out = {"authority", "version", "attachments"}
        first, mirror = self.tenants[0].statements, self.tenants[2].statements
        everything = [{key: one[key] for key in one.keys() - left_out} for one in first.statements]
        random.shuffle(everything)
        while everything:
            size = random.randint(1, 6)
            self.send(random.choice(MIRROR), everything[:size], "batch", with_data=False)
            del everything[:size]
        for one in first.statements:
            assert first.is_voided(one) == mirror.is_voided(mirror.known(one["id"]) or {}), one
        if isinstance(self.store, Here):
            for question in islice(single_questions(), random.randrange(3), None, 3):
                assert set(self.store.found(2, question)) == set(first.search(**question)), question
        self.read_all(self.reader(MIRROR[0], limit=7))

    def _make_anew(self) -> None:
        """Decisions come out equal when they are made anew from the feed, and nothing is announced twice."""
        if not isinstance(self.store, Here) or not self.store.has_rules:
            return
        before = rows(self.store.prowess)
        forget(self.store.prowess)
        self.store.work()
        after = rows(self.store.prowess)
        for name, wanted in before.items():
            assert after[name] == wanted, f"{name} made anew: {set(after[name]) ^ set(wanted)}"


def request(client: int, method: str, path: str, **options: Any) -> Ask:
    """options: query, headers, body as bytes, and its type."""
    headers = dict(options.get("headers", {}))
    if options.get("type"):
        headers["Content-Type"] = options["type"]
    return Ask(client, method, XAPI + path, options.get("query") or {}, headers, options.get("body"))


def sending(client: int, statements: Sequence[Statement], how: str, *, with_data: bool) -> Ask:
    """The request that sends statements; how: `batch`, `one` or `put`."""
    body = json.dumps(list(statements) if how == "batch" else statements[0]).encode()
    type_ = JSON
    if with_data:
        brought = {DATA[made["sha2"]] for one in statements for made in one.get("attachments", ())}
        body = body_of([({"Content-Type": JSON}, body), *map(data, sorted(brought))])
        type_ = f"multipart/mixed; boundary={BOUNDARY}"
    query = {"statementId": statements[0]["id"]} if how == "put" else {}
    return request(client, "PUT" if how == "put" else "POST", "/statements", query=query, body=body, type=type_)


def query_of(shelf: Shelf, name: str | None) -> dict[str, str]:
    given = {"activityId": shelf.activity, "agent": shelf.agent, "registration": shelf.registration}
    given["stateId" if shelf.resource == "activities/state" else "profileId"] = name
    return {key: value for key, value in given.items() if value is not None}
