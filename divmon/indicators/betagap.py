"""What BTC should have done, given small caps and gold."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from divmon.indicators.rolling import FLAT, log_change
from divmon.indicators.series import Floats

RECENT = 20
FIT = 250
LEAST = 200  # complete rows of the 250
SHOWN_R2 = 0.10


@dataclass(frozen=True, slots=True)
class Gap:
    """Log returns over 20 sessions; `s` is the residual standard deviation of a day."""

    alpha: float
    betas: tuple[float, ...]
    r2: float
    s: float
    expected: float
    actual: float
    gap: float
    z: float


def beta_gap(target: Floats, factors: list[Floats]) -> Gap | None:
    """Fit `target` on `factors` and compare the last 20 sessions with the fit.

    Args:
        target: Closes on the master grid, shape (n,).
        factors: Closes of each factor, same shape.

    Returns:
        OLS with intercept over the 250 daily log returns that end 20 sessions ago;
        the intercept is no part of the expectation. None without the 20-session
        change of every series, with fewer than 200 complete rows, or when a series
        stands still.
    """
    if len(target) < RECENT + FIT + 1:
        return None
    recent = [float(log_change(column[-RECENT - 1 :], RECENT)[-1]) for column in (target, *factors)]
    if not np.isfinite(recent).all():
        return None
    returns = np.array(
        [log_change(column)[-RECENT - FIT : -RECENT] for column in (target, *factors)]
    )
    returns = returns[:, np.isfinite(returns).all(axis=0)]
    n = returns.shape[1]
    if n < LEAST or bool((returns.std(axis=1) <= FLAT).any()):
        return None
    y = returns[0]
    design = np.column_stack([np.ones(n), *returns[1:]])
    fit, _, rank, _ = np.linalg.lstsq(design, y, rcond=None)
    if rank < design.shape[1]:
        return None
    residual = y - design @ fit
    ssr = float(residual @ residual)
    centred = y - y.mean()
    s = sqrt(ssr / (n - design.shape[1]))
    if s <= FLAT:
        return None
    expected = float(fit[1:] @ np.array(recent[1:]))
    gap = recent[0] - expected
    return Gap(
        alpha=float(fit[0]),
        betas=tuple(float(beta) for beta in fit[1:]),
        r2=1 - ssr / float(centred @ centred),
        s=s,
        expected=expected,
        actual=recent[0],
        gap=gap,
        z=gap / (s * sqrt(RECENT)),
    )
