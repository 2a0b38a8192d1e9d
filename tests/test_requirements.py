"""Every requirement on a record store has a test that names its id.

The ids are those of the public requirements list (five digits), of rules of the texts that it does not number (S, T), and
of choices of ours where the texts are silent (D); docs/conformance.md says what the sections are.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.naming import ID, in_case, in_function, modules

HERE = Path(__file__).resolve().parent
DIGEST = HERE.parents[1] / "shared" / "xapi-requirements.md"

REQUIREMENTS = {
    "1": (
        "00001 00002 00003 00004 00005 00006 00007 00008 00009 00010 00011 00012 00013 00121 00014 00015 "
        "00021 S-01 T-01"
    ),
    "2": "00031 00032 00033 00034 00035 00036 00037 00038 00039 00040 00041 00042 00043 S-03 S-04 S-05",
    "3": "00044 00045 S-06",
    "4": (
        "00046 00047 00048 00049 00050 00051 00052 00053 00054 00055 00056 00059 00057 00058 00060 00061 "
        "00062 00063 00064 00065 00073 S-07 S-08"
    ),
    "5": "00066 00067 00068 00069 00070 00071 00072 S-09",
    "6": "00074 00075 00076 00077 00124 T-02 00078 00079 00080 00081 00082 00083",
    "7": "00087 00088 00084 00085 00089 00090 00091 00092 00086 00093 00094 00096 T-03 T-04 T-05 T-06 T-07",
    "8": (
        "00026 00027 00028 00029 00030 D-01 00022 00123 00122 T-08 T-09 D-02 00023 00097 00024 00098 00100 "
        "00099 00101 T-10 00332 00330"
    ),
    "9": "00025 00107 00106 00105 00102 00103 00104 S-11",
    "10": "00118 00120 00119 S-12 T-11 D-03",
    "11": "00139 00143 00144 00145 S-13 00147 00146 S-14 00142 S-15 T-12 00326 00182 S-16 S-17 S-18",
    "12": (
        "00159 00154 00158 00156 00157 00155 00163 00018 00150 00151 S-19 00149 00112 00110 00113 00164 00181 "
        "00176 00180 00179 00177 00178 00175 00174 00173 00166 00168 00167 00161 00165 00153 00160 00152 "
        "00324 00325 S-20 T-13 S-21"
    ),
    "13": "00170 00171 00169 00172 S-22 D-04",
    "14": "00108 00111 00114 00109 S-23 S-24 D-05",
    "15": "00019 00020 00017 00018 00016 S-25 S-26 S-27 S-28",
    "16": "00127 S-29 00129 T-14 00128 00131 00130 00134 00133 00132 D-06 00135 00136 S-30 S-31 S-32",
    "17": "00115 00116 00117 S-33 S-34 S-35 T-15 D-07",
    "18": (
        "00230 00282 00311 00140 S-36 S-37 00186 00185 00184 00183 00234 00279 00308 00232 00278 00309 00229 "
        "00281 00313 00233 00280 00310 00235 00284 00314 00141 S-38 T-16 00187 00271 00285 S-39 00188 00189 "
        "00190 00191 00192 00193 00194 00216 00217 00231 00195 00221 00222 00218 00219 00220 00227 00206 "
        "00211 00207 00208 00209 00210 00212 00213 00214 00215 00196 00197 00198 00199 00200 00201 00202 "
        "00203 00204 00224 00225 00226 00228 S-40 T-17 00272 00273 00274 00259 00269 00270 00283 00268 00275 "
        "00255 00256 00257 00258 00261 00262 00263 00264 00265 00266 00267 00260 00276 00277 00286 00287 "
        "00288 00289 00290 00291 00292 00293 00312 00294 00303 00295 00296 00297 00298 00299 00300 00301 "
        "00302 00304 00305 00306 00307 T-18"
    ),
    "19": "00322 S-41 S-42 S-43 S-44 S-45 T-19 T-20 S-46 D-08",
    "20": (
        "00245 00236 00246 00248 00237 00238 00239 00240 00241 00242 00244 00247 00243 00249 S-47 00252 00253 "
        "00251 00254 00250 T-21 S-49 00315 00319 00318 00316 00317 00320 00321"
    ),
    "21": "00333 00331 00321 S-50 T-22 00125 00126 S-51 S-52 D-09 S-53",
    "22": "00336 00148 S-54 S-55 S-56 S-57 S-58 T-23 D-10",
    "23": "00323 00334 00327 00328 S-59 00329 S-60 S-61",
    "24": "00335 S-62 S-63 S-64 S-65 S-66 D-11 S-67",
    "25": "S-68 S-69 S-70 T-24 D-12",
}


def test_every_requirement_has_a_test_that_names_it() -> None:
    wanted = {rule for rules in REQUIREMENTS.values() for rule in rules.split()}
    assert sorted(wanted - named()) == []


def named() -> set[str]:
    """The ids in the names of tests and at the start of the names of their cases."""
    found = set(_templated())
    for path in modules():
        if path == Path(__file__):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                name = re.match(rf"(?:(?:{ID})-)+", node.value)
                found |= in_case(name[0]) if name else set()
            elif isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                found |= in_function(node.name)
    return found


def _templated() -> Iterator[str]:
    """Ids of cases whose names are built from a table beside them."""
    from tests.xapi import test_context, test_object, test_statement, test_values

    for module in (test_context, test_object, test_statement, test_values):
        for case in module.CASES:
            yield from re.findall(rf"^(?:{ID})", case.id)


def test_the_list_is_that_of_the_digest() -> None:
    if not DIGEST.is_file():
        pytest.skip(f"no requirements digest at {DIGEST}")
    text = DIGEST.read_text(encoding="utf-8")
    for section, rules in REQUIREMENTS.items():
        body = re.search(rf"^## {section}\. .*?(?=^## )", text, re.MULTILINE | re.DOTALL)
        assert body is not None
        listed: set[str] = set()
        for row in re.findall(r"^\| ([^|]+) \|", body[0], re.MULTILINE):
            for first, last in re.findall(r"(\d{5})-(\d{5})", row):
                listed.update(f"{number:05}" for number in range(int(first), int(last) + 1))
            listed.update(re.findall(ID, row))
        assert listed == set(rules.split()), section
