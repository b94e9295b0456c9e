"""Storms: many alerts at once become few, and none is dropped.

Pure. What is told together has one id, made of those in it, so that a bundle that is
told again after a crash is known by its receiver.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from divmon.alerts.model import Alert, identity

AT_ONCE = 3  # told each by itself; beyond that, all of less than the highest severity as one
SPAN = 600.0  # seconds ...
IN_SPAN = 6  # ... in which so many are told; the rest waits, and is merged
TITLE = 100  # characters
NAMED = 12  # of the merged that are named in the text

_RANK = {"info": 0, "notice": 1, "warning": 2, "alert": 3}

Bundle = tuple[Alert, ...]


def plan(due: Sequence[Alert], told: Sequence[float], now: float) -> list[Bundle]:
    """Return what to tell at `now`, each bundle as one.

    Args:
        due: What waits, oldest first.
        told: When the last bundles were told, Unix seconds.
        now: Likewise.

    Returns:
        Bundles, oldest first. Alerts that are in none wait, for at most SPAN seconds;
        those of the highest severity never do.
    """
    room = IN_SPAN - sum(now - SPAN < at <= now for at in told)
    urgent = [alert for alert in due if alert.severity == "alert"]
    others = [alert for alert in due if alert.severity != "alert"]
    bundles = _bundles(urgent)
    if others and room > 0:
        bundles += _bundles(others, min(AT_ONCE, room))
    return sorted(bundles, key=lambda bundle: due.index(bundle[0]))


def _bundles(alerts: list[Alert], at_once: int = AT_ONCE) -> list[Bundle]:
    if len(alerts) <= at_once:
        return [(alert,) for alert in alerts]
    return [tuple(alerts)]


def bundle_id(bundle: Bundle) -> str:
    """Return the id that a bundle is told under."""
    if len(bundle) == 1:
        return bundle[0].id
    return identity("merged", "", *sorted(alert.id for alert in bundle))


def merged(bundle: Bundle) -> Alert:
    """Return the one alert that is told for a bundle: the gravest, and how many more."""
    if len(bundle) == 1:
        return bundle[0]
    head = max(bundle, key=lambda alert: (_RANK[alert.severity], alert.time, alert.id))
    rest = [alert for alert in bundle if alert is not head]
    more = f" (and {len(rest)} more)"
    titles = tuple(alert.title for alert in rest)
    named = "; ".join(titles[:NAMED]) + ("; …" if len(titles) > NAMED else "")
    return replace(
        head,
        id=bundle_id(bundle),
        title=head.title[: TITLE - len(more)] + more,
        text=f"{head.text} Also: {named}.",
        merged=titles,
    )
