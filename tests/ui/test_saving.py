"""What `s` saves: the files, what stands in them, and what is said when it cannot be."""

import asyncio
import os
import resource
import signal
import stat
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from divmon import paths
from divmon.cli.gathering import to_json
from divmon.link.codec import Happened
from divmon.ui import saving
from divmon.ui.app import DivmonApp
from tests.ui import fixtures
from tests.ui.conftest import screen_text
from tests.ui.pages import HARMLESS, HOSTILE, SIZES, Opened, opened
from tests.ui.test_keys import rebound
from tests.ui.test_screen import Hands

SAVED = "2026-01-20T210430"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return paths.snapshots_dir()


@pytest.fixture
def full_disk() -> Iterator[None]:
    """Let no file grow beyond 4 KiB, as on a disk that is full by then."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, before)


async def save(up: Opened) -> str:
    """Press s; return what was said of it."""
    before = len(said(up.app))
    await up.press("s")
    while len(said(up.app)) == before:
        await asyncio.sleep(0.001)
    await up.pilot.pause()
    return said(up.app)[0]


def said(app: DivmonApp) -> list[str]:
    """Return all that was said of saving, the newest first."""
    return [event.text for event in app.view.events if event.subject == "save"]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def drawn(svg: Path) -> str:
    """Return the text of a picture."""
    root = ElementTree.fromstring(svg.read_text())
    return "".join(root.itertext()).replace("\xa0", " ")


@pytest.mark.parametrize("size", [*SIZES, (40, 10)])
async def test_three_files_hold_what_is_on_the_screen(folder: Path, size: tuple[int, int]) -> None:
    async with opened("", size=size) as up:
        seen = up.text
        assert await save(up) == f"saved {SAVED}-board.svg .txt .json in {folder}"
        assert names(folder) == [f"{SAVED}-board{form}" for form in (".json", ".svg", ".txt")]
        text = (folder / f"{SAVED}-board.txt").read_text()
        assert text.split("\n")[:-1] == [line.rstrip() for line in seen.split("\n")]
        assert "2,645.36" in drawn(folder / f"{SAVED}-board.svg")
        reading = up.app.view.reading
        assert (folder / f"{SAVED}-board.json").read_text() == to_json(reading)


async def test_they_are_for_this_person_alone(folder: Path) -> None:
    before = os.umask(0)
    try:
        async with opened("") as up:
            await save(up)
    finally:
        os.umask(before)
    for path in (folder, folder.parent):
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_none_replaces_another(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / f"{SAVED}-board.txt").write_text("kept")
    async with opened("") as up:
        assert f"{SAVED}-board-2.svg" in await save(up)
        assert f"{SAVED}-board-3.svg" in await save(up)
    assert (folder / f"{SAVED}-board.txt").read_text() == "kept"
    assert f"{SAVED}-board.svg" not in names(folder)  # no half of a set
    assert len(names(folder)) == 1 + 3 + 3


@pytest.mark.parametrize(
    ("key", "name", "shows"),
    [("i", "health", "Sources"), ("h", "history", "Episodes"), ("enter", "RUT", "Values"),
     ("x", "explain", "Explained")],
)  # fmt: skip
async def test_a_page_is_saved_as_well_and_says_so(
    folder: Path, key: str, name: str, shows: str
) -> None:
    async with opened(key) as up:
        await save(up)
        assert f"saved {SAVED}-{name}.svg .txt .json in /" in up.lines[-1]
        assert shows in (folder / f"{SAVED}-{name}.txt").read_text()


async def test_the_palette_saves_what_is_under_it(folder: Path) -> None:
    async with opened("i") as up:
        await up.press("ctrl+p")
        await up.press(*"save")
        await up.pilot.pause(0.4)
        await up.press("enter")
        await up.pilot.pause(0.3)
        while not folder.exists() or len(names(folder)) < 3:
            await asyncio.sleep(0.01)
        assert "Sources" in (folder / f"{SAVED}-health.txt").read_text()


async def test_simulated_stale_and_paused_are_in_it(folder: Path) -> None:
    fake = fixtures.reading(simulated=True, banner="SIMULATED · no source answered")
    async with opened("p", fixtures.hello(simulated=True), fake) as up:
        await save(up)
        text = (folder / f"{SAVED}-board.txt").read_text()
        assert text.count("SIMULATED") == 2
        assert "PAUSED 21:04:30" in text
        assert "PAUSED" in drawn(folder / f"{SAVED}-board.svg")
        assert '"simulated": true' in (folder / f"{SAVED}-board.json").read_text()
    hands = Hands()
    async with opened("", hands=hands) as up:
        hands.now = 600.0
        up.app.main.second()
        await save(up)
        assert "stale" in (folder / "2026-01-20T211430-board.txt").read_text()


async def test_a_paused_instrument_says_so_in_it(folder: Path) -> None:
    async with opened("enter p") as up:
        await save(up)
        assert "PAUSED" in (folder / f"{SAVED}-RUT.txt").read_text()


async def test_hostile_text_stays_text(folder: Path) -> None:
    hostile = fixtures.event(HOSTILE + "</text><script>")
    async with opened("", fixtures.hello(), fixtures.reading(), Happened(hostile)) as up:
        await save(up)
        for form in (".txt", ".svg"):
            assert "\x1b" not in (folder / f"{SAVED}-board{form}").read_text()
        assert HARMLESS in (folder / f"{SAVED}-board.txt").read_text()
        assert f"{HARMLESS}</text><script>" in drawn(folder / f"{SAVED}-board.svg")


async def test_a_hostile_name_names_no_other_folder(folder: Path) -> None:
    async with opened("enter") as up:
        up.app.screen.instrument = "../../\x1b[31m/etc"  # type: ignore[attr-defined]
        picture = saving.take(up.app.top, up.app.wall())
        assert picture.name == f"{SAVED}-.._..___31m_etc"
        saving.write(picture)
        assert len(names(folder)) == 3


async def test_without_a_reading_there_is_a_picture_and_no_json(folder: Path) -> None:
    async with opened("", fixtures.hello()) as up:
        assert await save(up) == f"saved {SAVED}-board.svg .txt in {folder}"


async def test_a_key_of_ones_own_saves(folder: Path) -> None:
    async with opened("", settings=rebound('save = "f8"')) as up:
        await up.press("s")
        assert not folder.exists()
        await up.press("f8")
        while not folder.exists() or len(names(folder)) < 3:
            await asyncio.sleep(0.01)


# -- what goes wrong --------------------------------------------------------------------


async def test_a_full_disk_is_told_and_leaves_nothing_behind(folder: Path, full_disk: None) -> None:
    async with opened("") as up:
        told = await save(up)
        assert f"not saved: {folder}/{SAVED}-board.svg: File too large; make room, or" in told
        assert "XDG_DATA_HOME" in told
    assert names(folder) == []


async def test_a_file_in_the_way_is_told(folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    folder.write_text("")
    async with opened("") as up:
        assert f"not saved: {folder} is not a folder; move that file away" in await save(up)


@pytest.mark.skipif(not os.access("/sys", os.F_OK), reason="needs a folder that none can write")
async def test_a_folder_that_cannot_be_written_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "/sys/kernel")  # not even by root
    async with opened("") as up:
        told = await save(up)
        assert "not saved: /sys/kernel/divmon/snapshots cannot be made: " in told
        assert "name another place by its XDG variable" in told


async def test_where_there_are_no_events_the_keys_make_room_for_the_answer(folder: Path) -> None:
    async with opened("", size=(60, 15)) as up:
        await save(up)
        assert "saved " in up.lines[-1]
        up.app.main.keys.hush()
        await up.pilot.pause()
        assert "? help" in screen_text(up.app).split("\n")[-1]
