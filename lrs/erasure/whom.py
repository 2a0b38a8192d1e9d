"""Who is to be erased, as far as the store knows: all their ids, identifiers, names and accounts."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select

from lrs.db import by_tenant
from lrs.erasure.pseudonyms import account_for, is_name, is_telling, sha1_of, words_of
from lrs.erasure.remembered import AGENT, PERSON, Remembered, keys_of
from lrs.erasure.under_way import Who
from lrs.people import tables as p
from lrs.people.identity import identity_of
from lrs.people.merges import merges_of, targets
from lrs.people.merging import root_of
from lrs.store import tables as t
from lrs.xapi.actors import ifi_text

if TYPE_CHECKING:
    from lrs.prowess import Prowess


@dataclass(slots=True)
class Found:
    """Who is to be erased, as far as the store knows."""

    ids: list[str]
    identities: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    addresses: set[str] = field(default_factory=set)
    logins: set[str] = field(default_factory=set)
    given: Mapping[tuple[str, str], Remembered] = field(default_factory=dict)
    """By kind and text, what stands for it where that is known from an erasure of before."""


def who_of(prowess: Prowess, conn: Connection, tenant_id: int, found: Found, name: str) -> Who:
    """What is to be kept of somebody until they are erased.  name: what stands for them."""
    home, telling = f"{prowess.settings.public_url}/people", telling_of(found)
    own = {id_: str(ifi_text({"account": {"homePage": home, "name": id_}})) for id_ in found.ids}
    people, agents = _named(found, name, home, own, telling)
    return Who(
        tenant_id=tenant_id,
        name=name,
        people=people,
        agents=agents,
        exact=_variants(conn, tenant_id, agents),
        words=sorted(telling | set(filter(is_name, found.names))),
        telling=sorted(telling),
        logins=sorted(found.logins),
        addresses=sorted({*found.ids, *found.addresses, *(one.lower() for one in found.addresses)}),
        identifiers=len(found.identities),
    )


def widened(prowess: Prowess, conn: Connection, who: Who) -> Who | None:
    """The same with accounts and spellings of theirs that statements have by now; None where there are none."""
    called = {
        text
        for address in who.addresses
        if "@" in address
        for text in _accounts_called(conn, who.tenant_id, address)
        if text not in who.agents
    }
    called -= _of_others(conn, who.tenant_id, list(who.people), called)
    home, names = f"{prowess.settings.public_url}/people", _free(who.name, map(json.dumps, who.agents.values()))
    agents = {**who.agents, **{text: account_for(text, home, next(names), who.telling) for text in sorted(called)}}
    exact = {**_variants(conn, who.tenant_id, agents), **who.exact}
    if not called and exact.keys() == who.exact.keys():
        return None
    return replace(who, agents=agents, exact=exact, identifiers=who.identifiers + len(called))


def ids_of(conn: Connection, tenant_id: int, person: str) -> list[str]:
    """All ids of somebody, first the one under which they are known."""
    merges = targets(merges_of(conn, tenant_id))
    root = root_of(merges, person)
    return [root, *(id_ for id_ in sorted(merges) if root_of(merges, id_) == root)]


def gathered(conn: Connection, tenant_id: int, ids: Sequence[str], identities: set[str]) -> Found:
    """What the register and the accounts know of somebody; identifiers that somebody else has by now are not theirs."""
    found = Found(list(ids), set(identities))
    link, person, told, account = p.identity_link.c, p.person.c, p.told.c, t.account.c
    theirs = set(conn.scalars(select(link.ifi).where(link.tenant_id == tenant_id, link.person_id.in_(ids))))
    named = select(person.name, person.email).where(person.tenant_id == tenant_id, person.person_id.in_(ids))
    said = [(row.name, row.email) for row in conn.execute(named)]
    for text in conn.scalars(select(told.document).where(told.tenant_id == tenant_id, told.person_id.in_(ids))):
        document = json.loads(text)
        said.append((document["name"], document["email"]))
        theirs.update(document["identifiers"])
    found.names = {name for name, _ in said}
    theirs |= {str(identity_of({"mbox": f"mailto:{address}"})) for _, address in said if address}
    of_others = _of_others(conn, tenant_id, ids, theirs)
    found.identities |= theirs - of_others
    for identity in list(found.identities):
        ((kind, value),) = json.loads(identity).items()
        if kind == "mbox":
            found.addresses.add(value.removeprefix("mailto:"))
            found.identities.add(str(ifi_text({"mbox_sha1sum": sha1_of(value)})))
    kept = {json.loads(one).get("mbox", "").removeprefix("mailto:") for one in of_others}
    found.addresses |= {address for _, address in said if address and address.lower() not in kept}
    called = {text for address in sorted(found.addresses) for text in _accounts_called(conn, tenant_id, address)}
    found.identities |= called - _of_others(conn, tenant_id, ids, called)
    found.logins.update(
        conn.scalars(select(account.username).where(account.tenant_id == tenant_id, account.person_id.in_(ids)))
    )
    c = t.canonical.c
    names = select(c.document).where(c.tenant_id == tenant_id, c.kind == "agent", c.text.in_(list(found.identities)))
    for text in conn.scalars(names):
        found.names.update(json.loads(text))
    return found


def telling_of(found: Found) -> frozenset[str]:
    """What is theirs and nobody else's, wherever it stands, in small letters."""
    words = {word for identity in found.identities for word in words_of(identity)} | found.addresses
    return frozenset(word.lower() for word in {*words, *filter(is_telling, (*found.ids, *found.logins))})


def recognised(
    prowess: Prowess, conn: Connection, tenant_id: int, remembered: Mapping[bytes, Remembered]
) -> dict[str, Found]:
    """By pseudonym, whom of a list this store knows by an id or an identifier."""
    ids = {
        *conn.scalars(select(p.person.c.person_id).where(p.person.c.tenant_id == tenant_id).distinct()),
        *conn.scalars(select(p.merged.c.person_id).where(p.merged.c.tenant_id == tenant_id).distinct()),
    }
    texts = {
        *conn.scalars(select(p.identity_link.c.ifi).where(p.identity_link.c.tenant_id == tenant_id).distinct()),
        *conn.scalars(select(t.term.c.text).where(t.term.c.tenant_id == tenant_id, t.term.c.kind == "agent")),
    }
    identities = {text.lower() if text.startswith('{"mbox":') else text for text in texts}
    people: dict[str, list[str]] = {}
    agents: dict[str, set[str]] = {}
    given: dict[str, dict[tuple[str, str], Remembered]] = {}
    for kind, key, text in keys_of(sorted(ids), sorted(identities)):
        one = remembered.get(prowess.erasures.digest(kind, key))
        if one is None:
            continue
        given.setdefault(one.person, {})[kind, text] = one
        if kind == PERSON:
            people.setdefault(one.person, []).append(text)
        else:
            agents.setdefault(one.person, set()).add(text)
    found = {}
    for name, said in given.items():
        mine = sorted(people.get(name, ()), key=lambda id_: (said[PERSON, id_].pseudonym != name, id_))
        found[name] = gathered(conn, tenant_id, mine, agents.get(name, set()))
        found[name].given = said
    return found


def _named(
    found: Found, name: str, home: str, own: Mapping[str, str], telling: Collection[str]
) -> tuple[dict[str, str], dict[str, Mapping[str, Any]]]:
    """What stands for each id and each identity: numbered, so that whoever was two stays two."""
    free = _free(name, [name, *(json.dumps(one.pseudonym) for one in found.given.values())])
    people, agents = {}, dict[str, Mapping[str, Any]]()
    for i, id_ in enumerate(found.ids):
        given = found.given.get((PERSON, id_))
        people[id_] = given.pseudonym if given else next(free) if i else name
        agents[own[id_]] = {"account": {"homePage": home, "name": people[id_]}}
    for identity in sorted(found.identities - agents.keys()):
        given = found.given.get((AGENT, identity))
        agents[identity] = json.loads(given.pseudonym) if given else account_for(identity, home, next(free), telling)
    return people, agents


def _free(name: str, taken: Iterable[str]) -> Iterator[str]:
    """Numbered pseudonyms of which none stands in some texts."""
    texts = list(taken)
    return (one for one in (f"{name}.{i}" for i in count(1)) if not any(one in text for text in texts))


def _variants(conn: Connection, tenant_id: int, agents: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Mailboxes that statements write with other capital letters: to the store they are others, to the register they are not."""
    c, found = t.term.c, {}
    mboxes = [identity for identity in agents if identity.startswith('{"mbox":')]
    for _, some in by_tenant((tenant_id, identity) for identity in mboxes):
        query = select(c.text).where(c.tenant_id == tenant_id, c.kind == "agent", func.lower(c.text).in_(some))
        for text in conn.scalars(query):
            found[text] = str(ifi_text(agents[text.lower()]))
    return found


def _of_others(conn: Connection, tenant_id: int, ids: Sequence[str], identities: Iterable[str]) -> set[str]:
    """Those identities that belong to somebody else now."""
    link, found = p.identity_link.c, set[str]()
    for _, some in by_tenant((tenant_id, identity) for identity in identities):
        now = select(link.ifi).where(link.tenant_id == tenant_id, link.ifi.in_(some), link.known_to.is_(None))
        found.update(conn.scalars(now.where(link.person_id.not_in(ids))))
    return found


def _accounts_called(conn: Connection, tenant_id: int, address: str) -> Iterable[str]:
    """Accounts of any system that are called as an address, which the register need not know of."""
    c = t.term.c
    called = func.lower(c.text).endswith(f'"name":{json.dumps(address.lower())}}}}}', autoescape=True)
    here = (c.tenant_id == tenant_id, c.kind == "agent", c.text.startswith('{"account":', autoescape=True))
    return conn.scalars(select(c.text).where(*here, called))
