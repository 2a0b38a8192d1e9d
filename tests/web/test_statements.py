"""The statement browser: what it finds, how it pages, and that no statement ever becomes markup."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lrs.web.accounts import create_account
from tests.web.browser import Browser, Page

PASSWORD = "a quiet morning walk"
CANARY = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'</code>{{7*7}}"
ADL = "http://adlnet.gov/expapi/verbs/"


@pytest.fixture
def served(serve: Callable[..., Any], database_url: str) -> Any:
    served = serve(database_url)
    create_account(served.prowess, "grace", PASSWORD, "analyst")
    return served


@pytest.fixture
def browser(served: Any) -> Browser:
    browser = Browser(served.url)
    browser.sign_in("grace", PASSWORD)
    return browser


def _send(served: Any, *statements: dict[str, Any]) -> list[str]:
    with served.session() as session:
        session.headers["Connection"] = "close"
        sent = session.post(f"{served.xapi}/statements", json=list(statements), timeout=20)
    assert sent.status_code == 200, sent.text
    return list(sent.json())


def _statement(person: str = "ada", verb: str = "passed", **more: Any) -> dict[str, Any]:
    return {
        "actor": {"mbox": f"mailto:{person}@example.org", "name": person.title()},
        "verb": {"id": ADL + verb, "display": {"en-US": verb}},
        "object": {"id": "https://content.example/exam", "definition": {"name": {"en": "The exam"}}},
        **more,
    }


def _rows(page: Page) -> int:
    return len([one for one in page.all("th") if one.get("scope") == "row"])


def test_no_text_of_a_statement_becomes_markup(served: Any, browser: Browser) -> None:
    (id_,) = _send(
        served,
        {
            "actor": {"name": CANARY, "account": {"homePage": "https://lms.example/?" + "x", "name": CANARY}},
            "verb": {"id": "https://verbs.example/v", "display": {"en": CANARY}},
            "object": {
                "id": "https://content.example/a",
                "definition": {"name": {"en": CANARY}, "extensions": {"https://x.example/" + "y": CANARY}},
            },
            "result": {"response": CANARY, "extensions": {"https://x.example/z": {CANARY: [CANARY, None, True, 1.50]}}},
            "context": {"platform": CANARY},
        },
    )
    for path in ("/statements", f"/statements/{id_}"):
        page = browser.page(path)
        assert page.faults == []
        assert "alert(1)" in page.words
        assert "49" not in browser.get(path).text.partition("{{7*7}}")[0][-20:]
    with served.session() as session:
        session.headers["Connection"] = "close"
        answer = session.get(f"{served.xapi}/statements", params={"statementId": id_}, timeout=10)
    assert answer.headers["Content-Type"].startswith("application/json")


def test_numbers_are_shown_as_they_came(served: Any, browser: Browser) -> None:
    body = json.dumps([_statement()]).replace(
        '"object"', '"result":{"score":{"raw":1.2300000000000000000000001}},"object"'
    )
    headers = {"Content-Type": "application/json"}
    with served.session() as session:
        session.headers["Connection"] = "close"
        sent = session.post(f"{served.xapi}/statements", data=body, headers=headers, timeout=10)
    assert "1.2300000000000000000000001" in browser.page(f"/statements/{sent.json()[0]}").words


def test_the_address_of_an_activity_can_be_copied_from_the_list(served: Any, browser: Browser) -> None:
    """A name was shown, or the last part of the address: neither is what a program has to say."""
    odd = "https://content.example/a%20b/?id=7&x=%C3%A4#part"
    _send(served, _statement(), _statement(object={"id": odd}), _statement(object={"id": "urn:x:y"}))
    page = browser.page("/statements")
    assert page.faults == []
    for said in ("The exam https://content.example/exam", f"part {odd}"):
        assert said in page.words
    assert page.words.count("urn:x:y") == 1, "what is the whole address already stands there once"


def test_filters(served: Any, browser: Browser) -> None:
    account = {"account": {"homePage": "https://lms.example", "name": "17"}}
    registration = "6f1d1a40-0000-4000-8000-000000000001"
    _send(
        served,
        _statement(),
        _statement("bob", "failed"),
        {**_statement(), "actor": account, "context": {"registration": registration}},
    )
    found = {
        "": 3,
        "agent=ada@example.org": 1,
        "agent=mailto:ada@example.org": 1,
        'agent={"mbox":"mailto:bob@example.org"}': 1,
        "agent=https://lms.example|17": 1,
        f"verb={ADL}failed": 1,
        "activity=https://content.example/exam": 3,
        f"activity=https://content.example/exam&verb={ADL}passed": 2,
        f"registration={registration.upper()}": 1,
        "since=2020-01-01": 3,
        "until=2020-01-01": 0,
        "until=9999-12-31": 3,  # it was a 500
        "until=2999-12-31T00:00:00Z": 3,
    }
    for query, count in found.items():
        assert _rows(browser.page(f"/statements?{query}")) == count, query


@pytest.mark.parametrize(
    "query",
    [
        "agnet=x",
        "registration=17",
        "since=soon",
        "agent={",
        "agent={}",
        'agent={"account":{}}',
        pytest.param("agent=" + '{"a":' * 1000 + "1" + "}" * 1000, id="nested so deeply that it was a 500"),
        "agent=[]{",
        "before=x",
        "before=-1",
    ],
)
def test_what_is_not_understood_is_explained(served: Any, browser: Browser, query: str) -> None:
    answer = browser.get(f"/statements?{query}")
    if query == "agent=[]{":
        assert answer.status_code == 200  # an unknown sha1 finds nothing
        return
    assert answer.status_code == 400
    assert Page(answer.text).faults == []


def test_pages_follow_each_other_without_gap(served: Any, browser: Browser) -> None:
    _send(served, *[_statement(f"p{place}") for place in range(120)])
    path, seen = "/statements", []
    while path:
        page = browser.page(path)
        seen += [one["href"] for one in page.all("a") if (one["href"] or "").startswith("/statements/")]
        following = [one["href"] for one in page.all("a") if one.get("rel") == "next"]
        path = f"/statements{following[0]}" if following else ""
    assert len(seen) == len(set(seen)) == 120


def test_a_voided_statement_says_so_and_leads_to_its_voider(served: Any, browser: Browser) -> None:
    (target,) = _send(served, _statement())
    void = _statement(verb="voided", object={"objectType": "StatementRef", "id": target})
    (voider,) = _send(served, void)
    page = browser.page(f"/statements/{target}")
    assert "it counts for nothing" in page.words
    assert f"/statements/{voider}" in {one["href"] for one in page.all("a")}
    assert f"/statements/{target}" in {one["href"] for one in browser.page(f"/statements/{voider}").all("a")}
    assert _rows(browser.page("/statements")) == 1


def test_a_statement_that_is_not_there(browser: Browser) -> None:
    assert browser.get("/statements/6f1d1a40-0000-4000-8000-000000000009").status_code == 404
    assert browser.get("/statements/nonsense").status_code == 404


def test_groups_agents_and_plans_have_names(served: Any, browser: Browser) -> None:
    sub = {**_statement(), "objectType": "SubStatement"}
    _send(
        served,
        {**_statement(), "actor": {"objectType": "Group", "member": [{"mbox": "mailto:a@b.example"}]}},
        {**_statement(), "object": {"objectType": "Agent", "mbox": "mailto:friend@example.org"}},
        {**_statement(), "object": sub},
        {**_statement(), "actor": {"mbox_sha1sum": "a" * 40}, "verb": {"id": ADL + "experienced"}},
        _statement(result={"score": {"scaled": 0.5}, "completion": True}),
        _statement(result={"score": {"raw": 3}, "success": False}),
    )
    words = browser.page("/statements").words
    for needed in ("1 people", "friend@example.org", "a plan: passed", "experienced", "50 %", "3 points", "failed"):
        assert needed in words


def test_a_list_says_why_a_row_is_in_it(served: Any, browser: Browser) -> None:
    course = {"id": "https://content.example/course"}
    plain, child = _send(
        served,
        _statement(),
        _statement(
            "grace", context={"contextActivities": {"parent": [course]}, "instructor": {"mbox": "mailto:i@x.org"}}
        ),
    )
    _send(
        served,
        {**_statement("tom", "commented"), "object": {"objectType": "StatementRef", "id": child}},
    )
    narrow = browser.page("/statements?activity=https://content.example/course")
    assert _rows(narrow) == 0
    wide = browser.page("/statements?activity=https://content.example/course&related=1")
    assert wide.faults == []
    assert _rows(wide) == 2
    assert "activity: in context.contextActivities.parent[0]" in wide.words
    assert "activity: through the statement it refers to" in wide.words
    assert next(one for one in wide.all("input") if one.get("id") == "related").get("checked", "no") is None
    plainly = browser.page("/statements?agent=ada@example.org")
    assert _rows(plainly) == 1
    assert "agent: in" not in plainly.words
    assert plain in browser.get("/statements?agent=ada@example.org").text


def test_a_statement_says_which_filters_find_it_and_where_they_look(served: Any, browser: Browser) -> None:
    (target,) = _send(served, _statement(context={"instructor": {"mbox": "mailto:i@example.org"}}))
    (note,) = _send(served, {**_statement("tom", "commented"), "object": {"objectType": "StatementRef", "id": target}})
    page = browser.page(f"/statements/{target}")
    assert page.faults == []
    assert 'agent {"mbox":"mailto:i@example.org"} context.instructor' in page.words
    assert "activity https://content.example/exam object" in page.words
    referring = browser.page(f"/statements/{note}")
    assert "activity https://content.example/exam in the statement it refers to" in referring.words
    links = [one["href"] or "" for one in page.all("a") if "related=1" in (one["href"] or "")]
    assert len(links) == 2, "the instructor and the authority"
    for link in links:
        assert target in browser.get(link).text


def test_a_live_list_is_the_same_list_with_one_script_of_ours(served: Any, browser: Browser) -> None:
    _send(served, _statement())
    still, live = (
        browser.page("/statements?verb=" + ADL + "passed"),
        browser.page(f"/statements?verb={ADL}passed&live=1"),
    )
    assert still.faults == []
    assert live.faults == ["<script>"]
    (script,) = live.all("script")
    assert (script["src"] or "").startswith("/static/tail.js?v=")
    assert browser.get(script["src"] or "").status_code == 200
    assert _rows(live) == _rows(still) == 1
    assert "Watching." in live.words
    stop = next(one["href"] for one in live.all("a") if "Stop" in live.words and "live" not in (one["href"] or "live"))
    assert stop is not None
    watch = [one["href"] for one in still.all("a") if "live=1" in (one["href"] or "")]
    assert watch == [f"/statements?live=1&verb={ADL.replace(':', '%3A').replace('/', '%2F')}passed"] or len(watch) == 1
