"""Each rule of the language of derivations: a use that is accepted, and wrong ones that are not."""

from __future__ import annotations

import time
from typing import Any

import pytest

from theoryck.claims.claim import RateClaim
from theoryck.claims.reading import read_claim
from theoryck.derive.written.examine import _book
from theoryck.derive.written.language import LineError
from theoryck.derive.written.lines import Book, check_line

Table = dict[str, Any]

GD = {
    "parameters": {"L": "L > 0", "G": "G > 0", "c": "c >= 0", "N": "integer, N >= 1"},
    "method": "gradient_descent(step=1/L)",
    "assumptions": ["smooth(L)", "convex"],
    "initial": "norm(x[0] - x_star) <= G",
    "measure": "f(x[N]) - f_star",
    "bound": "L*norm(x[0] - x_star)**2/(2*N)",
}
SGD = {
    "parameters": {"L": "L > 0", "s": "s > 0", "G": "G > 0", "b": "b > 0", "N": "integer, N >= 1"},
    "method": "adagrad_norm(step=1/L, damping=b)",
    "assumptions": ["smooth(L)", "lipschitz(G)", "unbiased", "bounded_variance(s)"],
    "measure": "min_over(k, 0, N - 1, norm(grad(x[k]))**2)",
    "bound": "G**2",
    "confidence": "9/10",
}
PROJECTED = {
    "parameters": {"G": "G > 0", "D": "D > 0", "N": "integer, N >= 1"},
    "method": "projected_gradient(step=D/G)",
    "assumptions": ["lipschitz(G)", "convex", "bounded_domain(D)"],
    "initial": "norm(x[0] - x_star) <= D",
    "measure": "f(x[N]) - f_star",
    "bound": "G*D",
}


def book_of(base: Table, lines: list[Table], **changes: Any) -> tuple[RateClaim, Book]:
    adaptive = "adagrad" in base["method"]
    names = {"state": ["x", "Q"], "draws": ["g"]} if adaptive else {"state": ["x"]}
    derivation = {**names, "lines": lines, **changes.pop("derivation", {})}
    claim = read_claim({"id": "a-claim", **base, **changes, "derivation": derivation})
    assert isinstance(claim, RateClaim)
    assert claim.derivation is not None
    return claim, _book(claim, claim.derivation, time.monotonic() + 30)


def check(base: Table, *lines: Table, **changes: Any) -> None:
    """Checks the lines in their order; raises at the first that is wrong."""
    named = [{"name": f"line {n}", **line} for n, line in enumerate(lines)]
    claim, book = book_of(base, named, **changes)
    assert claim.derivation is not None
    for line in claim.derivation.lines:
        book.lines[line.name] = check_line(line, book)


def every(say: str, *premises: Any, **keys: Any) -> Table:
    return {"every": "k", "say": say, "from": list(premises), **keys}


DESCENT = every(
    "f(x[k + 1]) <= f(x[k]) - norm(grad(x[k]))**2/(2*L)", "smooth(x[k], x[k + 1])", unfold="x"
)
NOISE = "norm(g[k] - grad(x[k]))**2"

TRUE = {
    "smooth": (GD, [DESCENT]),
    "smooth, gradients": (
        GD,
        [
            every(
                "norm(grad(x[k]) - grad(x[0]))**2 <= L**2*norm(x[k] - x[0])**2",
                "smooth_gradients(x[k], x[0])",
            )
        ],
    ),
    "convex": (
        GD,
        [every("f(x[k]) - f_star <= dot(grad(x[k]), x[k] - x_star)", "convex(x[k], x_star)")],
    ),
    "lipschitz": (SGD, [every("norm(grad(x[k])) <= G", given=["lipschitz(x[k])"])]),
    "lipschitz, two points": (
        SGD,
        [every("f(x[k]) - f(x[0]) <= G*norm(x[k] - x[0])", "lipschitz(x[k], x[0])")],
    ),
    "infimum": (GD, [every("f_star <= f(x[k])", "infimum(x[k])")]),
    "initial": (GD, [{"say": "norm(x[0] - x_star) <= G", "from": "initial(1)"}]),
    "cauchy-schwarz": (
        GD,
        [
            every(
                "dot(grad(x[k]), x[k]) <= norm(grad(x[k]))*norm(x[k])",
                "cauchy_schwarz(grad(x[k]), x[k])",
            )
        ],
    ),
    "triangle": (
        GD,
        [every("norm(x[k]) <= norm(x[k] - x[0]) + norm(x[0])", "triangle(x[k] - x[0], x[0])")],
    ),
    "young": (GD, [every("c*f(x[k]) <= c**2 + f(x[k])**2/4", "young(c, f(x[k]), 2)")]),
    "logarithms": (
        GD,
        [
            {
                "say": "log(4/L) <= 2*log(2) + 1/L - 1",
                "from": [
                    "log_of_quotient(4, L)",
                    "log_of_power(2, 2)",
                    "log_above(1/L)",
                    "log_of_quotient(1, L)",
                ],
            }
        ],
    ),
    "least": (
        SGD,
        [
            every(
                "min_over(j, 0, N - 1, norm(grad(x[j]))**2) <= norm(grad(x[k]))**2",
                "least(min_over(j, 0, N - 1, norm(grad(x[j]))**2), k)",
                where="k <= N - 1",
            )
        ],
    ),
    "projection": (
        PROJECTED,
        [
            every(
                "dot(x[k] - D/G*grad(x[k]) - x[k + 1], x_star - x[k + 1]) <= 0",
                "projection(x[k + 1], x_star)",
            )
        ],
    ),
    "diameter": (
        PROJECTED,
        [every("norm(x[k + 1] - x_star)**2 <= D**2", "diameter(x[k + 1], x_star)")],
    ),
    "unbiased": (
        SGD,
        [every("E(dot(g[k], grad(x[k]))) == E(norm(grad(x[k]))**2)", "unbiased(g[k], grad(x[k]))")],
    ),
    "variance": (SGD, [every(f"E({NOISE}) <= s**2", "variance(g[k], 1)")]),
    "step": (SGD, [every("Q[k + 1] == Q[k] + norm(g[k])**2", "step(Q[k + 1])")]),
    "induction": (
        SGD,
        [every("Q[k] == sum_over(j, 0, k - 1, norm(g[j])**2)", "self", unfold="Q", induction=True)],
    ),
    "summed under E": (
        SGD,
        [
            every("norm(grad(x[k]))**2 <= G**2", "lipschitz(x[k])"),
            {
                "say": "E(norm(grad(x[3]))**2) <= G**2",
                "from": [{"line": "line 0", "at": "3", "under": "E"}],
            },
        ],
    ),
    "by parts": (GD, [every("max(k, 2) >= 2", parts=["k <= 1", "k >= 2"])]),
}


@pytest.mark.parametrize("name", TRUE)
def test_a_true_line_is_accepted(name: str) -> None:
    base, lines = TRUE[name]
    check(base, *lines)


WEIGHT = "1/(b**2 + Q[k] + norm(g[k])**2)"
FALSE: dict[str, tuple[Table, list[Table], str]] = {
    "a step twice as good": (
        GD,
        [{**DESCENT, "say": "f(x[k + 1]) <= f(x[k]) - norm(grad(x[k]))**2/L"}],
        "fails at",
    ),
    "smooth the wrong way": (
        GD,
        [{**DESCENT, "from": ["smooth(x[k + 1], x[k])"]}],
        "",
    ),
    "convex the wrong way": (
        GD,
        [every("dot(grad(x[k]), x[k] - x_star) <= f(x[k]) - f_star", "convex(x[k], x_star)")],
        "fails at",
    ),
    "not lipschitz": (GD, [every("norm(grad(x[k])) <= G", "lipschitz(x[k])")], "not assumed"),
    "no such condition": (GD, [{"say": "0 <= 0", "from": "initial(2)"}], "conditions on its start"),
    "young with a weight of no sign": (
        GD,
        [every("c*f(x[k]) <= (c**3 + f(x[k])**2/c)/2", "young(c, f(x[k]), c)")],
        "",
    ),
    "the logarithm of what may be negative": (
        GD,
        [every("log(f(x[k])) <= f(x[k]) - 1", "log_above(f(x[k]))")],
        "",
    ),
    "logarithms in the wrong order": (
        GD,
        [{"say": "log(L) <= log(G)", "from": "log_increases(L, G)"}],
        "fails at",
    ),
    "roots in the wrong order": (
        GD,
        [{"say": "sqrt(L) <= sqrt(G)", "from": "root_increases(L, G)"}],
        "fails at",
    ),
    "a least value outside": (
        SGD,
        [
            every(
                "min_over(j, 0, N - 1, norm(grad(x[j]))**2) <= norm(grad(x[k]))**2",
                "least(min_over(j, 0, N - 1, norm(grad(x[j]))**2), k)",
                where="k <= N",
            )
        ],
        "fails at",
    ),
    "a start in the feasible set": (
        PROJECTED,
        [every("norm(x[k] - x_star)**2 <= D**2", "diameter(x[k], x_star)")],
        "k >= 1",
    ),
    "the least value beyond the feasible set": (
        PROJECTED,
        [every("f_star <= f(x[k])", "infimum(x[k])")],
        "feasible set only",
    ),
    "a gradient that vanishes at the best feasible point": (
        PROJECTED,
        [{"say": "norm(grad(x_star)) == 0"}],
        "",
    ),
    "a projection of what is none": (
        GD,
        [every("0 <= 0", "projection(x[k + 1], x_star)")],
        "projected point is needed",
    ),
    "a weight that knows the draw": (
        SGD,
        [
            every(
                f"E(dot(g[k], grad(x[k]))*{WEIGHT}) == E(norm(grad(x[k]))**2*{WEIGHT})",
                f"unbiased(g[k], grad(x[k])*{WEIGHT})",
            )
        ],
        "k < k",
    ),
    "a weight that knows the next point": (
        SGD,
        [every("0 <= 0", "unbiased(g[k], grad(x[k + 1]))")],
        "k + 1 <= k",
    ),
    "a variance with a negative weight": (
        SGD,
        [every(f"E(-{NOISE}) <= -s**2", "variance(g[k], -1)")],
        "",
    ),
    "fourth moments": (SGD, [every("0 <= E(norm(g[k])**4)")], "has an expectation"),
    "an expectation where f may grow at will": (
        {**SGD, "assumptions": ["pl(L)", "unbiased", "bounded_variance(s)"]},
        [every("0 <= E(norm(grad(x[k]))**2)")],
        "has an expectation",
    ),
    "an expectation where steps are not bounded": (
        {**SGD, "method": "momentum_sgd(step=1/L, momentum=1/2)"},
        [every("E(f(x[k])) <= E(f(x[k])) + 1")],
        "has an expectation",
    ),
    "a factor that may vanish taken out of a norm": (
        GD,
        [every("norm(c*x[0] + x[k]) <= 0", where="c <= 0")],
        "fails at",
    ),
    "the least coordinate taken for a number": (
        {**SGD, "assumptions": [*SGD["assumptions"], "dimension(N)"]},
        [every("sum(min_over(j, 0, k, x[j])) == N*min_over(j, 0, k, x[j])")],
        "",
    ),
    "one over what may vanish": (SGD, [every("0 <= E(1/norm(g[k])**2)")], "has an expectation"),
    "an expectation of products": (
        SGD,
        [every("E(norm(grad(x[k]))**2)*E(norm(g[k])**2) == E(norm(grad(x[k]))**2*norm(g[k])**2)")],
        "",
    ),
    "a negative multiple": (
        GD,
        [
            DESCENT,
            every(
                "-f(x[k + 1]) <= -f(x[k]) + norm(grad(x[k]))**2/(2*L)",
                {"line": "line 0", "times": "-1"},
            ),
        ],
        "fails at",
    ),
    "an equality from an inequality": (
        GD,
        [every("f_star == f(x[k])", "infimum(x[k])")],
        "does not follow from an inequality",
    ),
    "a line that is not there": (GD, [every("0 <= 1", "later")], "no line 'later' before it"),
    "an induction without a base": (
        GD,
        [every("f(x[k]) <= f_star", "self", induction=True)],
        "fails at",
    ),
    "an induction that assumes its base": (
        GD,
        [every("f(x[k]) <= f_star", "self", induction=True, base=["self"])],
        "assumes nothing",
    ),
    "an induction on the wrong step": (
        SGD,
        [every("Q[k] == sum_over(j, 0, k, norm(g[j])**2)", "self", unfold="Q", induction=True)],
        "",
    ),
    "an index outside": (
        GD,
        [
            {**DESCENT, "where": "k >= 2"},
            {"say": "f(x[1]) <= f(x[0])", "from": [{"line": "line 0", "at": "0"}]},
        ],
        "",
    ),
    "an index before the start": (
        GD,
        [DESCENT, {"say": "0 <= 1", "from": [{"line": "line 0", "at": "-1"}]}],
        "",
    ),
    "parts that leave a gap": (
        GD,
        [every("max(k, 2) >= 2", parts=["k <= 1", "k >= 3"])],
        "",
    ),
    "a sum that runs backwards": (
        SGD,
        [every("sum_over(j, 3, k, norm(g[j])**2) >= 0", where="k >= 0")],
        "",
    ),
    "Markov for what may be negative": (
        SGD,
        [
            {"say": "E(f(x[1]) - f(x[1])) <= 0"},
            {"say": "E(f(x[0])) <= f(x[0])"},
            {
                "say": "f(x[0]) <= 10*f(x[0])",
                "from": [{"line": "line 1", "under": "markov", "share": "1/10"}],
            },
        ],
        "",
    ),
    "an unproved lemma's instance": (GD, [every("0 <= 1", "lemma(k)")], "no rule or lemma"),
    "a batch": (
        {**SGD, "method": "sgd(step=1/L, batch=2)"},
        [every(f"E({NOISE}) <= s**2", "variance(g[k], 1)")],
        "",
    ),
}


@pytest.mark.parametrize("name", FALSE)
def test_a_wrong_use_is_refused(name: str) -> None:
    base, lines, message = FALSE[name]
    state = ["x", "p"] if "momentum" in base["method"] else ["x"]
    keys = {"derivation": {"state": state, "draws": ["g"]}} if "sgd" in base["method"] else {}
    with pytest.raises(LineError) as refused:
        check(base, *lines, **keys)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("rule", "say", "dropped"),
    [
        ("smooth(x[0], x[1])", "0 <= 1", "smooth(L)"),
        ("convex(x[0], x[1])", "0 <= 1", "convex"),
    ],
)
def test_a_rule_needs_its_assumption(rule: str, say: str, dropped: str) -> None:
    assumptions = [a for a in GD["assumptions"] if a != dropped]
    with pytest.raises(LineError, match="is not assumed"):
        check(GD, {"say": say, "from": rule}, assumptions=assumptions)


@pytest.mark.parametrize("rule", ["unbiased(g[k], grad(x[k]))", "variance(g[k], 1)"])
def test_a_rule_of_the_noise_needs_its_assumption(rule: str) -> None:
    with pytest.raises(LineError, match="is not assumed"):
        check(SGD, every("0 <= 1", rule), assumptions=["smooth(L)", "bounded_second_moment(G)"])


def test_no_minimiser_is_spoken_of_that_the_claim_does_not_have() -> None:
    with pytest.raises(LineError, match="no minimiser"):
        check(SGD, every("f(x_star) <= f(x[k])", "infimum(x[k])"))
