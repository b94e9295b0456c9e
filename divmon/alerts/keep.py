"""The alerts' rows in the archive: states and alerts in one transaction, leases, mutes.

Reading takes microseconds and is done by the caller; writing is the archive's thread's.
Every write of what a leader decides looks first whether it still leads: one that was
stopped (SIGSTOP, a laptop's sleep) and wakes up finds that another has gone on.
"""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import msgspec

from divmon.alerts.engine import Key, State
from divmon.alerts.lock import FileLock
from divmon.alerts.model import Alert
from divmon.market.text import encodable
from divmon.store.archive import Archive

LEASE = "alerts"
MUTED = ""  # the bundle of what is never told

_states = msgspec.json.Decoder(State)
_alerts = msgspec.json.Decoder(Alert)
_json = msgspec.json.Encoder()


@dataclass(frozen=True, slots=True)
class Kept:
    """One alert as the archive has it."""

    number: int
    alert: Alert
    due: float
    bundle: str | None
    handed: float | None
    acked: float | None


class Given(NamedTuple):
    """An alert to keep: when it may be told, and under which id if that is decided."""

    alert: Alert
    due: float
    bundle: str | None


class Keeper:
    """What the alerts keep in one archive. `owner` is who we are among several processes."""

    def __init__(self, archive: Archive, owner: str) -> None:
        self.archive = archive
        self.owner = owner
        self._lock = FileLock(f"{archive.path}.alerts")
        self._patient_until = float("-inf")

    # the lease

    def claim(self, now: float, until: float) -> None:
        """Ask for the lease, or for more of it. `leads` says who got it.

        A lease lasts on after a leader that was killed, but the lock beside the archive
        does not: who can take it need not wait.
        """
        free = now >= self._patient_until and self._alone()
        self.archive.write(partial(_claim, owner=self.owner, now=now, until=until, free=free))

    def step_down(self, owner: str, patient_until: float) -> None:
        """Follow another that leads, and until then leave it the time to take the lock."""
        self.owner = owner
        self._patient_until = patient_until
        self._lock.close()

    def _alone(self) -> bool:
        if self.archive.mode != "file":
            return False
        try:
            return self._lock.take()
        except OSError:
            return False  # a folder that takes no file: the lease has to end by itself

    def leads(self, now: float) -> bool:
        """Tell whether the lease is ours."""
        rows = self.archive.read("SELECT owner, expires FROM leases WHERE name = ?", (LEASE,))
        return bool(rows) and rows[0][0] == self.owner and rows[0][1] > now

    def release(self) -> None:
        """Let the next one begin at once."""
        self.archive.write(partial(_release, owner=self.owner, lock=self._lock))

    # states and alerts

    def states(self) -> dict[Key, State]:
        """Return every rule's memory; without what another version wrote otherwise."""
        found = {}
        for rule, subject, text in self.archive.read(
            "SELECT rule, subject, state FROM alert_states"
        ):
            try:
                found[rule, subject] = _states.decode(text)
            except msgspec.DecodeError:
                continue
        return found

    def save(self, states: Mapping[Key, State], given: Sequence[Given]) -> None:
        """Keep what a step changed and what it set off: both or neither."""
        self.archive.write(
            partial(
                _save,
                owner=self.owner,
                states=[
                    (rule, subject, _json.encode(state).decode())
                    for (rule, subject), state in states.items()
                ],
                alerts=[_row(each) for each in given],
            )
        )

    def since(self, number: int) -> list[Kept]:
        """Return the alerts after `number`, oldest first."""
        return self._kept("WHERE number > ? ORDER BY number", (number,))

    def waiting(self) -> list[Kept]:
        """Return what is not yet handed to the delivery, oldest first."""
        return self._kept("WHERE handed IS NULL ORDER BY number", ())

    def unseen(self, since: float, most: int) -> list[Kept]:
        """Return the newest `most` that were told after `since` and nobody has acknowledged."""
        found = self._kept(
            "WHERE acked IS NULL AND handed >= ? AND bundle <> ? ORDER BY number DESC LIMIT ?",
            (since, MUTED, most),
        )
        return found[::-1]

    def newest(self) -> int:
        """Return the number of the newest alert, 0 if there is none."""
        rows = self.archive.read("SELECT coalesce(max(number), 0) FROM alerts")
        return rows[0][0] if rows else 0

    def told_since(self, moment: float) -> list[float]:
        """Return when bundles were handed over, from `moment` on."""
        rows = self.archive.read(
            "SELECT max(handed) FROM alerts WHERE handed >= ? AND bundle <> ? GROUP BY bundle",
            (moment, MUTED),
        )
        return [at for (at,) in rows]

    def bundle(self, numbers: Collection[int], bundle: str, handed: float | None = None) -> None:
        """Decide under which id alerts are told."""
        self.archive.write(
            partial(_bundle, owner=self.owner, numbers=tuple(numbers), bundle=bundle, handed=handed)
        )

    def handed(self, bundle: str, now: float) -> None:
        """Note that the delivery has taken a bundle. After its own write: see `Desk`."""
        self.archive.write(partial(_handed, bundle=bundle, now=now))

    # what a person says

    def acknowledge(self, identity: str, now: float) -> None:
        """Note that a person has seen an alert, or with "" all of them."""
        self.archive.write(partial(_acknowledge, identity=identity, now=now))

    def mute(self, rule: str, until: float | None) -> None:
        """Silence a rule, until a time or for good."""
        self.archive.write(partial(_mute, rule=rule, until=until))

    def unmute(self, rule: str) -> None:
        self.archive.write(partial(_unmute, rule=rule))

    def mutes(self) -> dict[str, float | None]:
        """Return the silenced rules, each with the end of its silence, None for good."""
        return dict(self.archive.read("SELECT rule, until FROM alert_mutes"))

    def _kept(self, where: str, values: tuple[float | str, ...]) -> list[Kept]:
        rows = self.archive.read(
            # `where` is one of three texts of ours; the values are bound
            f"SELECT number, alert, due, bundle, handed, acked FROM alerts {where}",  # noqa: S608
            values,
        )
        found = []
        for number, text, *rest in rows:
            try:
                found.append(Kept(number, _alerts.decode(text), *rest))
            except msgspec.DecodeError:
                continue  # of a version with other fields
        return found


def _row(given: Given) -> tuple[object, ...]:
    alert, due, bundle = given
    try:
        text = _json.encode(alert).decode()
    except UnicodeEncodeError:  # half a character, from a venue's name
        text = _json.encode(encodable(msgspec.to_builtins(alert))).decode()
    session = None if alert.session is None else alert.session.isoformat()
    return alert.id, alert.time, encodable(alert.rule), session, text, due, bundle


def _owns(db: sqlite3.Connection, owner: str) -> bool:
    row = db.execute("SELECT owner FROM leases WHERE name = ?", (LEASE,)).fetchone()
    return row is not None and row[0] == owner


def _claim(db: sqlite3.Connection, owner: str, now: float, until: float, *, free: bool) -> int:
    # a lease from a future that no renewal can have written is a clock's that was wrong
    longest = now + 2 * (until - now)
    db.execute(
        "INSERT INTO leases VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE"
        " SET owner = excluded.owner, expires = excluded.expires"
        " WHERE owner = excluded.owner OR ? OR expires <= ? OR expires > ?",
        (LEASE, owner, until, free, now, longest),
    )
    return 1


def _release(db: sqlite3.Connection, owner: str, lock: FileLock) -> int:
    db.execute("DELETE FROM leases WHERE name = ? AND owner = ?", (LEASE, owner))
    lock.close()  # not before what was written last: the next one reads it
    return 1


def _save(
    db: sqlite3.Connection,
    owner: str,
    states: Sequence[tuple[object, ...]],
    alerts: Sequence[tuple[object, ...]],
) -> int:
    if not _owns(db, owner):
        return 0
    db.executemany("REPLACE INTO alert_states VALUES (?, ?, ?)", states)
    db.executemany(
        "INSERT OR IGNORE INTO alerts (id, time, rule, session, alert, due, bundle)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        alerts,
    )
    return len(states) + len(alerts)


def _bundle(
    db: sqlite3.Connection,
    owner: str,
    numbers: Collection[int],
    bundle: str,
    handed: float | None,
) -> int:
    if not _owns(db, owner):
        return 0
    db.executemany(
        "UPDATE alerts SET bundle = ?, handed = ? WHERE number = ? AND bundle IS NULL",
        ((bundle, handed, number) for number in numbers),
    )
    return len(numbers)


def _handed(db: sqlite3.Connection, bundle: str, now: float) -> int:
    db.execute("UPDATE alerts SET handed = ? WHERE bundle = ? AND handed IS NULL", (now, bundle))
    return 1


def _acknowledge(db: sqlite3.Connection, identity: str, now: float) -> int:
    db.execute(
        "UPDATE alerts SET acked = ? WHERE acked IS NULL AND (? = '' OR id = ? OR bundle = ?)",
        (now, identity, identity, identity),
    )
    return 1


def _mute(db: sqlite3.Connection, rule: str, until: float | None) -> int:
    db.execute("REPLACE INTO alert_mutes VALUES (?, ?)", (encodable(rule), until))
    return 1


def _unmute(db: sqlite3.Connection, rule: str) -> int:
    db.execute("DELETE FROM alert_mutes WHERE rule = ?", (encodable(rule),))
    return 1
