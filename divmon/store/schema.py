"""The tables of the archive, as the steps that made them.

`PRAGMA user_version` counts the steps a database has seen. A step that has been
released never changes; what is needed later is appended as a new one.
"""

APPLICATION_ID = 0x6469766D  # "divm"

STEPS: tuple[tuple[str, ...], ...] = (
    (
        # `received` of a series is that of its newest bars.
        """
        CREATE TABLE series (
            id INTEGER PRIMARY KEY,
            series TEXT NOT NULL,
            interval TEXT NOT NULL,
            value_only INTEGER NOT NULL,
            received REAL NOT NULL,
            UNIQUE (series, interval)
        )
        """,
        # Two instruments may show one series: GOLD falls back on GLD, which is shown as well.
        """
        CREATE TABLE owners (
            series_id INTEGER NOT NULL REFERENCES series (id),
            instrument TEXT NOT NULL,
            PRIMARY KEY (series_id, instrument)
        ) WITHOUT ROWID
        """,
        # `time` as in market.events.Bars: a day number for "1d", Unix seconds for "1h".
        # NULL volume: unknown.
        """
        CREATE TABLE bars (
            series_id INTEGER NOT NULL REFERENCES series (id),
            time INTEGER NOT NULL,
            open REAL NOT NULL,
            high REAL NOT NULL,
            low REAL NOT NULL,
            close REAL NOT NULL,
            volume REAL,
            PRIMARY KEY (series_id, time)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE macro_series (
            series TEXT PRIMARY KEY,
            unit TEXT NOT NULL,
            received REAL NOT NULL,
            published REAL
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE macro (
            series TEXT NOT NULL REFERENCES macro_series (series),
            day INTEGER NOT NULL,
            value REAL NOT NULL,
            PRIMARY KEY (series, day)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE quotes (
            instrument TEXT NOT NULL,
            source TEXT NOT NULL,
            quote TEXT NOT NULL,
            PRIMARY KEY (instrument, source)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE health (
            name TEXT PRIMARY KEY,
            health TEXT NOT NULL
        ) WITHOUT ROWID
        """,
        # UNIQUE, so that a batch whose commit failed half-way can be written again.
        """
        CREATE TABLE events (
            id INTEGER PRIMARY KEY,
            time REAL NOT NULL,
            kind TEXT NOT NULL,
            subject TEXT NOT NULL,
            text TEXT NOT NULL,
            severity TEXT NOT NULL,
            data TEXT NOT NULL,
            UNIQUE (time, kind, subject, text)
        )
        """,
        # One row a name: "last_reading", zlib over msgpack.
        """
        CREATE TABLE kept (
            name TEXT PRIMARY KEY,
            value BLOB NOT NULL
        ) WITHOUT ROWID
        """,
    ),
    (
        # What each channel has still to take, and what became of the rest, which is kept
        # so that no process sends it again. `payload` is the alert as JSON; no secret and
        # no URL is ever in here. NULL settled: waiting.
        """
        CREATE TABLE outbox (
            id INTEGER PRIMARY KEY,
            alert TEXT NOT NULL,
            channel TEXT NOT NULL,
            payload TEXT NOT NULL,
            created REAL NOT NULL,
            attempts INTEGER NOT NULL DEFAULT 0,
            settled REAL,
            outcome TEXT NOT NULL DEFAULT '',
            UNIQUE (alert, channel)
        )
        """,
        "CREATE INDEX outbox_waiting ON outbox (id) WHERE settled IS NULL",
    ),
    (
        # Every alert that fired, as JSON. `due`: when it may be told; `bundle`: the id it is
        # told under, alone or merged with others, NULL until that is decided and '' if it
        # never is; `handed`: when it went to the delivery. `session`: the master session
        # that its outcome is counted from.
        """
        CREATE TABLE alerts (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL UNIQUE,
            time REAL NOT NULL,
            rule TEXT NOT NULL,
            session TEXT,
            alert TEXT NOT NULL,
            due REAL NOT NULL,
            bundle TEXT,
            handed REAL,
            acked REAL
        )
        """,
        "CREATE INDEX alerts_waiting ON alerts (number) WHERE handed IS NULL",
        # What each rule remembers; written with the alerts that follow from it.
        """
        CREATE TABLE alert_states (
            rule TEXT NOT NULL,
            subject TEXT NOT NULL,
            state TEXT NOT NULL,
            PRIMARY KEY (rule, subject)
        ) WITHOUT ROWID
        """,
        # NULL until: muted; else snoozed.
        """
        CREATE TABLE alert_mutes (
            rule TEXT PRIMARY KEY,
            until REAL
        ) WITHOUT ROWID
        """,
        # Which of several processes does what only one may do.
        """
        CREATE TABLE leases (
            name TEXT PRIMARY KEY,
            owner TEXT NOT NULL,
            expires REAL NOT NULL
        ) WITHOUT ROWID
        """,
        # What followed an alert, and after `fell` of `n` sessions of the whole history.
        """
        CREATE TABLE alert_outcomes (
            id TEXT NOT NULL,
            target TEXT NOT NULL,
            horizon INTEGER NOT NULL,
            change REAL NOT NULL,
            low REAL NOT NULL,
            PRIMARY KEY (id, target, horizon)
        ) WITHOUT ROWID
        """,
        """
        CREATE TABLE alert_base_rates (
            target TEXT NOT NULL,
            horizon INTEGER NOT NULL,
            n INTEGER NOT NULL,
            fell INTEGER NOT NULL,
            mean REAL,
            PRIMARY KEY (target, horizon)
        ) WITHOUT ROWID
        """,
    ),
)

VERSION = len(STEPS)
