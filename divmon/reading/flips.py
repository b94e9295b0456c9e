"""What would begin to change the state: one price, all others held, at the next close."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from divmon.indicators import abc_row
from divmon.reading.model import AbcState, Flip

STEP = 0.005  # of the price: the score moves in jumps where an asset enters the breadth
REACH = {"BTC": 0.30}  # farther moves in one session have not been seen
REACH_OTHERS = 0.12
ROUNDS = 40  # of halving: 0.5 % / 2^40 is below any tick


@dataclass(frozen=True, slots=True)
class Border:
    """A limit of the score: beyond it two closes lead to `state`."""

    state: AbcState
    limit: float
    above: bool  # score ≥ limit, else score < limit


BORDERS: dict[AbcState, tuple[Border, ...]] = {
    "calm": (Border("watch", 50.0, True), Border("alert", 70.0, True)),
    "watch": (Border("alert", 70.0, True), Border("calm", 40.0, False)),
    "alert": (Border("watch", 60.0, False),),
}


def flips(
    state: AbcState,
    tails: Mapping[str, abc_row.Tail],
    keys: Mapping[str, str],
    last: Mapping[str, float],
) -> tuple[Flip, ...]:
    """Solve the score for one price at a time.

    Args:
        state: The confirmed state.
        tails: The past of each asset of the basket and of BTC.
        keys: The instrument whose price stands for each of them.
        last: Prices to hold the others at.

    Returns:
        Nearest move first, those to one state together, within 30 % for BTC and 12 %
        for the others. Nothing for a limit that the score is already beyond, nor
        without a score or a state.
    """
    if "BTC" not in last or "BTC" not in tails:
        return ()
    cells = {name: abc_row.cell(past, last.get(keys[name])) for name, past in tails.items()}

    def score_at(name: str, price: float) -> float | None:
        moved = {**cells, name: abc_row.cell(tails[name], price)}
        btc = moved.pop("BTC")
        return abc_row.score(moved, btc).score

    found: list[tuple[float, Flip]] = []
    for name in tails:
        key = keys[name]
        price = last.get(key)
        if price is None:
            continue
        reach = REACH.get(name, REACH_OTHERS)
        for border in BORDERS.get(state, ()):

            def beyond(at: float, name: str = name, border: Border = border) -> bool:
                value = score_at(name, at)
                return value is not None and (value >= border.limit) == border.above

            move = _nearest(beyond, price, reach)
            if move is not None:
                at = price * (1 + move)
                flip = Flip(state=border.state, instrument=key, price=at, above=move > 0)
                found.append((abs(move), flip))
    found.sort(key=lambda each: each[0])
    order = list(dict.fromkeys(flip.state for _, flip in found))
    found.sort(key=lambda each: order.index(each[1].state))
    return tuple(flip for _, flip in found)


def _nearest(beyond: Callable[[float], bool], price: float, reach: float) -> float | None:
    """Return the smallest relative move that is beyond, to within rounding."""
    if beyond(price):
        return None
    for step in range(1, round(reach / STEP) + 1):
        for sign in (1, -1):
            if beyond(price * (1 + sign * step * STEP)):
                near, far = sign * (step - 1) * STEP, sign * step * STEP
                for _ in range(ROUNDS):
                    middle = (near + far) / 2
                    near, far = (near, middle) if beyond(price * (1 + middle)) else (middle, far)
                return far
    return None
