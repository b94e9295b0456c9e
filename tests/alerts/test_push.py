"""apprise in its own process: what ntfy and a mail server get, and what is said when not."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from divmon.alerts.channels.push import Push, body, redact
from divmon.alerts.delivery import Delivery
from divmon.alerts.outbox import encode
from divmon.errors import TransientError
from divmon.settings import ChannelSettings
from divmon.sources.network import Network
from divmon.store.archive import Archive
from tests.alerts.stage import DIRECT, HOSTILE, QUICK, alert, settings
from tests.standins.internet import Internet
from tests.standins.ntfy import Ntfy
from tests.standins.smtp import Smtp


@pytest.fixture
def ntfy() -> Iterator[Ntfy]:
    with Ntfy() as started:
        yield started


def push(url: str, timeout_s: float = 20.0, network: Network = DIRECT, **env: str) -> Push:
    channel = ChannelSettings(apprise=url, timeout_s=timeout_s)
    return Push("phone", channel, network, env)


async def send(channel: Push, **changes: Any) -> None:
    sent = alert(**changes)
    await channel.send(sent, encode(sent))


async def test_ntfy_gets_title_and_text_with_the_id(ntfy: Ntfy, tmp_path: Path) -> None:
    token = tmp_path / "topic"
    token.write_text("my-topic\n")
    token.chmod(0o600)
    await send(push(ntfy.apprise_url(f"${{file:{token}}}")))
    (message,) = ntfy.messages
    assert message["topic"] == "my-topic"
    assert message["title"] == "ABC is alert, number 1"
    assert message["message"] == body(alert())
    assert message["message"].splitlines()[-1].endswith(alert().id)


async def test_a_mail_gets_there(ntfy: Ntfy) -> None:
    with Smtp() as smtp:
        url = f"mailto://127.0.0.1:{smtp.port}?from=divmon@example.net&to=me@example.org"
        await send(push(url))
    (mail,) = smtp.mails
    assert mail.recipients == ("me@example.org",)
    assert mail.sender == "divmon@example.net"
    assert mail.message["Subject"] == "ABC is alert, number 1"
    text = mail.message.get_content()
    assert alert().id in text
    assert "BTC −5.1 %" in text


async def test_hostile_text_adds_no_header_and_no_line_to_a_mail() -> None:
    with Smtp() as smtp:
        url = f"mailto://127.0.0.1:{smtp.port}?from=divmon@example.net&to=me@example.org"
        await send(push(url), title=HOSTILE, text=HOSTILE, rule=HOSTILE)
    (mail,) = smtp.mails
    assert mail.recipients == ("me@example.org",)
    assert "Bcc" not in mail.message
    assert "\x1b" not in mail.message["Subject"]
    assert "\x1b" not in mail.message.get_content()


async def test_what_a_service_answers_is_told_without_its_token(ntfy: Ntfy) -> None:
    ntfy.script.append("500")
    with pytest.raises(TransientError, match=r"ntfy notification.*500") as caught:
        await send(push(ntfy.apprise_url("${TOKEN}"), TOKEN="hunter2hunter2"))
    assert "hunter2" not in str(caught.value)


async def test_a_service_that_hangs_is_ended(ntfy: Ntfy) -> None:
    ntfy.script.append("hang")
    began = time.monotonic()
    with pytest.raises(TransientError, match="did not end within 2 s"):
        await send(push(ntfy.apprise_url(), timeout_s=2.0))
    assert time.monotonic() - began < 4


async def test_a_url_that_apprise_cannot_read_is_told() -> None:
    with pytest.raises(TransientError, match="apprise cannot read this URL"):
        await send(push("tgram://hunter2"))


async def test_a_secret_that_is_not_there_is_told(ntfy: Ntfy) -> None:
    with pytest.raises(TransientError, match="variable TOKEN is not set"):
        await send(push("ntfy://h/${TOKEN}"))


async def test_proxy_and_certificates_are_those_of_every_source() -> None:
    bodies: list[Any] = []

    async def take(request: web.Request) -> web.Response:
        bodies.append(await request.json())
        return web.json_response({"id": "x"})

    internet = Internet()
    internet.add("push.example.net", take)
    with internet:
        network = Network(internet.proxy_url, str(internet.ca_file), 5.0, 5.0)
        await send(push("ntfys://push.example.net/t", network=network))
        assert bodies[0]["title"] == "ABC is alert, number 1"
        assert internet.connects == ["push.example.net:443"]


def test_bad_days_lose_no_message_and_no_mail(ntfy: Ntfy, tmp_path: Path) -> None:
    ntfy.script.extend(["500", "drop"])
    archive = Archive.open(tmp_path / "archive.db")
    with Smtp() as smtp:
        smtp.script.extend(["421", "451"])
        mail = f"mailto://127.0.0.1:{smtp.port}?from=divmon@example.net&to=me@example.org"
        delivery = Delivery(
            settings(
                phone=ChannelSettings(apprise=ntfy.apprise_url()),
                mail=ChannelSettings(apprise=mail),
            ),
            archive,
            waits=QUICK,
        )
        delivery.start()
        for number in (1, 2):
            delivery.deliver(alert(number))
        smtp.wait_for(2, 40)
        ntfy.wait_for(3, 40)  # the dropped one comes again
        assert delivery.close(5)
    archive.close()
    ids = sorted(message["message"].split(" · ")[-1] for message in ntfy.messages)
    assert set(ids) == {alert(1).id, alert(2).id}
    assert len(ids) == 3
    for message, number in zip(smtp.mails, (1, 2), strict=True):
        assert alert(number).id in message.message.get_content()


def test_nothing_of_the_working_folder_is_imported(
    ntfy: Ntfy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import asyncio

    (tmp_path / "apprise.py").write_text("raise SystemExit('taken from the working folder')")
    monkeypatch.chdir(tmp_path)
    asyncio.run(send(push(ntfy.apprise_url())))
    assert len(ntfy.messages) == 1


def test_the_text_says_what_it_stands_for() -> None:
    text = body(
        alert(merged=tuple(f"other {n}" for n in range(9)), provisional=True, base_rate="44 % of 9")
    )
    assert text.splitlines() == [
        "Everything rallies but crypto since 2026-01-16: the score is 71.2.",
        "RUT +7.9 %, BTC −5.1 % in 20 sessions",
        "44 % of 9",
        *(f"and: other {n}" for n in range(7)),
        "and 2 more",
        "provisional: the bar still runs",
        f"as of 2026-01-20 21:00:00 UTC · abc · {alert().id}",
    ]


def test_what_is_secret_is_cut_out_of_what_a_service_says() -> None:
    assert redact("cannot reach ntfy://h/hunter2\x1b[2J", ("hunter2",)) == (
        "cannot reach ntfy://h/*** [2J"
    )
    assert redact("", ()) == "it failed and does not say why"
    assert json.loads(encode(alert()))["id"] == alert().id
