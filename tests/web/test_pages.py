"""Every page is sound: one heading, labels, scopes, nothing that the content security policy forbids."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from lrs.web.layout import STATIC
from reports.catalogue import CATALOGUE
from reports.cells import EMPTY
from tests.web.browser import Browser, Page
from tests.web.conftest import House

ROOT = Path(__file__).parents[2]
PATHS = (
    "/",
    "/statements",
    "/statements?agent=p007@example.org",
    "/statements?verb=nothing",
    "/audit",
    "/password",
    "/reports",
    *(f"/reports/{name}" for name in CATALOGUE),
    "/reports/expiring?within=365&sort=-days_left",
    "/reports/overdue?unit=(none)",
    "/reports/transcript?person=p007&as_of=-10d",
    "/reports/certification-register?as_of=2027-06-30",
)


@pytest.mark.parametrize("path", PATHS)
def test_a_page_is_sound(ada: Browser, path: str) -> None:
    page = ada.page(path)
    assert page.faults == []
    assert len(page.all("h1")) == 1
    assert page.all("html")[0]["lang"] == "en"
    assert [one["href"] for one in page.all("a") if one.get("class") == "skip"] == ["#main"]
    assert page.all("main")[0]["id"] == "main"
    _labelled(page)
    for head in page.all("th"):
        assert head.get("scope") in {"col", "row"}
    for region in [one for one in page.all("div") if "ledger" in (one.get("class") or "").split()]:
        assert region["tabindex"] == "0"
        assert region["role"] in {"region", "group"}
        assert region.get("aria-label") or region["aria-labelledby"]
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))


def _labelled(page: Page) -> None:
    labels = {one["for"] for one in page.all("label")}
    for tag in ("input", "select"):
        for control in page.all(tag):
            if control.get("type") != "hidden":
                assert control.get("id") in labels, control


def test_the_sign_in_page_is_sound(house: House) -> None:
    page = house.browser().page("/sign-in")
    assert page.faults == []
    assert len(page.all("h1")) == 1
    _labelled(page)


def test_every_link_of_a_page_leads_somewhere(ada: Browser) -> None:
    """Every number is a link to the rows behind it, and every link answers."""
    seen = set()
    for path in ("/", "/statements", *(f"/reports/{name}" for name in CATALOGUE)):
        for link in {one["href"] for one in ada.page(path).all("a")}:
            assert link
            kind = re.sub(r"[0-9a-f-]{36}|=[^&]*", "", link)
            if link.startswith("/") and kind not in seen and "/statements/" not in link:
                seen.add(kind)
                assert ada.get(link).status_code == 200, link
    assert len(seen) > 30


def test_pages_are_kept_by_nobody_and_run_nothing_of_others(ada: Browser) -> None:
    response = ada.get("/")
    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "no-store"


def test_static_files_may_be_kept_for_ever(house: House) -> None:
    browser = house.browser()
    sheet = next(one["href"] for one in browser.page("/sign-in").all("link") if one["rel"] == "stylesheet")
    assert sheet
    response = browser.get(sheet)
    assert response.headers["Content-Type"].startswith("text/css")
    assert "immutable" in response.headers["Cache-Control"]


def test_the_stylesheet_draws_on_four_sizes_and_named_colours() -> None:
    """Tokens first: outside them no colour and no font size is written."""
    sheet = (STATIC / "prowess.css").read_text("utf-8")
    sizes = set(re.findall(r"font-size: ([^;]+);", sheet)) - {"100%"}
    assert sizes == {"var(--small)", "var(--body)", "var(--large)", "var(--display)"}
    rules = re.sub(r":root \{[^}]*\}", "", sheet)
    assert re.findall(r"#[0-9a-f]{3,8}\b", rules) == []


def test_charts_were_white_on_white_in_dark_high_contrast() -> None:
    """A chart keeps its own colours there, so its ground is the one they were measured on."""
    forced = (STATIC / "prowess.css").read_text("utf-8").partition("@media (forced-colors: active)")[2]
    assert "background: var(--paper);" in forced.partition(".chart {")[2].partition("}")[0]
    assert ".nav a:not([aria-current]) {\n    border-color: Canvas;" in forced, (
        "else each entry looks like the current one"
    )


def test_a_field_lay_beyond_the_edge_at_320_pixels() -> None:
    """A narrow form has one column, and nothing that spans two makes another."""
    sheet = (STATIC / "prowess.css").read_text("utf-8")
    assert "minmax(min(9.25rem, 100%), 1fr)" in sheet
    assert re.search(r"\.field\.broad,\n  \.fields \.actions \{\n    grid-column: 1 / -1;", sheet)


def test_the_navigation_took_three_rows_of_a_phone(ada: Browser) -> None:
    """A button that says where one is opens it; it is the browser that does, and where that knows no popovers nothing is hidden."""
    text = ada.get("/reports/overdue").text
    page = Page(text)
    button = next(one for one in page.all("button") if one.get("class") == "menu")
    nav = next(one for one in page.all("nav") if one.get("class") == "nav")
    assert button["popovertarget"] == nav["id"]
    assert button["type"] == "button"
    assert "popover" in nav
    assert nav["aria-label"] == "Main"
    assert "Menu: Reports" in page.words
    assert [one["href"] for one in page.all("a") if "aria-current" in one] == ["/reports"]
    assert text.index('class="menu"') < text.index('class="nav"') < text.index('class="account"'), (
        "Tab goes as the eye does"
    )
    sheet = (STATIC / "menu.css").read_text("utf-8")
    known = sheet.partition("@supports selector(:popover-open)")[2]
    assert ".nav:not(:popover-open)" in known
    assert ".nav:not(:popover-open)" not in sheet.partition("@supports selector(:popover-open)")[0]
    assert ":popover-open" not in (STATIC / "prowess.css").read_text("utf-8")


def test_the_name_in_the_head_led_to_what_only_a_tooltip_told(ada: Browser) -> None:
    page = ada.page("/")
    (own,) = (one for one in page.all("a") if one["href"] == "/password")
    assert "title" not in own
    assert "Your account: ada" in page.words
    account = ada.page("/password").words
    for told in ("Your account Signed in as ada, admin", "Times are in UTC", "Change password"):
        assert told in account


def test_the_days_late_lay_beyond_the_edge_of_a_phone(ada: Browser) -> None:
    """On a phone a row of a report is a card: each cell says what it is, empty ones are left out, and heads still sort."""
    page = ada.page("/reports/overdue")
    region = next(one for one in page.all("div") if "ledger" in (one.get("class") or ""))
    assert (region["class"] or "").split() == ["ledger", "cards", "dense"]
    heads = [one for one in page.all("th") if one["scope"] == "col"]
    labels = [one["data-label"] for one in page.all("td")]
    assert {"Program", "Due", "Days late", "Manager"} <= set(labels)
    assert labels[: len(heads) - 1] == labels[len(heads) - 1 : 2 * (len(heads) - 1)], "each row says the same"
    text = ada.get("/reports/overdue").text
    empty = re.findall(rf'<td class="([^"]*)" data-label="[^"]+">{EMPTY}</td>', text)
    assert empty
    assert [one for one in empty if "none" not in one.split()] == []


def test_what_a_column_means_was_told_to_whoever_has_a_mouse(ada: Browser) -> None:
    told = (
        ada.get("/reports/overdue")
        .text.partition("<summary>What the columns mean</summary>")[2]
        .partition("</details>")[0]
    )
    page = Page(told)
    assert "Days late Days since then, at least 1." in page.words
    assert len(page.all("dt")) == len([one for one in ada.page("/reports/overdue").all("th") if one["scope"] == "col"])


def test_large_letters_left_the_layout_of_small_ones() -> None:
    """Widths are in em: with letters twice as large, half as many fit, and tables are cards on a desk too."""
    sheet = (STATIC / "prowess.css").read_text("utf-8")
    widths = re.findall(r"\(max-width: ([^)]+)\)", sheet)
    assert widths
    assert [width for width in widths if not width.endswith("em")] == []


def test_numbers_in_cards_were_nine_pixels_to_hit() -> None:
    """WCAG 2.2, 2.5.8: 24 pixels; what stands alone has more."""
    sheet = (STATIC / "prowess.css").read_text("utf-8")
    rule = sheet.partition("  .cards td a,\n  .account a,")[2].partition("}")[0]
    assert "display: inline-block;" in rule
    assert "min-width: calc(3 * var(--u));" in rule
    assert "padding-block: calc(0.5 * var(--u));" in rule


def test_a_long_name_made_the_page_wider_than_a_phone() -> None:
    """Headings and cells broke such a word; paragraphs, notes and first lines did not."""
    sheet = (STATIC / "prowess.css").read_text("utf-8")
    assert "overflow-wrap: break-word;" in sheet.partition("\nbody {")[2].partition("}")[0]


def test_a_row_in_focus_lay_below_the_head_of_its_table() -> None:
    """The head stays in sight while rows scroll, so what Tab goes to is scrolled clear of it."""
    sheet = (STATIC / "prowess.css").read_text("utf-8")
    assert "scroll-padding-block" in sheet.partition("\n.ledger {")[2].partition("}")[0]


def test_every_table_is_made_for_a_phone() -> None:
    rooms = [path for room in ("lrs", "rules", "connectors", "reports") for path in ROOT.glob(f"{room}/**/*.html")]
    regions = [one for path in rooms for one in re.findall(r'class="(ledger[^"]*)"', path.read_text("utf-8"))]
    assert len(regions) > 20
    assert [one for one in regions if "cards" not in one.split()] == []


def test_a_printed_report_did_not_say_of_whom_it_was(ada: Browser) -> None:
    """The form with the filters is not printed: a sentence is, that the screen does not show."""
    text = ada.get("/reports/overdue?unit=dispatch&unit=office&program=forklift-operator").text
    paper = text.partition('class="provenance paper">')[2].partition("</p>")[0]
    assert Page(paper).words == "Unit: dispatch or office Program: Counterbalance forklift operator"
    assert "Within days: 60" in Page(ada.get("/reports/expiring").text.partition("paper")[2].partition("</p>")[0]).words
    assert 'class="provenance paper"' not in ada.get("/reports/overdue").text


def test_an_a4_page_was_set_as_a_phone() -> None:
    """It is 718 pixels wide: what is meant for a narrow screen says so."""
    sheet = (STATIC / "prowess.css").read_text("utf-8")
    assert [
        one for one in re.findall(r"@media (.*) {", sheet) if "width" in one and not one.startswith("screen and")
    ] == []


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast() -> None:
    """WCAG 2.2 AA: text 4.5 to 1, borders of controls and marks of charts 3 to 1; light, dark and print."""
    sheet = (STATIC / "prowess.css").read_text("utf-8")
    blocks = re.findall(r":root \{([^}]*)\}", sheet)
    themes = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in blocks]
    light = themes[0]
    for theme in [{**light, **one} for one in themes if "paper" in one]:
        for name in ("ink", "quiet", "accent", "good", "warn", "bad"):
            for ground in ("paper", "wash"):
                assert _contrast(theme[name], theme[ground]) >= 4.5, (name, ground, theme[name])
        assert _contrast(theme["on-accent"], theme["accent"]) >= 4.5
        assert _contrast(theme["edge"], theme["paper"]) >= 3
        for fill in ("compliant", "at-risk", "overdue"):
            assert _contrast(theme[f"fill-{fill}"], theme["paper"]) >= 3, fill
            assert _contrast(theme[f"fill-{fill}"], theme["on-fill"]) >= 4.5, fill
        assert _contrast(theme["fill-on-track"], theme["on-pale"]) >= 4.5


def test_home_says_what_needs_attention(ada: Browser) -> None:
    words = ada.page("/").words
    for needed in ("Needs attention", "overdue", "at risk", "expiring", "newly certified", "Complete through"):
        assert needed in words
    assert "First steps" not in words


def test_an_unknown_address_is_explained(ada: Browser, house: House) -> None:
    response = ada.get("/nowhere")
    assert response.status_code == 404
    assert Page(response.text).faults == []
    assert "No page has this address." in response.text
    assert "How to mend it" in response.text
    plain = house.program().get(house.url + "/nowhere", timeout=10)
    assert plain.headers["Content-Type"] == "application/problem+json"


def test_a_wrong_filter_is_explained(ada: Browser) -> None:
    response = ada.get("/reports/overdue?untit=dock")
    assert response.status_code == 400
    assert "did you mean &#39;unit&#39;?" in response.text
    assert "/reports/overdue" in {one["href"] for one in Page(response.text).all("a")}, "there is a way back"
