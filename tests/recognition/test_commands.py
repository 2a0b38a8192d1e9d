"""`prowess badges`: what docs/badges.md has people type, and whether a badge that is handed in is good."""

from __future__ import annotations

import base64
import json
import re
import zlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from rules.recognition import jws
from rules.recognition.badges import Badges
from rules.recognition.baked import extract
from tests.commanding import Done, prowess
from tests.entry.desk import store_at
from tests.pages.scene import settle
from tests.recognition.scene import badges_template
from tests.servers import sqlite_at

CONFIG = """
database: {{url: "{url}"}}
server: {{public_url: "http://prowess.example"}}
organisation: {{name: Example Forwarding Ltd}}
rules: {{badges: true}}
"""
STATEMENTS = [
    {
        "id": f"0000000{i}-0000-4000-8000-000000000000",
        "actor": {"mbox": "mailto:bob@example.org"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/passed"},
        "object": {"id": f"https://lms.example/{name}"},
        "timestamp": "2026-06-14T12:00:00Z",
        "result": {"score": {"scaled": 0.92}},
    }
    for i, name in enumerate(("theory", "exam"))
]


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A directory with a configuration; Bob has earned his badge."""
    url = sqlite_at(tmp_path / "store.db", badges_template)
    (tmp_path / "config.yaml").write_text(CONFIG.format(url=url))
    (tmp_path / "s.jsonl").write_text("\n".join(map(json.dumps, STATEMENTS)))
    prowess("statements", "import", "s.jsonl", cwd=tmp_path, check=True)
    with store_at(url) as store:
        settle(store)
    return tmp_path


def listed(mine: Path, *arguments: str) -> list[dict[str, str]]:
    return list(json.loads(prowess("badges", "list", *arguments, "--json", cwd=mine, check=True).stdout))


def signed(mine: Path) -> str:
    (one,) = listed(mine, "bob")
    return prowess("badges", "show", one["id"], "--jwt", cwd=mine, check=True).stdout.strip()


def verify(mine: Path, content: str | bytes, *arguments: str) -> Done:
    (mine / "handed-in").write_bytes(content if isinstance(content, bytes) else content.encode())
    return prowess("badges", "verify", "handed-in", *arguments, cwd=mine)


def test_badges_are_listed_of_everybody_or_of_one_person(mine: Path) -> None:
    (one,) = listed(mine)
    assert listed(mine, "bob@example.org") == [one]
    assert listed(mine, "ada") == listed(mine, "--program", "plain") == []
    text = prowess("badges", "list", "bob", cwd=mine, check=True).stdout
    assert re.fullmatch(
        r"valid  bob  forklift v1  from 14 June 2026 until 14 June 2027\n    http://prowess.example/badges/credentials/\S+\n",
        text,
    )


def test_a_badge_that_is_handed_in_is_checked(mine: Path) -> None:
    token = signed(mine)
    assert verify(mine, token).stdout.startswith(
        "good: Counterbalance forklift, valid from 2026-06-13T23:00:00Z until 2027"
    )
    assert verify(mine, token, "--email", "bob@example.org").returncode == 0
    other = verify(mine, token, "--email", "ada@example.org")
    assert (other.returncode, "it was not given to ada@example.org" in other.stderr) == (1, True)
    told = json.loads(verify(mine, token, "--json").stdout)
    assert (told["valid"], told["problems"], told["credential"]["name"]) == (True, [], "Counterbalance forklift")


def test_a_badge_that_somebody_made_up_is_not_good(mine: Path) -> None:
    token = signed(mine)
    head, body, signature = token.split(".")
    for wrong, why in (
        (f"{head}.{body}.{'A' * len(signature)}", "the signature is wrong"),
        (f"{head}.{body[:-4]}AAAA.{signature}", "signature is wrong|no signed badge"),
        (
            jws.sign(dict(jws.read(token).payload), rsa.generate_private_key(65_537, 2048), "http://evil.example/k"),
            "not of this store",
        ),
    ):
        done = verify(mine, wrong, "--email", "bob@example.org")
        assert done.returncode == 1
        assert re.search(why, done.stderr), done.stderr
        assert "Traceback" not in done.stderr
    others = base64.urlsafe_b64encode(b'{"alg":"RS256"}').decode().rstrip("=")
    done = verify(mine, f"{others}.{others}.{others}", "--email", "bob@example.org")
    assert "not of this store: none is named" in done.stderr, "a badge of others may lack anything"
    kid = jws.read(token).header["kid"]
    forged = jws.sign(dict(jws.read(token).payload), rsa.generate_private_key(65_537, 2048), kid)
    assert "the signature is wrong" in verify(mine, forged).stderr


def test_a_badge_that_was_taken_back_is_not_good(mine: Path) -> None:
    token = signed(mine)
    (mine / "void.jsonl").write_text(
        json.dumps(
            {
                "id": "00000009-0000-4000-8000-000000000000",
                "actor": {"mbox": "mailto:root@example.org"},
                "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
                "object": {"objectType": "StatementRef", "id": STATEMENTS[1]["id"]},
            }
        )
    )
    prowess("statements", "import", "void.jsonl", cwd=mine, check=True)
    done = verify(mine, token)
    assert done.returncode == 1
    assert "it was taken back on" in done.stderr
    assert listed(mine)[0]["reason"] == "evidence_voided"


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """A picture of chunks, as PNG has them."""
    parts = (
        len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")
        for kind, content in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def test_a_badge_is_taken_out_of_pictures(mine: Path) -> None:
    token = signed(mine)
    (one,) = listed(mine)
    with store_at(f"sqlite:///{mine / 'store.db'}") as store:
        badges = Badges(store)
        found = badges.get(one["id"].rpartition("/")[2])
        assert found.issued.person_id == "bob"
    text = f"openbadgecredential\0\0\0\0\0{token}".encode()
    assert (
        extract(png((b"IHDR", b"x" * 13), (b"iTXt", b"other\0\0\0\0\0x.y.z"), (b"iTXt", text), (b"IEND", b""))) == token
    )
    svg = (
        f'<svg xmlns:ob="https://purl.imsglobal.org/ob/v3p0">\n<ob:credential\n verify="{token}"></ob:credential></svg>'
    )
    assert extract(svg.encode()) == token
    assert verify(mine, svg).returncode == 0


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"{}", "JSON without a signature"),
        (b"", "there is no badge in this"),
        (b"\x89PNG\r\n\x1a\n\xff\xff\xff\xffiTXt", "there is no badge in this"),
        (b"<svg/>", "there is no badge in this"),
        (b"a.b.c", "no signed badge"),
        (b"\xff\xfe\x00", "there is no badge in this"),
    ],
)
def test_what_is_no_badge_is_called_so(mine: Path, content: bytes, why: str) -> None:
    done = verify(mine, content)
    assert (done.returncode, why in done.stderr) == (1, True), done.stderr


def test_keys_are_listed_rotated_and_forgotten(mine: Path) -> None:
    token = signed(mine)
    (old,) = json.loads(prowess("badges", "key", "list", "--json", cwd=mine, check=True).stdout)
    prowess("badges", "key", "rotate", cwd=mine, check=True)
    assert verify(mine, token).returncode == 0
    refused = prowess("badges", "key", "forget", old["id"], cwd=mine)
    assert refused.returncode == 1, "it asks, and nobody answers"
    prowess("badges", "key", "forget", old["id"], "--yes", cwd=mine, check=True)
    assert "is not trusted any more" in verify(mine, token).stderr
    assert verify(mine, signed(mine)).returncode == 0
    assert len(prowess("badges", "key", "list", cwd=mine, check=True).stdout.splitlines()) == 1


def test_where_none_are_issued_the_commands_say_how_to_begin(mine: Path) -> None:
    config = mine / "config.yaml"
    config.write_text(config.read_text().replace("badges: true", "badges: false"))
    done = prowess("badges", "list", cwd=mine)
    assert (done.returncode, "rules.badges" in done.stderr) == (1, True)
