"""What is told of errors."""

import pytest
from textual.worker import WorkerFailed

from divmon.cli.exits import cause, plain


def test_the_cause_is_found_inside_its_wrappers() -> None:
    error = ZeroDivisionError("boom")
    assert cause(error) is error
    assert cause(ExceptionGroup("tasks", [ExceptionGroup("inner", [error])])) is error
    assert cause(WorkerFailed(ExceptionGroup("tasks", [error]))) is error
    several = ExceptionGroup("tasks", [error, ValueError("too")])
    assert cause(several) is several


@pytest.mark.parametrize("sign", ["\x1b", "\x07", "\n", "\x9b", "\u202e", "\x7f"])
def test_nothing_that_a_terminal_obeys_is_written(sign: str) -> None:
    assert plain(f"a{sign}b") == "a\N{REPLACEMENT CHARACTER}b"


def test_other_text_is_left_as_it_is() -> None:
    assert plain("科创50 — “x” ▲ é") == "科创50 — “x” ▲ é"
