"""The algorithms, one file a family, collected in ``METHODS``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from theoryck.methods import first_order, stochastic
from theoryck.methods.base import Argument, Method, method

FAMILIES = (first_order, stochastic)

METHODS: Mapping[str, Method] = MappingProxyType(
    {
        value.name: value
        for family in FAMILIES
        for value in vars(family).values()
        if isinstance(value, Method)
    }
)

__all__ = ["METHODS", "Argument", "Method", "method"]
