"""Claims: the grammar of claim files, the typed claims, their dimensions.

A claim file is TOML: ``format = 1``, then a ``[[claim]]`` table for each claim. Reading one never
runs code: expressions are parsed by :mod:`ast`, admitted by a whitelist, and bounded in size
(:mod:`theoryck.claims.limits`). :func:`read_file` reads a file, :func:`read_claim` one table.

**Expressions** are Python's, without attributes, keywords, strings and cases.

- Numbers are exact: ``0.1`` is a tenth, ``1e-3`` a thousandth.
- Names: the parameters of the claim, ``f grad x f_star x_star`` where a run is spoken of, ``pi``
  and ``oo``.
- Operators: ``+ - * / **``, with ``@`` for matrix products; comparisons ``<= < == != > >=`` may
  be chained and joined by ``and``.
- Functions: ``sqrt log exp abs sign min max ceil floor sin cos tan sinh cosh tanh asinh atan
  sigmoid softplus relu`` of scalars; ``norm dot transpose sum`` of vectors and matrices.
- ``x[N]`` is an iterate; its index is a whole number made of integer parameters, literals and
  bound indices by ``+ - * min max abs ceil floor``. ``f(x[N])`` and ``grad(x[N])`` belong to it.
- ``E(...)`` is the expectation over the randomness of the method and of the oracle.
- ``min_over(k, 0, N, ...)``, ``max_over``, ``mean_over`` and ``sum_over`` run over an index, both
  ends included; the last two take vectors too, so that ``f(mean_over(k, 0, N, x[k]))`` is the value
  at the average iterate.
- ``O(...)``, ``Omega(...)`` and ``Theta(...)`` stand for a whole bound only; ``as`` says in which
  limit.

In claims about a run, vectors are elements of an inner-product space: they are added, scaled,
and enter ``dot`` and ``norm``; a product of two is an error. In membership and gradient claims
they are arrays: ``*``, ``/`` and the functions of scalars work entry by entry, a scalar is
repeated, and the names of dimensions are whole numbers. Vectors are columns, so
``transpose(u)@v`` is a scalar and ``u@transpose(v)`` a matrix; ``norm`` of a matrix is its
Frobenius norm.

**Constraints** of parameters are chains of comparisons with an optional leading ``integer,``:
``"integer, N >= 1"``, ``"0 < mu <= L"``, ``""`` for any real. They may name other parameters. A
parameter may not be called like a function (``sqrt``, ``sum``), like ``pi`` or ``oo``, or, in
claims about runs, like ``f grad x f_star x_star E k``: ``k`` is the iteration in a step, ``E``
the expectation.

**Where the format leaves room**, this is what is read:

- a formula may be a TOML number, a list of strings may be a single string;
- ``relation`` is ``"<="`` or ``"=="``; lower bounds are complexity claims with ``at_least``;
- ``==`` says that the worst case over the class and the starts is the bound, ``Omega(...)`` that it
  is at least of that order, ``Theta(...)`` that it is of that order; ``at_least`` says that on some
  function of the class the target is met at no earlier iteration. The function may depend on the
  parameters and have any dimension; what ``Omega`` hides may depend on all but the limit;
- ``assumptions`` must be given, and may be ``[]``; ``initial`` may be left out;
- an argument of a method depends on ``k``, the iteration from 0, unless the method says otherwise;
- in ``reach``, ``k`` is the number of iterations, and so is ``N`` where it is not declared;
- ``as`` is ``"N -> oo"`` unless the target of a complexity claim is a parameter: then that one
  goes to 0;
- ``variables`` are scalars unless a shape is given: ``["x", "v: d", "W: m x n"]`` or
  ``{ v = "d", W = "m x n", u = 3 }``; a missing ``domain`` is all reals;
- one ``derivative`` formula belongs to the only variable of its shape;
- in the conditions of a schedule, the one undeclared name is the schedule, ``k`` its index;
- ``f_star`` is the infimum of f (over the ``domain`` of a membership claim); a minimiser ``x_star``
  exists where the claim mentions it or an assumption gives it, and is not used otherwise;
- noise assumptions speak of one draw, a ``batch`` is the mean of so many independent draws, and
  only ``unbiased`` and ``finite_sum`` make draws unbiased (``strong_growth`` alone does not).

>>> from theoryck.claims import parse_expression, to_text
>>> to_text(parse_expression("(1/2)*sqrt(2)**3"))
'1/2*sqrt(2)**3'
"""

from theoryck.claims.claim import (
    AssumptionUse,
    Claim,
    ComplexityClaim,
    EquivalenceClaim,
    GradientClaim,
    IdentityClaim,
    ImplicationClaim,
    InequalityClaim,
    MembershipClaim,
    MethodUse,
    Parameter,
    RateClaim,
    ScheduleClaim,
    SeriesCondition,
    Variable,
)
from theoryck.claims.grammar import parse_condition, parse_expression
from theoryck.claims.printing import to_text
from theoryck.claims.reading import ClaimFile, InvalidClaim, read_claim, read_file
from theoryck.claims.scopes import Arithmetic, Scope

__all__ = [
    "Arithmetic",
    "AssumptionUse",
    "Claim",
    "ClaimFile",
    "ComplexityClaim",
    "EquivalenceClaim",
    "GradientClaim",
    "IdentityClaim",
    "ImplicationClaim",
    "InequalityClaim",
    "InvalidClaim",
    "MembershipClaim",
    "MethodUse",
    "Parameter",
    "RateClaim",
    "ScheduleClaim",
    "Scope",
    "SeriesCondition",
    "Variable",
    "parse_condition",
    "parse_expression",
    "read_claim",
    "read_file",
    "to_text",
]
