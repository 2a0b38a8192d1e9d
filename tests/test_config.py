"""Settings: one file and the environment, unknown keys refused with the nearest name, secrets that stay secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from traceback import format_exception

import pytest

from lrs import yaml_door
from lrs.config import SettingsError, load_settings
from lrs.dialects.choice import dialect_of
from lrs.errors import ConfigError
from lrs.logs import _hide_secrets
from lrs.prowess import installed_plugins
from lrs.settings import CORE_SECTIONS, Secret, SectionSchema, Settings

NO_NETWORK = "neither an address nor a network; write 10.0.0.2, 10.0.0.0/24 or 2001:db8::/64, no name."
ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "lrs" / "templates" / "config.example.yaml"


def sections() -> dict[str, type[SectionSchema]]:
    return {plugin.name: plugin.settings for plugin in installed_plugins() if plugin.settings}


def settings_of(tmp_path: Path, text: str, environ: Mapping[str, str] | None = None) -> Settings:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    return load_settings(file, environ=environ or {}, sections=sections())


def test_the_example_names_every_setting_and_loads_to_the_defaults(tmp_path: Path) -> None:
    written = yaml_door.load_file(EXAMPLE)[0].value
    schemas = {**CORE_SECTIONS, **sections()}
    assert written.keys() == schemas.keys()
    for name, schema in schemas.items():
        assert written[name].keys() == schema().fields.keys(), name
    assert settings_of(tmp_path, EXAMPLE.read_text()) == settings_of(tmp_path, "")


@pytest.mark.parametrize(
    ("text", "place", "message", "hint"),
    [
        ("sever: {port: 1}", "1:1", "unknown setting 'sever'", "did you mean 'server'?"),
        ("server:\n  prot: 1", "2:3", "unknown setting 'server.prot'", "did you mean 'port'?"),
        ("server: {port: many}", "1:16", "'server.port': Not a valid integer.", None),
        ("server: 5", "1:9", "'server' must be a mapping", None),
        ("server: {port: 1}\nserver: {port: 2}", "2:1", "duplicate key 'server'", None),
        ("runner: {kind: cron}", "1:16", "'runner.kind': Must be one of: auto, embedded, rq, none.", None),
        ("database: {url: '${NOT_THERE}'}", "1:17", "the environment has no variable 'NOT_THERE'", None),
        ("database: {url: 'file:nowhere'}", "1:17", "cannot read file:nowhere: No such file or directory", None),
        (
            "server:\n  trusted_proxies: [10.0.0.2, nginx]",
            "2:31",
            f"'server.trusted_proxies.1': 'nginx' is {NO_NETWORK}",
            None,
        ),
        (
            "server: {trusted_proxies: [10.0.0.2/24]}",
            "1:28",
            "'server.trusted_proxies.0': '10.0.0.2/24' is an address within a network; write 10.0.0.2 or 10.0.0.0/24.",
            None,
        ),
        ("server: {trusted_proxies: [10]}", "1:28", "'server.trusted_proxies.0': Not a valid string.", None),
        ("server: {trusted_proxies: 10.0.0.2}", "1:27", "'server.trusted_proxies': Not a valid list.", None),
        ("- a", "1:1", "a configuration is a mapping of sections", None),
        ("a: [", "1:5", "not valid YAML: while parsing a flow node did not find expected node content", None),
    ],
)
def test_a_mistake_is_named_where_it_stands(
    tmp_path: Path, text: str, place: str, message: str, hint: str | None
) -> None:
    with pytest.raises(ConfigError) as caught:
        settings_of(tmp_path, text)
    error = caught.value
    assert error.message == message
    if not text.startswith("a: ["):
        assert f"{error.line}:{error.column}" == place
    if hint:
        assert error.hint == hint


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    environ = {"PROWESS_SERVER_PORT": "9001", "PROWESS_REDIS_URL": "redis://:secret@r/0", "DB": "postgresql://x/y"}
    settings = settings_of(tmp_path, "server: {port: 1}\ndatabase: {url: '${DB}'}", environ)
    assert settings.server.port == 9001
    assert settings.database.url == "postgresql://x/y"
    assert isinstance(settings.redis.url, Secret)


def test_trusted_proxies_are_addresses_and_networks(tmp_path: Path) -> None:
    written = "server: {trusted_proxies: [127.0.0.1, 10.0.0.0/24, 'fd00::1']}"
    networks = settings_of(tmp_path, written).server.trusted_proxies
    assert [str(one) for one in networks] == ["127.0.0.1/32", "10.0.0.0/24", "fd00::1/128"]
    environ = {"PROWESS_SERVER_TRUSTED_PROXIES": "['::1']"}
    assert [str(one) for one in settings_of(tmp_path, written, environ).server.trusted_proxies] == ["::1/128"]
    with pytest.raises(ConfigError, match="'nginx' is neither an address nor a network"):
        settings_of(tmp_path, written, {"PROWESS_SERVER_TRUSTED_PROXIES": "[nginx]"})


def test_what_is_documented_for_a_reverse_proxy_can_be_used(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "operations.md").read_text().partition("## Behind a reverse proxy")[2]
    settings = settings_of(tmp_path, re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)[0])
    assert settings.server.public_url == "https://prowess.example.org"
    assert [str(one) for one in settings.server.trusted_proxies] == ["127.0.0.1/32"]
    taken = int(re.findall(r"client_max_body_size (\d+)m;", page)[0]) * 1024 * 1024
    assert settings.limits.multipart_bytes <= taken
    assert settings.limits.body_bytes <= taken


def test_a_secret_does_not_show_itself(tmp_path: Path) -> None:
    (tmp_path / "redis").write_text("redis://:hunter2@r/0\n")
    settings = settings_of(tmp_path, "redis: {url: 'file:redis'}")
    assert settings.redis.url == "redis://:hunter2@r/0"
    assert "hunter2" not in repr(settings)


def test_the_password_in_the_address_of_the_database_was_shown(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, "database: {url: 'postgresql://prowess:hunter2@db/prowess'}")
    assert settings.database.url == "postgresql://prowess:hunter2@db/prowess"
    assert "hunter2" not in repr(settings) + repr(settings.database) + str(settings.database)
    for environ in ({"PROWESS_DATABASE_URL": "postgresql://prowess:hunter2@db/prowess"}, {}):
        assert isinstance(settings_of(tmp_path, "", environ).database.url, Secret)


def test_a_secret_was_written_to_the_log_under_another_name() -> None:
    told = _hide_secrets(
        None, "info", {"event": "opened", "url": Secret("postgresql://p:hunter2@db/x"), "token": "hunter3"}
    )
    assert told == {"event": "opened", "url": "***", "token": "***"}


@pytest.mark.parametrize("wrong", ["postgresql://p:hunter2@db:hunter2/x", "hunter2", "oracle://p:hunter2@db/x"])
def test_an_address_that_is_none_was_quoted_with_its_password(wrong: str) -> None:
    with pytest.raises(ConfigError, match=r"database\.url") as refused:
        dialect_of(wrong)
    assert "hunter2" not in "".join(format_exception(refused.value))


def test_a_variable_may_name_a_file_as_the_configuration_may(tmp_path: Path) -> None:
    """A secret that is mounted as a file was taken for the secret itself."""
    (tmp_path / "secret").write_text("hunter2\n")
    environ = {"PROWESS_MAIL_PASSWORD": f"file:{tmp_path}/secret", "PROWESS_ATTACHMENTS_STORE": f"file://{tmp_path}/a"}
    settings = settings_of(tmp_path, "", environ)
    assert settings.mail.password == "hunter2"
    assert settings.attachments.store == f"{tmp_path}/a"
    (tmp_path / "secret").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="it is not UTF-8 text"):
        settings_of(tmp_path, "", environ)
    with pytest.raises(ConfigError, match=r"PROWESS_MAIL_PASSWORD: cannot read file:/nowhere"):
        settings_of(tmp_path, "", {"PROWESS_MAIL_PASSWORD": "file:/nowhere"})


def test_a_sqlite_file_stands_beside_the_configuration(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, "database: {url: 'sqlite:///p.db'}")
    assert settings.database.url == f"sqlite:///{tmp_path / 'p.db'}"


@pytest.mark.parametrize(
    ("store", "place"),
    [
        ("database", "database"),
        ("s3://bucket/prefix", "s3://bucket/prefix"),
        ("file:///srv/attachments", "/srv/attachments"),
        ("/srv/attachments", "/srv/attachments"),
        ("attachments", "{here}/attachments"),
        ("file:attachments", "{here}/attachments"),
        ("'${PLACE}/x'", "/mnt/x"),
    ],
)
def test_a_place_for_attachments_may_be_written_in_these_ways(tmp_path: Path, store: str, place: str) -> None:
    settings = settings_of(tmp_path, f"attachments: {{store: {store}}}", {"PLACE": "/mnt"})
    assert settings.attachments.store == place.format(here=tmp_path)


@pytest.mark.parametrize("store", ["s3://", "s3:bucket", "''"])
def test_a_place_for_attachments_that_is_none_is_refused(tmp_path: Path, store: str) -> None:
    with pytest.raises(ConfigError, match=r"attachments\.store"):
        settings_of(tmp_path, f"attachments: {{store: {store}}}")


def test_the_keys_of_a_bucket_are_secrets(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("hunter2\n")
    settings = settings_of(tmp_path, "attachments: {s3_secret_key: 'file:key', s3_access_key: hunter3}")
    assert settings.attachments.s3_secret_key == "hunter2"
    assert "hunter" not in repr(settings)


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, "")
    with pytest.raises(AttributeError):
        settings.server.port = 1  # type: ignore[misc]


def test_a_variable_that_names_no_setting_is_refused_with_the_nearest(tmp_path: Path) -> None:
    """PROWESS_SERVER_PROT=1 was ignored without a word."""
    with pytest.raises(ConfigError) as caught:
        settings_of(tmp_path, "", {"PROWESS_SERVER_PROT": "1"})
    assert caught.value.message == "the variable PROWESS_SERVER_PROT names no setting"
    assert caught.value.hint == "did you mean 'PROWESS_SERVER_PORT'?"
    settings_of(tmp_path, "", {"PROWESS_CONFIG": "x", "PROWESS_FAILPOINTS": "y"})


def test_mistakes_in_the_configuration_came_one_at_a_time(tmp_path: Path) -> None:
    text = """
sever: {port: 1}
server:
  prot: 1
  port: many
  public_url: 'no address'
  cors_origins: [https://a.example, b, c]
runner: 5
redis: {url: 'redis://${NOT_THERE}:${NOR_THIS}'}
mail: {password: 'file:nowhere', port: 70000}
reports:
  digests:
    - {nam: a, to: [x], filters: {sit: [a], unit: [7]}}
    - {name: B, every: sometimes, rows: 0}
log:
  level:debug
"""
    environ = {"PROWESS_SERVER_PROT": "1", "PROWESS_LIMITS_BATCH": "no", "PROWESS_LIMITS_PAGE": "file:/nowhere"}
    with pytest.raises(SettingsError) as caught:
        settings_of(tmp_path, text, environ)
    assert [(one.line, one.column, one.message, one.hint) for one in caught.value.errors] == [
        (2, 1, "unknown setting 'sever'", "did you mean 'server'?"),
        (4, 3, "unknown setting 'server.prot'", "did you mean 'port'?"),
        (5, 9, "'server.port': Not a valid integer.", None),
        (6, 15, "'server.public_url': Not a valid URL.", None),
        (7, 37, "'server.cors_origins.1': Not a valid URL.", None),
        (7, 40, "'server.cors_origins.2': Not a valid URL.", None),
        (8, 9, "'runner' must be a mapping", "see config.example.yaml"),
        (9, 14, "the environment has no variable 'NOT_THERE'", "set it, or write file:PATH"),
        (9, 14, "the environment has no variable 'NOR_THIS'", "set it, or write file:PATH"),
        (10, 18, "cannot read file:nowhere: No such file or directory", None),
        (10, 40, "'mail.port': Must be greater than or equal to 1 and less than or equal to 65535.", None),
        (13, 8, "unknown setting 'reports.digests.0.nam'", "did you mean 'name'?"),
        (
            13,
            35,
            "'reports.digests.0.filters.sit': Must be one of: unit, manager, team, person, site, job, program.",
            None,
        ),
        (13, 52, "'reports.digests.0.filters.unit.0': Not a valid string.", None),
        (14, 7, "'reports.digests.1.to': Missing data for required field.", None),
        (14, 14, "'reports.digests.1.name': Small letters, digits, dots, hyphens; at most 63.", None),
        (14, 24, "'reports.digests.1.every': Must be one of: weekly, monthly, quarterly.", None),
        (14, 41, "'reports.digests.1.rows': Must be greater than or equal to 1 and less than or equal to 100.", None),
        (16, 3, "'log' must be a mapping", "a space is missing after the colon of 'level'; write level: debug"),
        (
            None,
            None,
            "the variable PROWESS_SERVER_PROT names no setting",
            "did you mean 'PROWESS_SERVER_PORT'?",
        ),
        (None, None, "PROWESS_LIMITS_PAGE: cannot read file:/nowhere: No such file or directory", None),
        (None, None, "PROWESS_LIMITS_BATCH: 'limits.batch': Not a valid integer.", None),
    ]
    assert caught.value.message == "unknown setting 'sever' (and 21 more)"


NOT_HERE = """
mail: {host: mail.example.org, user: prowess, password: file:secrets/mail}
connectors:
  systems:
    - {name: moodle-hq, kind: moodle, url: "https://lms.example.org", token: "${MOODLE_TOKEN}"}
    - {name: hr, kind: webhook, url: "https://hr.example.org", secret: "${HR_SECRET}"}
"""


def test_a_secret_that_one_shell_lacks_stopped_every_command(tmp_path: Path) -> None:
    """Reports and backups need no token; whoever needs one is told where it should come from."""
    file = tmp_path / "config.yaml"
    file.write_text(NOT_HERE)
    lax = load_settings(file, environ={}, sections=sections(), whole=False)
    moodle, webhook = lax.sections["connectors"].systems
    assert lax.mail.password is not None
    for secret, told in (
        (moodle.token, f"{file}:5:78: the environment has no variable 'MOODLE_TOKEN'"),
        (webhook.secret, f"{file}:6:72: the environment has no variable 'HR_SECRET'"),
        (lax.mail.password, f"{file}:2:57: cannot read file:secrets/mail: No such file or directory"),
    ):
        with pytest.raises(ConfigError) as caught:
            secret.needed()
        assert f"{caught.value.place}: {caught.value.message}" == told
    assert (*moodle.secrets, *webhook.secrets) == ()
    with pytest.raises(SettingsError) as strict:
        settings_of(tmp_path, NOT_HERE)
    assert len(strict.value.errors) == 3


@pytest.mark.parametrize(
    "text",
    [
        "database: {url: '${NOT_THERE}'}",
        "attachments: {s3_secret_key: '${NOT_THERE}'}",
        "server: {port: '${NOT_THERE}'}",
        "connectors: {systems: [{name: hr, kind: webhook, url: '${NOT_THERE}', secret: 0123456789abcdef}]}",
        "connectors: {systems: '${NOT_THERE}'}",
    ],
)
def test_only_a_secret_of_another_system_may_be_absent(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    with pytest.raises(SettingsError) as caught:
        load_settings(file, environ={}, sections=sections(), whole=False)
    assert [error.message for error in caught.value.errors] == ["the environment has no variable 'NOT_THERE'"]
