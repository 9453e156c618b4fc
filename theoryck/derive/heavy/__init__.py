"""Clipped stochastic gradients under heavy-tailed noise: moments, bias, one step, and the balance.

``bounds`` is the route, ``rules`` are its theorems, ``reading`` recognises a clipped step, and
``powers`` compares sums of powers whose exponents are symbolic.
"""
