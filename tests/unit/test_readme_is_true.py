"""The README's example gives what the README prints, and its commands exist."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from theoryck.check.engines import ENGINES
from theoryck.claims.kinds import KINDS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def block(language: str, number: int = 0) -> str:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)[number]


def without_seconds(line: str) -> str:
    return re.sub(r"\d+\.\d$|\(\d+\.\d s\)", "S", line)


def test_the_example_prints_what_it_says(tmp_path):
    (tmp_path / "claims.toml").write_text(block("toml"))
    command = [sys.executable, "-m", "theoryck"]
    done = subprocess.run(
        [*command, "check", "claims.toml", "--json", "report.json", "--no-cache"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    printed = [without_seconds(line) for line in done.stdout.splitlines()]
    for line in block("text").splitlines():
        assert without_seconds(line) in printed
    named = re.search(r"theoryck (verify \S+\.json)", README)
    verified = subprocess.run(
        [*command, *named[1].split()], cwd=tmp_path, capture_output=True, check=False
    )
    assert verified.returncode == 0


def test_the_python_example_runs(capsys):
    exec(compile(block("python"), "README.md", "exec"), {})
    assert capsys.readouterr().out == "proved all parameters\n"


def test_the_simulation_runs(capsys):
    code = block("python", 1)
    exec(compile(code, "README.md", "exec"), {})
    promised = re.search(r"print\(outcome\)  # (.*)", code)[1]
    assert capsys.readouterr().out.splitlines()[0] == promised


def test_the_commands_exist():
    makefile = (ROOT / "Makefile").read_text()
    for command in block("sh").split("\n"):
        if command:
            assert re.search(rf"^{command.removeprefix('make ')}:", makefile, re.MULTILINE), command


def test_the_kinds_of_claims_are_named_and_have_an_engine():
    sentence = re.search(r"Claims may also be of the kinds(.*?);", README, re.DOTALL)[1]
    assert {"rate", *re.findall(r"`(\w+)`", sentence)} == set(KINDS)
    assert frozenset.union(*(engine.kinds for engine in ENGINES)) == set(KINDS)


def test_every_option_is_in_the_readme():
    done = subprocess.run(
        [sys.executable, "-m", "theoryck", "check", "--help"], capture_output=True, text=True
    )
    for option in re.findall(r"^  (--[a-z-]+)", done.stdout, re.MULTILINE):
        assert option in README, option
