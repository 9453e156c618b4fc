"""Written derivations: proofs in claim files, of which every line is checked.

A claim that derive's search does not reach may bring its proof. Beside the ``[[claim]]`` tables a
file may hold ``[[derivation]]`` tables, one for each claim that it ``proves``::

    [[derivation]]
    proves = "gd-smooth"                  # the id of a claim of this file
    state = ["x"]                         # names for the entries of the method's state, x first
    let = { gap = "f(x[k]) - f_star" }    # sequences: gap[k], gap[j + 1], gap[0]
    lines = [
      { name = "descent", every = "k", say = "gap[k + 1] <= gap[k] - norm(grad(x[k]))**2/(2*L)",
        unfold = ["x"], from = ["smooth(x[k], x[k + 1])"] },
      ...
    ]

The search goes first. If it finds no proof, the lines are checked one by one; if all are accepted
and the claim follows from the last one, the claim is proved for all parameters. Otherwise the
verdict is inconclusive, and a finding names the line that is not accepted, and why. The proofs of
AcceleGrad, AdaGrad-norm and AMSGrad in ``proofs/`` are written so.

**The derivation.** ``state`` names the entries of the method's state in its order (x first),
``draws`` the stochastic gradients of a step in the order in which they are drawn. ``let`` defines
sequences by formulas in ``k``, ``constants`` names formulas without an index. All names are used
in the grammar of claims (``pydoc theoryck.claims``), with three differences: sequences have an
index, as ``z[k + 1]``; vectors may be multiplied and divided coordinate by coordinate, and
``sum(v)`` adds the coordinates up (``dot(u, v)`` is ``sum(u*v)``); a comparison of vectors holds
in every coordinate.

**A line** has these keys:

- ``name``, and ``say``, one comparison by ``<= >= < > ==``; ``text`` is a comment;
- ``every``: an index, for all of whose values from 0 on the line speaks, or for those that satisfy
  the condition ``where``;
- ``from``: premises. ``A <= B`` follows from ``A_i <= B_i`` if ``(B - A) - sum(B_i - A_i)``
  is nonnegative, by exact algebra or decided (z3) for all parameters, all indices of ``where``, and
  all values of what the run contributes;
- ``given``: premises that may be used in deciding signs;
- ``unfold``: entries of the state that at the next index are replaced by the method's formulas;
- ``induction = true``: the line is checked at its first index from the premises ``base``, and at
  ``k + 1`` from ``from`` and from itself at ``k``; where ``self`` is named among the premises, as
  ``{ line = "self", times = ... }``, it is taken as it is named;
- ``parts``: conditions that cover all cases; the line is then decided in each of them.

**A premise** is the name of an earlier line, a rule or a lemma with its arguments, or a table
``{ line = ..., at = ..., times = ..., under = ... }`` (``use`` instead of ``line`` for a rule):
the line at the index ``at``, multiplied by ``times`` (which is decided to be nonnegative, except
for equalities), then summed over the coordinates (``under = "sum"``) or put under the expectation
(``"E"``). ``under = "markov"`` with a ``share`` p takes ``T <= c/p`` from ``E(T) <= c`` and
``T >= 0``; such lines fail with a chance, and the chances add up to what ``confidence`` allows.

**The rules** are :data:`theoryck.derive.written.rules.RULES`, each with its statement in its
docstring: of the assumptions ``smooth smooth_gradients convex lipschitz infimum initial``; of
numbers and vectors ``square norm_squared cauchy_schwarz triangle young young_vectors log_below
log_above log_of_quotient log_increases log_of_power root_increases least``; of the method ``step
projection diameter``; of the noise ``unbiased variance second_moment bounded_samples
bounded_coordinate expected_sum``. What stands in an ``E(...)`` must have an expectation: products
with at most two stochastic gradients, over what is bounded away from 0, on runs whose steps are
bounded.

**A lemma** is an inequality between numbers, proved (by z3) before the lines are looked at::

    [[lemma]]
    name = "root_sum"
    variables = ["p", "q"]
    hypotheses = ["p > 0", "q >= 0"]
    conclusion = "(p - q)/sqrt(p) <= 2*(sqrt(p) - sqrt(q))"

and ``root_sum(A[k + 1], A[k])`` is then a premise, whose hypotheses are decided where it is used.
Together with an induction it sums up: a_1/sqrt(a_1) + ... + a_n/sqrt(a_1 + ... + a_n) is at most
2*sqrt(a_1 + ... + a_n).

>>> import time
>>> from theoryck.claims.reading import read_claim
>>> descent = {"name": "descent", "every": "k", "unfold": "x", "from": "smooth(x[k], x[k + 1])",
...            "say": "f(x[k + 1]) <= f(x[k]) - norm(grad(x[k]))**2/(2*L)"}
>>> claim = read_claim({
...     "id": "gd", "parameters": {"L": "L > 0"}, "method": "gradient_descent(step=1/L)",
...     "assumptions": ["smooth(L)"], "measure": "f(x[1])", "bound": "f(x[0])",
...     "derivation": {"state": ["x"], "lines": [descent, {
...         "name": "claim", "say": "f(x[1]) <= f(x[0])",
...         "from": [{"line": "descent", "at": "0"}]}]}})
>>> print(examine_written(claim, claim.derivation, time.monotonic() + 10).status)
proved
"""

from theoryck.derive.written.examine import examine_with_derivation, examine_written

__all__ = ["examine_with_derivation", "examine_written"]
