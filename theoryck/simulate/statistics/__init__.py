"""Honest statistics of runs: bounds with their conditions, and reports that say what was seen."""

from theoryck.simulate.statistics.betting import betting, nonnegative_mean
from theoryck.simulate.statistics.estimates import Estimate
from theoryck.simulate.statistics.exponents import ExponentFit, fit_exponent
from theoryck.simulate.statistics.frequencies import frequency
from theoryck.simulate.statistics.heavy import catoni, median_of_means
from theoryck.simulate.statistics.means import empirical_bernstein, studentised
from theoryck.simulate.statistics.multiplicity import bonferroni, holm, shared, spend
from theoryck.simulate.statistics.reports import (
    Answer,
    Report,
    compare_exponent,
    compare_mean,
    compare_probability,
)

__all__ = [
    "Answer",
    "Estimate",
    "ExponentFit",
    "Report",
    "betting",
    "bonferroni",
    "catoni",
    "compare_exponent",
    "compare_mean",
    "compare_probability",
    "empirical_bernstein",
    "fit_exponent",
    "frequency",
    "holm",
    "median_of_means",
    "nonnegative_mean",
    "shared",
    "spend",
    "studentised",
]
