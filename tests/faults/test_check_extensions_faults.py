"""Files named with --methods: the good one, and every way in which one can be broken."""

from __future__ import annotations

import sys

import pytest

from theoryck.check.engines import ENGINES
from theoryck.check.extensions import ExtensionError, Vocabulary, load_vocabulary, with_words
from theoryck.check.run import Options, check_paths
from theoryck.methods import METHODS, method
from theoryck.verdict import Status

GOOD = '''\
from dataclasses import dataclass
from theoryck import method
from theoryck.methods.first_order import gradient_descent

print("a side effect")

@dataclass(frozen=True)
class Thing:
    x: int

@method
def lazy_descent(x, f, *, step):
    """Half a step."""
    return x - step * f.grad(x) / 2
'''


def test_a_methods_file_adds_to_the_vocabulary(tmp_path, capsys):
    file = tmp_path / "mine.py"
    file.write_text(GOOD)
    words = load_vocabulary(file)
    assert set(words.methods) == {*METHODS, "lazy_descent"}
    assert words.assumptions == Vocabulary().assumptions
    assert capsys.readouterr().out == ""
    assert load_vocabulary(None) == Vocabulary()


def test_the_workers_know_the_method_too(tmp_path):
    (tmp_path / "mine.py").write_text(GOOD)
    (tmp_path / "a.toml").write_text(
        """
format = 1
[[claim]]
id = "lazy"
parameters = { L = "L > 0", R = "R > 0" }
method = "lazy_descent(step=2/L)"
assumptions = ["convex", "smooth(L)"]
initial = "norm(x[0] - x_star)**2 <= R**2"
measure = "f(x[1]) - f_star"
bound = "L*R**2/6"
at = [{L = 1, R = 1}]
"""
    )
    options = Options((ENGINES[1],), methods_file=str(tmp_path / "mine.py"))
    (result,) = check_paths([tmp_path / "a.toml"], options).results
    assert result.verdict.status is Status.PROVED, result.verdict.reason
    (unknown,) = check_paths([tmp_path / "a.toml"], Options((ENGINES[1],))).results
    assert unknown.verdict.status is Status.INVALID


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("x = 1\ndef broken(:\n", 2, "SyntaxError"),
        ("x = 1\n\nraise ValueError('my reason')\n", 3, "ValueError: my reason"),
        ("import sys\nsys.exit(0)\n", 2, "SystemExit"),
        ("import no_such_module_at_all\n", 1, "no_such_module_at_all"),
        (
            "from theoryck import method\n@method\ndef m(x):\n    return x\n",
            2,
            "two positional parameters expected",
        ),
    ],
)
def test_a_broken_file_is_named_with_its_line(tmp_path, text, line, words):
    file = tmp_path / "mine.py"
    file.write_text(text)
    loaded = set(sys.modules)
    with pytest.raises(ExtensionError) as caught:
        load_vocabulary(file)
    assert f"{file}, line {line}: " in str(caught.value)
    assert words in str(caught.value)
    assert not [name for name in set(sys.modules) - loaded if name.startswith("theoryck_methods_")]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1\n", "defines no method"),
        (
            "from theoryck import method\n@method\ndef sgd(x, f, *, step):\n    return x\n",
            "'sgd' is the name of another one",
        ),
    ],
)
def test_a_file_without_a_new_method(tmp_path, text, words):
    file = tmp_path / "mine.py"
    file.write_text(text)
    with pytest.raises(ExtensionError, match=words):
        load_vocabulary(file)


def test_a_file_that_is_not_there_or_is_a_folder(tmp_path):
    for path in (tmp_path / "missing.py", tmp_path):
        with pytest.raises(ExtensionError, match="no such file"):
            load_vocabulary(path)


def test_methods_from_python():
    @method
    def mine(x, f, *, step):
        return x

    assert "mine" in with_words([mine], ()).methods
    with pytest.raises(ExtensionError, match="is no method"):
        with_words([lambda x: x], ())
