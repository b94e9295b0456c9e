"""Channels in a settings file: what is refused, how it is told, and that the others run."""

from pathlib import Path

import pytest

from divmon import settings
from divmon.errors import SettingsError
from divmon.settings_refs import expand, hidden
from divmon.settings_text import in_force
from divmon.toml_lines import places

GOOD = '[channels.good]\nwebhook = "http://127.0.0.1:9/x"\n'


def refused(text: str) -> str:
    """Return the one line that is told of `text`, beside which a good channel runs."""
    loaded = settings.from_text(GOOD + text, "config.toml")
    assert list(loaded.channels) == ["good"]
    (line,) = loaded.refused
    return line


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('apprise = "ntfyx://t"', 'line 4: [channels.x] apprise = "ntfyx://***": apprise has no'),
        ('apprise = "topic"', 'is no URL; use one as in "ntfys://ntfy.sh/TOPIC"'),
        ('apprise = "ntfy://"', "is no URL"),
        ('apprise = "ntfy://a ntfy://b"', "is no URL"),
        ('webhook = "ftp://h/x"', 'line 4: [channels.x] webhook = "ftp://***" is no http or https'),
        ('webhook = "https://"', "lacks a host"),
        ('webhook = "https://h:port/"', "is no URL: Port could not be cast"),
        ('webhook = "https://${DIVMON_NO_SUCH}/"', "variable DIVMON_NO_SUCH is not set"),
        ('webhook = "https://${a-b}/"', "is neither ${NAME} nor ${file:PATH}"),
        ('webhook = "http://h"\nsecret = "hunter2"', "line 5: [channels.x] secret must not stand"),
        ('command = ["true"]\nsecret = "${HOME}"', "secret is for a webhook"),
        ('command = ["no-such-program-here"]', "there is no such program; give its full path"),
        ('command = "true"', "must be a list of strings"),
        ("", "line 3: [channels.x] must have exactly one of apprise, webhook, command, has none"),
        ('command = ["true"]\nwebhook = "http://h"', "has webhook and command"),
        ('command = ["true"]\nseverity = "high"', 'must be one of "info", "notice", "warning"'),
        ('command = ["true"]\ntimeout_s = 1000', "timeout_s = 1000 must be at most 120"),
        (
            'wbhook = "http://hunter2"',
            "unknown key 'wbhook' in [channels.x]; did you mean 'webhook'",
        ),
    ],
)
def test_a_wrong_channel_is_told_with_line_and_way_out_and_the_others_run(
    text: str, message: str
) -> None:
    line = refused(f"[channels.x]\n{text}")
    assert message in line
    assert line.startswith("config.toml, line ")
    assert "hunter2" not in line


def test_a_wrong_channel_does_not_hide_what_is_wrong_elsewhere() -> None:
    with pytest.raises(SettingsError, match=r"line 4: \[display\] fps"):
        settings.from_text('[channels.x]\nwebhook = "?"\n[display]\nfps = 0', "config.toml")
    with pytest.raises(SettingsError, match="unknown key 'refused'"):
        settings.from_text('refused = ["a"]', "config.toml")


def test_a_strange_name_is_refused() -> None:
    assert "must be named by at most 32" in refused('[channels."a\\u001b b"]\ncommand = ["true"]')


def test_every_service_of_apprise_is_known() -> None:
    urls = ["ntfys://t", "tgram://1/2", "mailto://a:b@c.d", "discord://1/2", "slack://a/b/c/#d"]
    text = "".join(f'[channels.c{i}]\napprise = "{url}"\n' for i, url in enumerate(urls))
    assert len(settings.from_text(text, "config.toml").channels) == len(urls)


def test_the_settings_in_force_show_no_token() -> None:
    text = '[channels.a]\napprise = "tgram://hunter2/${CHAT}"\n'
    loaded = settings.from_text(text.replace("${CHAT}", "1"), "c")
    assert 'apprise = "tgram://***"' in in_force(loaded, places(text), "c")
    assert hidden("tgram://${TOKEN}/${CHAT}") == "tgram://${TOKEN}${CHAT}"
    assert hidden("hunter2") == "***"


def test_references_are_looked_up_when_they_are_used(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("top secret\nmore\n")
    file.chmod(0o600)
    assert expand(f"a${{X}}b${{file:{file}}}", {"X": "1"}) == "a1btop secret"
    file.chmod(0o640)
    with pytest.raises(SettingsError, match=r"is open to others; chmod 600"):
        expand(f"${{file:{file}}}")
    for content in (b"", b"\n", b"x" * 5000, b"\xff"):
        file.write_bytes(content)
        file.chmod(0o600)
        with pytest.raises(SettingsError, match=r"must be one line|is no UTF-8"):
            expand(f"${{file:{file}}}")
    with pytest.raises(SettingsError, match="cannot be read: No such file"):
        expand("${file:/no/such/file}")
