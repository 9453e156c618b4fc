"""The commands derive, compare and explain: what they print, and with which exit code."""

from __future__ import annotations

from collections.abc import Callable
from xml.etree import ElementTree

import pytest

from theoryck.assumptions import ASSUMPTIONS
from theoryck.cli import main

FILE = """\
format = 1

[[claim]]
id = "gd"
text = "Gradient descent"
parameters = { L = "L > 0", D = "D >= 0", N = "integer, N >= 1" }
method = "gradient_descent(step=1/L)"
assumptions = ["smooth(L)"]
initial = "f(x[0]) - f_star <= D"
measure = "min_over(k, 0, N - 1, norm(grad(x[k]))**2)"
bound = "2*L*D/N"

[[claim]]
id = "sharp"
parameters = { L = "L > 0", D = "D >= 0", N = "integer, N >= 1" }
method = "gradient_descent(step=1/L)"
assumptions = ["smooth(L)"]
initial = "f(x[0]) - f_star <= D"
measure = "min_over(k, 0, N - 1, norm(grad(x[k]))**2)"
bound = "L*D/N"

[[claim]]
id = "subgradient"
parameters = { G = "G > 0", R = "R > 0", N = "integer, N >= 1", gamma = "gamma > 0" }
method = "subgradient(step=gamma)"
assumptions = ["convex", "lipschitz(G)"]
initial = "norm(x[0] - x_star) <= R"
measure = "min_over(k, 0, N - 1, f(x[k]) - f_star)"
bound = "R**2/(2*N*gamma) + gamma*G**2/2"

[[claim]]
id = "square"
kind = "inequality"
parameters = { a = "", b = "" }
conclusion = "2*a*b <= a**2 + b**2"

[[claim]]
id = "false"
kind = "inequality"
parameters = { a = "a > 0" }
conclusion = "a <= a**2"

[[claim]]
id = "broken"
kind = "inequality"
parameters = { a = "a > 0" }
conclusion = "a <= q"

[[claim]]
id = "sampled"
kind = "complexity"
parameters = { n = "integer, n >= 1", epsilon = "epsilon > 0" }
method = "sgd(step=1/10)"
assumptions = ["smooth(1)"]
reach = "E(norm(grad(x[k]))) <= epsilon"
within = "O(1/epsilon**2)"

[[claim]]
id = "whole"
kind = "complexity"
parameters = { n = "integer, n >= 1", epsilon = "epsilon > 0" }
method = "sgd(step=1/10)"
assumptions = ["smooth(1)"]
reach = "E(norm(grad(x[k]))) <= epsilon"
within = "O(n/epsilon)"
"""

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path, capsys, monkeypatch) -> Run:
    """Runs ``theoryck`` in a folder with the claims in ``a.toml``: code, output, errors."""
    (tmp_path / "a.toml").write_text(FILE)
    monkeypatch.chdir(tmp_path)

    def ran(*arguments: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stopped:
            main(list(arguments))
        captured = capsys.readouterr()
        return int(stopped.value.code or 0), captured.out, captured.err

    return ran


def test_a_derivation_is_printed(run: Run) -> None:
    code, out, _ = run("derive", "a.toml", "--id", "gd")
    assert code == 0
    assert out.startswith("gd: derived for all parameters in 7 steps, each checked twice\n")
    assert "2. f(x[k+1]) - f* <= (f(x[k]) - f*) - 1/(2*L)*‖∇f(x[k])‖² [descent lemma" in out


def test_several_claims_and_the_worst_code(run: Run) -> None:
    code, out, _ = run("derive", "a.toml", "--id", "square", "--id", "false")
    assert code == 1
    assert "square: proved" in out
    assert "false: refuted: false at a = " in out


def test_another_bound_is_derived_and_the_repair_told(run: Run) -> None:
    code, out, _ = run("derive", "a.toml", "--id", "sharp", "--format", "markdown")
    assert code == 3
    assert "2 times the claimed bound" in out
    assert r"$\min_{0 \le k \le N - 1} " in out
    assert r"\frac{2 \, D \, L}{N}$" in out


def test_an_invalid_claim(run: Run) -> None:
    code, out, _ = run("derive", "a.toml", "--id", "broken")
    assert code == 2
    assert "broken: invalid" in out
    assert "unknown name 'q'" in out


def test_a_file_is_written(run: Run, tmp_path) -> None:
    code, out, _ = run(
        "derive", "a.toml", "--id", "square", "--format", "mathml", "--out", "square.html"
    )
    assert (code, out) == (0, "")
    ElementTree.fromstring((tmp_path / "square.html").read_text(encoding="utf-8"))


def test_the_best_step(run: Run) -> None:
    code, out, _ = run("derive", "a.toml", "--id", "subgradient", "--optimise", "gamma")
    assert code == 0
    assert out.startswith("subgradient: gamma = R/(G*sqrt(N))\n")
    assert "f(x[k]) - f_star) <= G*R/sqrt(N)" in out


def test_a_parameter_that_is_not_there(run: Run) -> None:
    code, out, _ = run("derive", "a.toml", "--id", "subgradient", "--optimise", "eta")
    assert code == 3
    assert "'eta' is no parameter of the claim; they are G, R, N, gamma" in out


def test_the_iterations_to_a_level(run: Run) -> None:
    code, out, _ = run("derive", "a.toml", "--id", "gd", "--reach", "epsilon")
    assert code == 0
    assert "<= epsilon for every integer N >= 2*D*L/epsilon" in out
    assert "for no smaller number is it" in out


def test_two_complexities_are_compared(run: Run) -> None:
    code, out, _ = run("compare", "a.toml", "sampled", "whole")
    assert code == 0
    assert "sampled is at most whole exactly where n >= 1/epsilon" in out
    assert "whole is at most sampled exactly where n <= 1/epsilon" in out


def test_a_bound_below_another_everywhere(run: Run) -> None:
    code, out, _ = run("compare", "a.toml", "sharp", "gd")
    assert code == 0
    assert "sharp is at most gd everywhere (proved)" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("derive", "a.toml", "--id", "subgrad"), "no claim 'subgrad'; did you mean"),
        (("derive", "none.toml"), "no such file"),
        (("derive", "a.toml", "--out", "none/x"), "no folder"),
        (("derive", "a.toml", "--budget", "0"), "positive number"),
        (("compare", "a.toml", "gd", "sampled"), "gd is a rate claim and sampled a complexity"),
        (("compare", "a.toml", "square", "square"), "no bound to compare"),
        (("compare", "a.toml", "gd", "broken"), "unknown name 'q'"),
        (("explain", "smoth"), "did you mean 'smooth'?"),
    ],
)
def test_what_is_wrong_is_said(run: Run, arguments: tuple[str, ...], said: str) -> None:
    code, _, err = run(*arguments)
    assert code == 2
    assert said in err
    assert "Traceback" not in err


def test_the_list_has_every_assumption_and_method(run: Run) -> None:
    code, out, _ = run("explain")
    assert code == 0
    for name in (*ASSUMPTIONS, "gradient_descent", "adam"):
        assert f"  {name}" in out


def test_an_assumption_is_explained(run: Run) -> None:
    code, out, _ = run("explain", "pl")
    assert code == 0
    for part in (
        "(1/2)*norm(grad(x))**2 >= mu*(f(x) - f_star)",
        r"\tfrac12\|\nabla f(x)\|^2",
        "Polyak 1963",
        "pl(mu) is error_bound(2*mu)",
        "mu: f/x^2",
        "error_bound(2*mu)   [the same inequality times 2",
        "quadratic_growth(mu)",
        "strongly_convex(mu) => pl(mu)",
        "convex, from pl(1): f(u) = ",
        "with a smaller mu it says less",
    ):
        assert part in out


def test_a_method_is_explained(run: Run) -> None:
    code, out, _ = run("explain", "heavy_ball")
    assert code == 0
    assert "step: x^2/f, may depend on k" in out
    assert "Polyak 1964" in out


@pytest.mark.parametrize("form", ["markdown", "latex"])
def test_an_explanation_in_other_formats(run: Run, form: str) -> None:
    code, out, _ = run("explain", "smooth(L)", "--format", form)
    assert code == 0
    assert r"\|\nabla f(x) - \nabla f(y)\|" in out
    if form == "latex":
        assert out.isascii()
        assert out.count(r"\begin{itemize}") == out.count(r"\end{itemize}")
