from divmon.engine.banner import offline
from divmon.market.events import SourceHealth


def failed(name: str, reason: str, next_try: float | None) -> SourceHealth:
    return SourceHealth(name, "exchange", "retrying", 0.0, reason, next_try=next_try)


def test_sources_that_fail_alike_are_named_together_with_the_first_next_try() -> None:
    sources = [
        failed("kraken", "name not found (DNS)", 112.0),
        failed("okx", "blocked here (HTTP 451)", None),
        failed("yahoo", "name not found (DNS)", 104.0),
        SourceHealth("fred", "poll", "starting", 0.0),
        SourceHealth("bitstamp", "exchange", "ok", 0.0),
    ]
    assert offline(sources, 100.0) == (
        "SIMULATED · no market data · next try in 4 s"
        " · name not found (DNS): kraken, yahoo · blocked here (HTTP 451): okx"
    )


def test_before_anything_has_failed_there_is_nothing_to_name() -> None:
    assert offline([], 100.0) == "SIMULATED · no market data"
