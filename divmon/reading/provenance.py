"""Where a value of a Reading comes from, when it was true, and what is to be said with it.

The functions take the Reading as nested dicts, as `explain` makes them, and a path.
"""

from collections.abc import Iterator
from typing import Any

Path = tuple[str, ...]


def at(tree: dict[str, Any], path: Path) -> Any:
    """Return what stands at a path, None where nothing does."""
    node: Any = tree
    for step in path:
        node = node.get(step) if isinstance(node, dict) else None
    return node


def source(tree: dict[str, Any], path: Path) -> str:
    """Return the series or the closes that a value is made of."""
    match path:
        case ("instruments", name, *rest):
            row = tree["instruments"][name]
            if rest[:1] == ["venues"] and len(rest) > 1:
                return rest[1]
            used = [venue for venue, each in row["venues"].items() if each["used"]]
            if used and rest[:1] in (["last"], ["composite"], ["age_s"]):
                return f"median of {', '.join(used)}"
            return ", ".join(filter(None, (row["series"], row["note"])))
        case ("relative_streaks" | "correlation" | "leadlag", pair, *_):
            rows = (tree["instruments"].get(name, {}) for name in pair.split("/"))
            return ", ".join(row.get("series") or "no series" for row in rows)
        case ("liquidity", "fed_rate" | "boj_rate" as bank, *_):
            return str(tree["liquidity"][bank]["series"])
        case ("liquidity", *_):
            return "WALCL, WDTGAL (or the Treasury's daily balance), RRPONTSYD"
        case ("precedents", *_):
            return source(tree, ("relative_streaks", "RUT/SPX"))
        case ("sources", name, *_):
            return str(tree["sources"][name]["kind"])
        case ("claims" | "sentence", *_):
            return "this Reading's own values"
        case ("ledger" | "abc" | "dispersion" | "breadth20" | "beta_gap", *_):
            return _on_grid(tree)
        case ("rotation" | "rotation_map" | "catchup", *_):
            return _on_grid(tree)
    return str(tree["source"])


def _on_grid(tree: dict[str, Any]) -> str:
    uses = tree["abc"]["uses"]
    told = "; ".join(f"{name}: {what}" for name, what in uses.items())
    return "closes at the New York close" + (f"; {told}" if told else "")


def time_of(tree: dict[str, Any], path: Path) -> str:
    """Return the time of a value: its own date, its bar's, its quote's."""
    abc, session = tree["abc"], tree["session"]
    session_date = abc["as_of"] or session["date"] or ""
    match path:
        case ("as_of" | "session", *_):
            return str(tree["as_of"])
        case ("instruments", name, "venues", venue, *_):
            return tree["instruments"][name]["venues"][venue]["time"] or ""
        case ("instruments", name, *rest):
            row = tree["instruments"][name]
            running = rest[:1] in _RUNNING or rest[:2] in _RUNNING
            return (row["time"] if running else row["confirmed"]) or ""
        case ("relative_streaks" | "abc", *_, "provisional"):
            return str(tree["as_of"])
        case ("relative_streaks", pair, *_):
            row = tree["instruments"].get(pair.partition("/")[0], {})
            return row.get("confirmed") or session_date
        case ("liquidity", "fed_rate" | "boj_rate" as bank, *_):
            return tree["liquidity"][bank]["as_of"] or ""
        case ("liquidity", *_):
            return tree["liquidity"]["as_of"] or ""
        case ("claims", name, *_):
            return tree["claims"][name]["as_of"] or ""
        case ("sources", *_):
            return str(tree["as_of"])
    return session_date


_RUNNING = (
    ["last"], ["age_s"], ["returns"], ["composite"], ["venues"], ["usdt_premium_bp"],
    ["spread_bp"], ["change_24h"], ["change_ny"], ["sparkline"], ["previous_close"],
    ["streak", "provisional"], ["streak", "running"], ["high", "provisional_record"],
)  # fmt: skip


def start_of(tree: dict[str, Any], path: Path) -> str | None:
    """Return the first day of the history that a value looks back on."""
    place: Path = ()
    match path:
        case ("instruments", name, *_):
            place = ("instruments", name, "high", "history_start")
        case ("relative_streaks", pair, *_):
            place = ("relative_streaks", pair, "history_start")
        case ("precedents", *_):
            place = ("precedents", "january", "history_start")
    found = at(tree, place) if place else None
    return found if isinstance(found, str) else None


def notes(tree: dict[str, Any], path: Path, value: Any) -> Iterator[str]:
    """Yield what must not be overlooked: simulated, provisional, at least, missing."""
    if tree["simulated"]:
        yield "SIMULATED: no price here is real"
    match path:
        case ("instruments", name, *rest):
            row = tree["instruments"][name]
            if rest[:1] in _RUNNING or rest[:2] in _RUNNING:
                yield f"state: {row['state']}"
            if rest[:1] == ["streak"]:
                yield f"day boundary: {row['streak']['boundary'] or 'not known'}"
            if rest[:1] == ["streak"] and row["streak"]["broken_by"]:
                yield f"at least that long: no bar of {row['streak']['broken_by']}"
        case ("relative_streaks", pair, *_):
            if broken := tree["relative_streaks"][pair]["broken_by"]:
                yield f"at least that long: no bar of {broken}"
        case ("claims", name, *_):
            claim = tree["claims"][name]
            yield f"{claim['verdict']}: {claim['evidence']}"
    if path[-1] == "provisional":
        yield "provisional: of a running bar"
    if value is None:
        lacks = [text for text in tree["missing"] if text.partition(":")[0] in path]
        if path[0] == "abc":
            lacks += tree["abc"]["missing"]
        yield "missing" + (f": {'; '.join(dict.fromkeys(lacks))}" if lacks else "")
