"""What all tests share: Hypothesis without a clock, since machines are noisy, and costly cases."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import settings

settings.register_profile("theoryck", deadline=None, max_examples=30)
settings.load_profile("theoryck")

SAMPLED = 3  # of the cases of a costly test, every so many are run


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every", action="store_true", help="run every case of the costly tests")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out two of three cases of costly tests, so that the whole run stays short."""
    if config.getoption("--every"):
        return
    seen: Counter[str] = Counter()
    kept, left = [], []
    for item in items:
        function = item.nodeid.split("[")[0]
        costly = item.get_closest_marker("costly") is not None
        (left if costly and seen[function] % SAMPLED else kept).append(item)
        seen[function] += 1
    if left and len(items) > len(left) and len({item.path for item in items}) > 1:
        config.hook.pytest_deselected(items=left)
        items[:] = kept
