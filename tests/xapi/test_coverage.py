"""No requirement of the sections this room decides goes without a case."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

REQUIREMENTS = {
    "1": "00001 00002 00003 00004 00005 00006 00007 00008 00009 00010 00011 00012 00013 00121 00014 00015 00021 S-01 T-01",
    "2": "00031 00032 00033 00034 00035 00036 00037 00038 00039 00040 00041 00042 00043 S-03 S-04 S-05",
    "3": "00044 00045 S-06",
    "4": (
        "00046 00047 00048 00049 00050 00051 00052 00053 00054 00055 00056 00059 00057 00058 00060 00061 00062 00063 00064 "
        "00065 00073 S-07 S-08"
    ),
    "5": "00066 00067 00068 00069 00070 00071 00072 S-09",
    "6": "00074 00075 00076 00077 00124 T-02 00078 00079 00080 00081 00082 00083",
    "7": ("00087 00088 00084 00085 00089 00090 00091 00092 00086 00093 00094 00096 T-03 T-04 T-05 T-06 T-07"),
    "8": (
        "00026 00027 00028 00029 00030 D-01 00022 00123 00122 T-08 T-09 D-02 00023 00097 00024 00098 00100 00099 00101 T-10 "
        "00332 00330"
    ),
    "9": "00025 00107 00106 00105 00102 00103 00104 S-11",
    "10": "00118 00120 00119 S-12 T-11 D-03",
    "13": "00170 00171 00169 00172 S-22 D-04",
    "25": "S-68 S-69 S-70 T-24 D-12",
}
ELSEWHERE = {
    "S-01": "every exact comparison here is a case of it; the rule adds no refusal of its own",
    "S-08": "it asks the LRS to do nothing",
    "D-12": "what a resend is answered is the store's: it compares these hashes with those it keeps",
}
DIGEST = Path(__file__).resolve().parents[3] / "shared" / "xapi-requirements.md"
ID = r"\d{5}|[STD]-\d\d"


def test_every_requirement_has_a_case():
    wanted = {rule for rules in REQUIREMENTS.values() for rule in rules.split()}
    assert set(ELSEWHERE) <= wanted
    assert sorted(wanted - cases() - set(ELSEWHERE)) == []


def cases() -> set[str]:
    """The ids that the names of cases start with, and those in the names of tests."""
    found: set[str] = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                name = re.match(rf"(?:(?:{ID})-)+", node.value)
                found.update(re.findall(ID, name[0]) if name else ())
            elif isinstance(node, ast.FunctionDef):
                found.update(re.findall(r"_id_(\d{5})", node.name))
    return found | templated()


def templated() -> set[str]:
    """Ids of cases whose names are built from a table beside them."""
    from tests.xapi import test_context, test_object, test_statement, test_values

    tables = (test_context.CASES, test_object.CASES, test_statement.CASES, test_values.CASES)
    return {rule for table in tables for case in table for rule in re.findall(rf"^(?:{ID})", case.id)}


def test_the_list_is_that_of_the_digest():
    if not DIGEST.is_file():
        pytest.skip(f"no requirements digest at {DIGEST}")
    text = DIGEST.read_text(encoding="utf-8")
    for section, rules in REQUIREMENTS.items():
        body = re.search(rf"^## {section}\. .*?(?=^## )", text, re.MULTILINE | re.DOTALL)[0]
        listed: set[str] = set()
        for row in re.findall(r"^\| ([^|]+) \|", body, re.MULTILINE):
            for first, last in re.findall(r"(\d{5})-(\d{5})", row):
                listed.update(f"{number:05}" for number in range(int(first), int(last) + 1))
            listed.update(re.findall(ID, row))
        assert listed == set(rules.split()), section
