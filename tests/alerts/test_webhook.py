"""What a receiver of webhooks gets, and what is said when it does not take it."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import re
import time
from collections.abc import Iterator

import msgspec
import pytest
from aiohttp import web

from divmon.alerts.channels.webhook import Webhook, headers
from divmon.alerts.model import Alert
from divmon.alerts.outbox import encode
from divmon.errors import RateLimitedError, TransientError
from divmon.settings import ChannelSettings
from divmon.sources.network import Network
from tests.alerts.stage import DIRECT, HOSTILE, alert
from tests.standins.internet import Internet
from tests.standins.webhook import Receiver


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as started:
        yield started


def hook(url: str, timeout_s: float = 5.0, secret: str = "", network: Network = DIRECT) -> Webhook:
    channel = ChannelSettings(webhook=url, secret=secret, timeout_s=timeout_s)
    return Webhook("hook", channel, network, {"SECRET": "hunter22", "STANDARD": STANDARD})


STANDARD = "whsec_" + base64.b64encode(b"the bytes of the key").decode()


async def test_the_body_is_the_alert_and_the_key_its_id(receiver: Receiver) -> None:
    sent = alert(7)
    await hook(receiver.url).send(sent, encode(sent))
    (request,) = receiver.taken
    assert request.path == "/hook"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["idempotency-key"] == request.headers["webhook-id"] == sent.id
    assert request.headers["user-agent"].startswith("divmon/")
    assert "webhook-signature" not in request.headers
    body = json.loads(request.body)
    assert body["schema"] == "divmon.alert/1"
    assert body["contributions"] == {"breadth": 31.0, "gap": 40.2}
    assert msgspec.json.decode(request.body, type=Alert) == sent


@pytest.mark.parametrize(
    ("secret", "key"),
    [("${SECRET}", b"hunter22"), ("${STANDARD}", b"the bytes of the key")],
)
async def test_the_signature_is_that_of_standard_webhooks(
    receiver: Receiver, secret: str, key: bytes
) -> None:
    await hook(receiver.url, secret=secret).send(alert(), encode(alert()))
    (request,) = receiver.taken
    moment = request.headers["webhook-timestamp"]
    assert abs(time.time() - int(moment)) < 60
    signed = b".".join([alert().id.encode(), moment.encode(), request.body])
    wanted = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    assert request.headers["webhook-signature"] == f"v1,{wanted}"


def test_a_signature_as_in_the_standards_own_example() -> None:
    # of the Standard Webhooks libraries' tests
    found = headers(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        b'{"test": 2432232314}',
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        1614265330.0,
    )
    assert found["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("500", "HTTP 500 Internal Server Error: the body of an .31merror .0m"),
        ("404", "HTTP 404 Not Found"),
        ("302", "redirects are not followed"),
        ("drop", "Connection reset|hung up|ClientOSError"),
        ("refuse", "Connection reset|hung up|ClientOSError"),
        ("hang", r"no answer within 0\.3 s"),
        ("drip", r"no answer within 0\.3 s|no HTTP"),
    ],
)
async def test_whatever_goes_wrong_is_told_and_may_be_tried_again(
    receiver: Receiver, how: str, message: str
) -> None:
    receiver.script.append(how)
    started = time.monotonic()
    with pytest.raises(TransientError) as caught:
        await hook(receiver.url, timeout_s=0.3).send(alert(), encode(alert()))
    assert re.search(message, str(caught.value))
    assert str(caught.value).isprintable()
    assert time.monotonic() - started < 3


async def test_a_receiver_that_asks_for_quiet_is_told_apart(receiver: Receiver) -> None:
    receiver.script.extend(["429 7", "503 9", "429"])
    for wish in (7.0, 9.0, None):
        with pytest.raises(RateLimitedError) as caught:
            await hook(receiver.url).send(alert(), encode(alert()))
        assert caught.value.retry_after == wish


async def test_no_message_holds_the_url(receiver: Receiver) -> None:
    receiver.stop()
    url = f"http://me:hunter2@127.0.0.1:{receiver.port}/hunter2?key=hunter2"
    with pytest.raises(TransientError, match="cannot connect: Connection refused") as caught:
        await hook(url).send(alert(), encode(alert()))
    assert "hunter2" not in str(caught.value)
    with pytest.raises(TransientError, match="host name does not resolve") as caught:
        await hook("http://hunter2.invalid/").send(alert(), encode(alert()))
    assert "hunter2" not in str(caught.value)


async def test_proxy_and_certificates_are_those_of_every_source() -> None:
    bodies: list[bytes] = []

    async def take(request: web.Request) -> web.Response:
        bodies.append(await request.read())
        return web.Response(status=202)

    internet = Internet()
    internet.add("hooks.example.net", take)
    with internet:
        network = Network(internet.proxy_url, str(internet.ca_file), 5.0, 5.0)
        await hook("https://hooks.example.net/x", network=network).send(alert(), encode(alert()))
        assert bodies == [encode(alert())]
        assert internet.connects == ["hooks.example.net:443"]
        untrusting = Network(internet.proxy_url, None, 5.0, 5.0)
        with pytest.raises(TransientError, match="certificate is not trusted"):
            await hook("https://hooks.example.net/x", network=untrusting).send(
                alert(), encode(alert())
            )


async def test_hostile_text_arrives_as_text(receiver: Receiver) -> None:
    sent = alert(title=HOSTILE, rule=HOSTILE)
    await hook(receiver.url).send(sent, encode(sent))
    body = json.loads(receiver.taken[0].body)
    assert body["title"] == HOSTILE.replace("\ud800", "?")


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"\x00" * 500,
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 99999 what\r\n\r\n",
        b"HTTP/1.1 500 \x1b[2J\r\nContent-Length: 3\r\n\r\n\xff\xfe\x1b",
        b"HTTP/1.1 500 x\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 429 x\r\nRetry-After: 9e99\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 500 x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
    ],
)
async def test_whatever_is_no_answer_is_a_failure_that_can_be_shown(answer: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        with pytest.raises((TransientError, RateLimitedError)) as caught:
            await hook(url, timeout_s=1.0).send(alert(), encode(alert()))
    assert str(caught.value)
    assert str(caught.value).isprintable()
