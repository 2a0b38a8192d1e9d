"""What stands in files about one program, cut out as it was written."""

from __future__ import annotations

from rules.published.store import Source
from rules.published.written import about

FIRST = "# the first\nkind: certification\nid: a\nrequire: {completed: x}\n"
SECOND = "kind: certification\nid: a\nversion: 2\nabout: |\n  id: b\n  version: 1\n"
OTHER = "{kind: curriculum, id: b}\n"


def texts(file: str, *which: object) -> list[str]:
    return [source.text for source in about([Source("a.yaml", file)], *which)]  # type: ignore[arg-type]


def test_each_version_is_found_with_its_comments() -> None:
    file = f"---\n{FIRST}---\n{SECOND}...\n---\n{OTHER}"
    assert texts(file, "a", 1) == [FIRST]
    assert texts(file, "a", 2) == [SECOND]
    assert texts(file, "a") == [f"{FIRST}---\n{SECOND}"]
    assert texts(file, "b") == [OTHER]
    assert texts(file, "c") == texts(file, "b", 2) == []


def test_a_document_may_begin_beside_its_border() -> None:
    assert texts(f"--- {OTHER}--- # more\n{FIRST}", "b", 1) == [OTHER]
    assert texts(f"--- {OTHER}--- # more\n{FIRST}", "a", 1) == [f"# more\n{FIRST}"]


def test_quotes_an_empty_version_and_what_looks_like_a_border_mislead_nobody() -> None:
    file = '"kind": certification\nid: "a"\nversion:\ntitle: "--- x"\nabout: |\n  ---\n  id: c\n'
    assert texts(file, "a", 1) == [file]
