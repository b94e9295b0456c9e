"""Pearson, EWMA and break test of two aligned columns of log returns."""

from dataclasses import dataclass
from math import atanh, sqrt, tanh

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from divmon.indicators.series import Floats

LEAST = 0.8  # of a window's pairs: 16 of 20, 48 of 60, as σ_60 asks for
NORMAL_95 = 1.959963984540054
LAMBDA = 0.94
SHORT, BASE = 40, 250
BREAK_Z = 2.58
BREAK_SESSIONS = 3
PERFECT = 1 - 1e-12  # atanh has no value at 1


@dataclass(frozen=True, slots=True)
class Pearson:
    """A correlation over `n` pairs with its 95 % interval (Fisher)."""

    r: float | None
    low: float | None
    high: float | None
    n: int


def pearson(x: Floats, y: Floats) -> float | None:
    """Return the correlation of the pairs that are complete.

    None with fewer than three of them, or where one side does not vary.
    """
    both = np.isfinite(x) & np.isfinite(y)
    if both.sum() < 3:
        return None
    a, b = x[both], y[both]
    a, b = a - a.mean(), b - b.mean()
    scale = sqrt(float(a @ a) * float(b @ b))
    if scale <= 1e-24 * len(a):  # both stand still, to rounding
        return None
    return float(np.clip(a @ b / scale, -1.0, 1.0))


def window(x: Floats, y: Floats, n: int) -> Pearson:
    """Return the correlation over the last `n` rows; r is None if over a fifth are missing."""
    x, y = x[-n:], y[-n:]
    pairs = int((np.isfinite(x) & np.isfinite(y)).sum())
    r = pearson(x, y) if pairs >= LEAST * n else None
    if r is None or pairs <= 3:
        return Pearson(r, None, None, pairs)
    if abs(r) >= PERFECT:
        return Pearson(r, r, r, pairs)
    half = NORMAL_95 / sqrt(pairs - 3)
    return Pearson(r, tanh(atanh(r) - half), tanh(atanh(r) + half), pairs)


def ewma(x: Floats, y: Floats, decay: float = LAMBDA, least: int = 60) -> float | None:
    """Return the exponentially weighted correlation, zero mean, over all complete pairs."""
    both = np.isfinite(x) & np.isfinite(y)
    n = int(both.sum())
    if n < least:
        return None
    # 0.94^1500 is 1e-40: older pairs are in the result, but in no digit of it, and
    # powers that small that they are denormal take a hundred times as long
    kept = min(n, 1500)
    weight = decay ** np.arange(kept - 1, -1, -1.0)
    a, b = x[both][-kept:], y[both][-kept:]
    scale = sqrt(float(weight @ (a * a)) * float(weight @ (b * b)))
    return float(np.clip(weight @ (a * b) / scale, -1.0, 1.0)) if scale > 0 else None


def break_z(x: Floats, y: Floats) -> float | None:
    """Compare the correlation of the last 40 rows with that of the 250 before, in σ.

    The test is looked at every day and returns have fat tails, so this is no
    p-value and none may be printed: |z| ≥ 1.96 comes on 17 % of sessions.
    """
    if len(x) < SHORT + BASE:
        return None
    now = window(x, y, SHORT)
    before = window(x[-SHORT - BASE : -SHORT], y[-SHORT - BASE : -SHORT], BASE)
    if now.r is None or before.r is None or max(abs(now.r), abs(before.r)) >= PERFECT:
        return None
    return (atanh(now.r) - atanh(before.r)) / sqrt(1 / (now.n - 3) + 1 / (before.n - 3))


def broken(x: Floats, y: Floats) -> bool | None:
    """Tell whether |z| of the break test was at least 2.58 on each of the last 3 sessions."""
    found = [break_z(x[: len(x) - back], y[: len(y) - back]) for back in range(BREAK_SESSIONS)]
    zs = [z for z in found if z is not None]
    if len(zs) < BREAK_SESSIONS:
        return None
    return all(z >= BREAK_Z for z in zs) or all(z <= -BREAK_Z for z in zs)


def break_zs(x: Floats, y: Floats) -> Floats:
    """Return `break_z` as it was at every row, NaN where it was None, shape (n,)."""
    z = np.full(len(x), np.nan)
    rows = len(x) - SHORT - BASE + 1
    if rows < 1:
        return z
    r_now, n_now = _rolling(x[BASE:], y[BASE:], SHORT)
    r_base, n_base = (column[:rows] for column in _rolling(x, y, BASE))
    usable = np.maximum(np.abs(r_now), np.abs(r_base)) < PERFECT  # False beside NaN
    now, base = r_now[usable], r_base[usable]
    scale = np.sqrt(1 / (n_now[usable] - 3) + 1 / (n_base[usable] - 3))
    z[SHORT + BASE - 1 :][usable] = (np.arctanh(now) - np.arctanh(base)) / scale
    return z


def brokens(z: Floats) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return `broken` as it was at every row of `break_zs`, and where it was known."""
    known = np.zeros(len(z), dtype=np.bool_)
    holds = np.zeros(len(z), dtype=np.bool_)
    if len(z) >= BREAK_SESSIONS:
        windows = sliding_window_view(z, BREAK_SESSIONS)
        known[BREAK_SESSIONS - 1 :] = np.isfinite(windows).all(axis=1)
        up, down = (windows >= BREAK_Z).all(axis=1), (windows <= -BREAK_Z).all(axis=1)
        holds[BREAK_SESSIONS - 1 :] = up | down
    return holds, known


def _rolling(x: Floats, y: Floats, n: int) -> tuple[Floats, Floats]:
    """Return r and the pairs of `window` at every row from the first full one on; NaN: None."""
    both = np.isfinite(x) & np.isfinite(y)
    there = sliding_window_view(both, n)
    a = sliding_window_view(np.where(both, x, 0.0), n)
    b = sliding_window_view(np.where(both, y, 0.0), n)
    pairs = there.sum(axis=1)
    some = np.maximum(pairs, 1)[:, None]
    a = np.where(there, a - a.sum(axis=1, keepdims=True) / some, 0.0)
    b = np.where(there, b - b.sum(axis=1, keepdims=True) / some, 0.0)
    scale = np.sqrt((a * a).sum(axis=1) * (b * b).sum(axis=1))
    enough = (pairs >= LEAST * n) & (pairs >= 3) & (scale > 1e-24 * pairs)
    r = np.full(len(pairs), np.nan)
    np.divide((a * b).sum(axis=1), scale, out=r, where=enough)
    return np.clip(r, -1.0, 1.0), pairs.astype(np.float64)
