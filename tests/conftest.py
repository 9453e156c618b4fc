"""What all tests share: Hypothesis without a clock, since machines are noisy."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("theoryck", deadline=None, max_examples=30)
settings.load_profile("theoryck")
