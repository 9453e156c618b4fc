"""The algorithms, one file a family, collected in ``METHODS``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from theoryck.methods import (
    accelerated,
    adaptive,
    clipped,
    constrained,
    first_order,
    layerwise,
    line_search,
    second_order,
    stochastic,
    variance_reduced,
)
from theoryck.methods.base import Argument, Method, method

FAMILIES = (
    first_order,
    line_search,
    constrained,
    clipped,
    adaptive,
    accelerated,
    layerwise,
    stochastic,
    variance_reduced,
    second_order,
)

METHODS: Mapping[str, Method] = MappingProxyType(
    {
        value.name: value
        for family in FAMILIES
        for value in vars(family).values()
        if isinstance(value, Method)
    }
)

__all__ = ["METHODS", "Argument", "Method", "method"]
