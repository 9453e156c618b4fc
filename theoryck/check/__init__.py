"""A claim in, a verdict out: routing, budgets, worker processes, and the lattice of verdicts.

Only the function :func:`check` is imported here, since ``import theoryck`` imports this package;
the rest is in its modules:

* :mod:`~theoryck.check.engines`: the engines and the kinds of claims each has rules for;
* :mod:`~theoryck.check.combine`: the engines' reports to one verdict;
* :mod:`~theoryck.check.run`: files in, verdicts and an exit code out;
* :mod:`~theoryck.check.workers`: the processes that a hard budget needs;
* :mod:`~theoryck.check.cache`: what need not be found twice.
"""

from theoryck.check.inprocess import check

__all__ = ["check"]
