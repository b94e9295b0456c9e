"""What the values of one instrument's row are; see `explained` for how to read it."""

from typing import Literal, NamedTuple

Unit = Literal[
    "price", "change", "difference", "share", "percentile", "volatility", "rate", "pp", "bp",
    "seconds", "run", "count", "sigma", "points", "plain", "bn", "bn_change", "text", "none",
]  # fmt: skip


class Rule(NamedTuple):
    """One row. `n` is a count of values, or the key that holds it.

    Units: change, difference, share, percentile, volatility and rate are fractions that a
    person reads in percent; pp and bp are already in their unit.
    """

    title: str
    words: str
    symbols: str = ""
    unit: Unit = "none"  # "none": a block of values
    window: str = ""
    inputs: tuple[str, ...] = ()
    n: int | str | None = None


ROW = "instruments.{0}."
_LAST = (ROW + "last",)
_CLOSE = (ROW + "close",)
_GRID = "closes at the New York close"

INSTRUMENTS: dict[str, Rule] = {
    "last": Rule("newest price", "the newest accepted quote, else the last completed close; "
                 "BTC: the median of the venues in use", unit="price"),
    "previous_close": Rule("previous close", "close of the bar of the session before the "
                           "price's own", unit="price"),
    "age_s": Rule("age of the price", "now less the receipt of the quote, or the close's own time",
                  "now − t", "seconds", "", ("as_of",)),
    "close": Rule("last confirmed close", "close of the last completed bar, which all confirmed "
                  "values end on", unit="price"),
    "decimals": Rule("decimals", "decimals that the price is shown with", unit="count"),
    "missing_sessions": Rule("missing sessions", "sessions of the calendar that the series lacks",
                             unit="text", window="last 252 sessions"),
    "returns": Rule("returns of the running price", "simple returns from the last price; "
                    "provisional while the session runs"),
    "confirmed_returns": Rule("returns of completed bars", "simple returns from the last close"),
    "vs_btc20": Rule("ahead of BTC over 20 sessions", "simple return less BTC's, both on " + _GRID,
                     "(C_t / C_{t−20} − 1) − (B_t / B_{t−20} − 1)", "difference", "20 sessions",
                     _CLOSE, 20),
    "streak": Rule("runs of candles and of closes", "how many of the newest bars went one way"),
    "streak.candle": Rule("run of candles", "signed length of the run of candles of one colour; a "
                          "doji ends it, as does a missing session",
                          "s = sign(C − O); run at the end of s", "run", "completed candles",
                          (ROW + "sparkline",)),
    "streak.close": Rule("run of closes", "signed length of the run of closes that went one way",
                         "s = sign(C_t − C_{t−1})", "run", "completed closes",
                         (ROW + "sparkline",)),
    "streak.provisional": Rule("run if the bar closed now", "the run of candles with the running "
                               "bar at its last price; never written over the confirmed run",
                               "", "run", "", (ROW + "streak.candle", ROW + "last")),
    "streak.running": Rule("colour of the running bar", "+1 above its open, −1 below, 0 at it",
                           "sign(P − O)", "run", "", _LAST),
    "streak.per_year": Rule("such runs a year", "runs of candles of this direction that reached "
                            "this length, a year of history; the current one counts",
                            "runs ≥ n / years", "plain", "{start}", (ROW + "streak.candle",)),
    "streak.close_per_year": Rule("such runs of closes a year", "runs of closes of this direction "
                                  "that reached this length, a year of history",
                                  "runs ≥ n / years", "plain", "{start}", (ROW + "streak.close",)),
    "high": Rule("records and drawdown", "over all history on hand, which begins at history_start"),
    "high.record_close": Rule("record close", "the last close is above every earlier one; equal is "
                              "no record", "C_t > max_{s<t} C_s", "text", "{start}", _CLOSE),
    "high.record_intraday": Rule("intraday record", "the last high is above every earlier high",
                                 "H_t > max_{s<t} H_s", "text", "{start}"),
    "high.provisional_record": Rule("record if it closed now", "the running price is above every "
                                    "close", "P > max C", "text", "{start}", _LAST),
    "high.from_high": Rule("distance from the highest close", "running or last close over the "
                           "highest close of the history", "C_t / max C − 1", "change", "{start}",
                           _CLOSE),
    "high.bars_since_high": Rule("bars since the highest close", "bars since the last maximal "
                                 "close", "", "count", "{start}"),
    "high.from_52w": Rule("distance from the 52-week high", "close over the highest close of the "
                          "window", "C_t / max C − 1", "change",
                          "252 sessions; 365 days for BTC", _CLOSE),
    "high.drawdown": Rule("drawdown", "close over the running maximum of closes",
                          "C_t / max_{s≤t} C_s − 1", "change", "{start}", _CLOSE),
    "high.underwater_bars": Rule("bars under water", "bars since the close was last at its "
                                 "running maximum", "", "count", "{start}"),
    "volatility": Rule("volatility", "annualised standard deviation of log returns, by estimator",
                       window="30 bars", n=30),
    "volatility.cc30": Rule("volatility, close to close", "sample standard deviation of log "
                            "returns, annualised", "√A · std(ln C_t/C_{t−1})", "volatility",
                            "30 bars", (ROW + "volatility.annualised",), 30),
    "volatility.parkinson30": Rule("volatility, Parkinson", "from highs and lows",
                                   "√(A / (4 n ln 2) · Σ ln²(H/L))", "volatility", "30 bars",
                                   (ROW + "volatility.annualised",), 30),
    "volatility.gk30": Rule("volatility, Garman-Klass", "from open, high, low and close",
                            "√(A/n · Σ[½ ln²(H/L) − (2 ln 2 − 1) ln²(C/O)])", "volatility",
                            "30 bars", (ROW + "volatility.annualised",), 30),
    "volatility.rs30": Rule("volatility, Rogers-Satchell", "as Garman-Klass, but free of drift",
                            "√(A/n · Σ[ln(H/C) ln(H/O) + ln(L/C) ln(L/O)])", "volatility",
                            "30 bars", (ROW + "volatility.annualised",), 30),
    "volatility.yz30": Rule("volatility, Yang-Zhang", "overnight, open to close and "
                            "Rogers-Satchell together", "σ² = σ_o² + k σ_c² + (1−k) σ_rs², "
                            "k = 0.34 / (1.34 + (n+1)/(n−1))", "volatility", "30 bars",
                            (ROW + "volatility.annualised",), 30),
    "volatility.annualised": Rule("bars a year", "factor A: 365 where every day trades, else 252",
                                  unit="count"),
    "volatility.percentile_1y": Rule("volatility percentile, one year", "mid-rank of cc-30 among "
                                     "the values of the window, itself included",
                                     "(#less + ½ #equal) / N", "percentile",
                                     "252 sessions; 365 days for BTC", (ROW + "volatility.cc30",)),
    "volatility.percentile_all": Rule("volatility percentile, all history", "mid-rank of cc-30 "
                                      "among all its values, itself included",
                                      "(#less + ½ #equal) / N", "percentile", "{start}",
                                      (ROW + "volatility.cc30",)),
    "volatility.record_low": Rule("volatility at a record low", "cc-30 at most every earlier "
                                  "value; not told with fewer than 1000", "", "text", "{start}",
                                  (ROW + "volatility.cc30", ROW + "volatility.percentile_all")),
    "sparkline": Rule("recent closes", "up to 90 closes, the running price last", unit="price"),
    "composite": Rule("composite price", "median of the venues in use, in US dollars; USDT "
                      "prices are converted", "median(usd_v)", "price", "",
                      (ROW + "venues.*.usd",)),
    "venues": Rule("venues", "each exchange's part in the composite"),
    "usdt_premium_bp": Rule("USDT premium", "how much dearer a bitcoin is in USDT than in dollars",
                            "10⁴ (median in USDT / median in USD − 1)", "bp", "",
                            (ROW + "venues.*.price",)),
    "spread_bp": Rule("spread between venues", "highest venue in use over the lowest",
                      "10⁴ (max / min − 1)", "bp", "", (ROW + "venues.*.usd",)),
    "change_24h": Rule("change over 24 hours", "newest price over that of 24 hours before",
                       "P_t / P_{t−24h} − 1", "change", "24 hours", _LAST),
    "change_ny": Rule("change since the New York close", "newest price over the last New York "
                      "close", "P_t / B(t*) − 1", "change", "since the last XNYS close", _LAST),
    "boundaries": Rule("run of candles by where the day ends", "UTC; New York's close (NY16); the "
                       "viewer's midnight (local)"),
    "boundaries.*": Rule("run of candles by where the day ends", "signed run of candles when the "
                         "day ends at UTC midnight, at New York's close (NY16) or at the viewer's "
                         "midnight (local)", "s = sign(C − O); run at the end of s", "run"),
    "wall": Rule("wall", "a price level from below: the configured one, else the coarsest round "
                 "level (multiple of 100k, 50k, 10k) within 25 % above the close"),
    "wall.level": Rule("level of the wall", "configured, or the coarsest round level within 25 % "
                       "above the last close", unit="price", inputs=_CLOSE),
    "wall.closes_below": Rule("closes below the wall", "consecutive latest closes under the level",
                              "", "count", "since the last close at or above it",
                              (ROW + "wall.level", ROW + "wall.last_close_above")),
    "wall.touches": Rule("touches of the wall", "highs within 3 % of the level, counted again only "
                         "after a close 5 % under it", "H ≥ 0.97 L; re-armed by C ≤ 0.95 L",
                         "count", "since the last close at or above it", (ROW + "wall.level",)),
    "wall.pierced": Rule("pierced", "a high at or above the level whose close was below it",
                         "H ≥ L and C < L", "text", "since the last close at or above it",
                         (ROW + "wall.level", ROW + "wall.closest")),
    "wall.distance": Rule("distance to the wall", "level over the last close", "L / C − 1",
                          "change", "", (ROW + "wall.level", ROW + "close")),
    "wall.sigmas": Rule("distance in daily σ", "log distance over the daily volatility",
                        "ln(L/C) / (σ30 / √365)", "sigma", "",
                        (ROW + "wall.level", ROW + "close", ROW + "volatility.cc30")),
    "wall.closest": Rule("closest it came", "highest high since, over the level", "max H / L − 1",
                         "change", "since the last close at or above it", (ROW + "wall.level",)),
    "venues.*": Rule("one venue", "an exchange's newest price and whether the composite uses it"),
    "venues.*.price": Rule("venue's price", "newest trade or mid, in the venue's currency",
                           unit="price"),
    "venues.*.usd": Rule("venue's price in dollars", "USDT prices times the USDT rate", "p · U",
                         "price", "", (ROW + "venues.{1}.price",)),
    "venues.*.age_s": Rule("age of the venue's price", "now less its receipt", "now − t",
                           "seconds"),
    "venues.*.deviation_bp": Rule("off the other venues", "dollars over the median of the others; "
                                  "over the limit it leaves the composite",
                                  "10⁴ (p / median of the others − 1)",
                                  "bp", "", (ROW + "venues.{1}.usd", ROW + "composite")),
}  # fmt: skip

WINDOWS = {
    "1": ("1 bar", "P / C_{−1} − 1"),
    "5": ("5 bars", "P / C_{−5} − 1"),
    "20": ("20 bars", "P / C_{−20} − 1"),
    "60": ("60 bars", "P / C_{−60} − 1"),
    "120": ("120 bars", "P / C_{−120} − 1"),
    "mtd": ("from the last close of the month before", "P / C_month − 1"),
    "ytd": ("from the last close of the year before", "P / C_year − 1"),
    "year": ("last complete calendar year", "C_{Dec} / C_{Dec before} − 1"),
}

for _key, (_window, _symbols) in WINDOWS.items():
    INSTRUMENTS[f"returns.{_key}"] = Rule(
        f"return, {_window}", "simple return of the newest price", _symbols, "change", _window,
        _LAST + ((ROW + "previous_close",) if _key == "1" else ()),
    )  # fmt: skip
    INSTRUMENTS[f"confirmed_returns.{_key}"] = Rule(
        f"return of closes, {_window}", "simple return of the last completed close",
        _symbols.replace("P", "C"), "change", _window, _CLOSE,
    )  # fmt: skip
