"""What every test may ask for."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

# No test is timed: a machine that is busy is not a fault of the code.
settings.register_profile("divmon", deadline=None)
settings.load_profile("divmon")

# Real daily series and recorded traffic that may not be shipped lie beside the
# checkout where they exist at all; tests that use them are skipped elsewhere.
SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """Return a function that finds `shared/NAME`, or skips the test."""

    def find(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            pytest.skip(f"{name} is not on this machine")
        return path

    return find
