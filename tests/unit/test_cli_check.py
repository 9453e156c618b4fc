"""The command line: exit codes, what goes where, and what it says of wrong input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

import theoryck
from theoryck.report.json_report import schema

# Claims of a kind that the asked engine has no rules for are answered at once.
QUICK = ("--engine", "pep", "--no-cache")
UNKNOWN = 'kind = "identity"\nlhs = "1"\nrhs = "1"\n'
INVALID = 'kind = "identity"\nlhs = "q"\nrhs = "1"\n'


def claims(*bodies: str) -> str:
    parts = [f'[[claim]]\nid = "c{n}"\n{body}' for n, body in enumerate(bodies)]
    return "format = 1\n\n" + "\n".join(parts)


@pytest.fixture
def command(tmp_path):
    """Runs ``theoryck`` in an empty folder with a cache of its own."""

    def run(*arguments: str, **options) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "theoryck", *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=os.environ | {"XDG_CACHE_HOME": str(tmp_path / ".cache"), "COLUMNS": "40"},
            check=False,
            **options,
        )

    return run


@pytest.mark.parametrize(
    ("bodies", "code"),
    [
        ([UNKNOWN], 3),
        ([UNKNOWN + 'expect = "inconclusive"\n'], 0),
        ([UNKNOWN + 'expect = "proved"\n'], 1),
        ([INVALID], 2),
        ([INVALID, UNKNOWN + 'expect = "proved"\n'], 2),
        ([INVALID + 'expect = "proved"\n'], 2),
        ([INVALID + 'expect = "invalid"\n'], 0),
    ],
)
def test_exit_codes(command, tmp_path, bodies, code):
    (tmp_path / "a.toml").write_text(claims(*bodies))
    done = command("check", "a.toml", *QUICK)
    assert done.returncode == code, done.stdout + done.stderr
    for number in range(len(bodies)):
        assert f"c{number}" in done.stdout


def test_a_real_claim_from_file_to_certificate(command, tmp_path):
    body = """
parameters = { L = "L > 0", R = "R > 0", N = "integer, N >= 1" }
method = "gradient_descent(step=1/L)"
assumptions = ["convex", "smooth(L)"]
initial = "norm(x[0] - x_star)**2 <= R**2"
measure = "f(x[N]) - f_star"
bound = "L*R**2/(4*N + 2)"
at = [{L = 1, R = 1, N = 1}]
"""
    (tmp_path / "a.toml").write_text(claims(body))
    (tmp_path / "out").mkdir()
    first = command("check", "a.toml", "--engine", "pep", "--json", "out/report.json")
    assert first.returncode == 0, first.stdout + first.stderr
    report = json.loads((tmp_path / "out/report.json").read_text())
    jsonschema.validate(report, schema())
    (result,) = report["results"]
    assert (result["status"], result["scope"]) == ("proved", "instances")
    certificate = result["instances"][0]["certificate"]
    assert certificate == "certificates/c0-1.json"
    verified = command("verify", f"out/{certificate}")
    assert verified.returncode == 0, verified.stderr
    assert "c0" in verified.stdout
    spoilt = json.loads((tmp_path / "out" / certificate).read_text())
    spoilt["claim"]["bound"] = "L*R**2/(4*N + 3)"
    (tmp_path / "spoilt.json").write_text(json.dumps(spoilt))
    refused = command("verify", "spoilt.json")
    assert refused.returncode == 1
    assert "does not hold" in refused.stdout
    again = command("check", "a.toml", "--engine", "pep", "--json", "-")
    assert json.loads(again.stdout)["results"][0]["status"] == "proved"
    assert list((tmp_path / ".cache").rglob("*.json"))


def test_json_to_stdout_is_nothing_but_json(command, tmp_path):
    (tmp_path / "a.toml").write_text(claims(UNKNOWN, INVALID))
    done = command("check", "a.toml", "nowhere.toml", "--json", "-", *QUICK)
    report = json.loads(done.stdout)
    jsonschema.validate(report, schema())
    assert [r["status"] for r in report["results"]] == ["inconclusive", "invalid"]
    assert report["errors"][0]["file"] == "nowhere.toml"
    assert "c0" in done.stderr
    assert done.returncode == 2


def test_what_cannot_be_read_is_named_and_hides_nothing(command, tmp_path):
    (tmp_path / "good.toml").write_text(claims(UNKNOWN))
    (tmp_path / "torn.toml").write_text("[[claim")
    (tmp_path / "empty").mkdir()
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\x00")
    paths = ["good.toml", "torn.toml", "empty", "missing.toml", "bytes.toml"]
    done = command("check", *paths, *QUICK)
    assert done.returncode == 2
    assert "c0" in done.stdout
    for path in paths[1:]:
        (line,) = [
            line for line in done.stderr.splitlines() if line.startswith(f"theoryck: {path}")
        ]
        assert len(line) > len(f"theoryck: {path}: ")
    assert "Traceback" not in done.stderr


def test_a_folder_stands_for_its_claim_files(command, tmp_path):
    folder = tmp_path / "proofs"
    (folder / "deep").mkdir(parents=True)
    (folder / ".hidden").mkdir()
    (folder / "b.toml").write_text(claims(UNKNOWN))
    (folder / "deep" / "a.toml").write_text(claims(UNKNOWN))
    (folder / ".hidden" / "c.toml").write_text(claims(UNKNOWN))
    (folder / "pyproject.toml").write_text('[project]\nname = "no claims here"\n')
    done = command("check", "proofs", "proofs/b.toml", "--json", "-", *QUICK)
    report = json.loads(done.stdout)
    files = [result["file"] for result in report["results"]]
    assert files == [str(Path("proofs/b.toml")), str(Path("proofs/deep/a.toml"))]
    assert report["errors"] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--engine", "pop"), "did you mean 'pep'"),
        (("--engine", ""), "no engine named"),
        (("--budget", "0"), "positive"),
        (("--budget", "nan"), "positive"),
        (("--budget", "inf"), "positive"),
        (("--jobs", "0"), "jobs"),
        (("--json", "no/such/folder/out.json"), "no/such/folder"),
        (("--methods", "missing.py"), "no such file"),
        (("--bogus",), "--bogus"),
    ],
)
def test_a_wrong_command_line_says_what_is_wrong(command, tmp_path, arguments, words):
    (tmp_path / "a.toml").write_text(claims(UNKNOWN))
    done = command("check", "a.toml", *arguments)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_the_table_says_how_it_is_made(command, tmp_path):
    (tmp_path / "proofs").mkdir()
    (tmp_path / "proofs" / "a.toml").write_text(claims(UNKNOWN))
    done = command("check", "proofs", *QUICK, "--table", "proofs/README.md")
    page = (tmp_path / "proofs" / "README.md").read_text()
    assert done.returncode == 3
    assert "`theoryck check proofs --engine pep" not in page
    assert "`theoryck check proofs --table proofs/README.md`" in page
    assert "`c0`" in page
    command("check", "proofs", *QUICK, "--table", "proofs/README.md")
    assert (tmp_path / "proofs" / "README.md").read_text() == page


def test_version_schema_and_help(command):
    assert theoryck.__version__ in command("--version").stdout
    assert json.loads(command("schema").stdout) == schema()
    assert "Exit codes" in command("check", "--help").stdout


@pytest.mark.parametrize("content", [b"{", b"[[[", b"\xff", b"3", b"{}", b"[" * 100_000])
def test_verify_of_what_is_no_certificate(command, tmp_path, content):
    (tmp_path / "c.json").write_bytes(content)
    done = command("verify", "c.json")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert command("verify", "missing.json").returncode == 2


def test_a_closed_pipe_is_no_error(tmp_path):
    (tmp_path / "a.toml").write_text(claims(*([UNKNOWN] * 500)))
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "theoryck", "check", "a.toml", *QUICK],
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            check=False,
        )
    assert done.stderr == ""
    assert done.returncode == 3


RATE = """
parameters = { L = "L > 0", Delta = "Delta > 0", N = "integer, N >= 1" }
method = "gradient_descent(step=1/L)"
assumptions = ["smooth(L)"]
initial = "f(x[0]) - f_star <= Delta"
measure = "min_over(k, 0, N - 1, norm(grad(x[k]))**2)"
bound = "2*L*Delta/N"
at = [{L = 1, Delta = 1, N = 1}]
"""


def test_the_number_of_jobs_changes_nothing(command, tmp_path):
    (tmp_path / "a.toml").write_text(claims(RATE, INVALID, RATE, UNKNOWN))

    def report(jobs: str):
        options = ("--engine", "pep", "--no-cache", "--jobs", jobs, "--json", "-")
        found = json.loads(command("check", "a.toml", *options).stdout)
        for result in found["results"]:
            result["seconds"] = 0
            for engine in result["engines"].values():
                engine["seconds"] = 0
        return found

    alone = report("1")
    assert [r["status"] for r in alone["results"]] == [
        "proved",
        "invalid",
        "proved",
        "inconclusive",
    ]
    assert report("2") == alone


def test_output_survives_a_terminal_that_knows_ascii_only(tmp_path):
    (tmp_path / "a.toml").write_text(claims(RATE))
    for arguments in ((), ("--json", "-")):
        done = subprocess.run(
            [sys.executable, "-m", "theoryck", "check", "a.toml", "--engine", "derive", *arguments],
            env=os.environ
            | {"PYTHONIOENCODING": "ascii", "XDG_CACHE_HOME": str(tmp_path / ".cache")},
            capture_output=True,
            cwd=tmp_path,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert (
        "∇"
        in json.loads(done.stdout.decode("utf-8"))["results"][0]["engines"]["derive"]["evidence"][0]
    )
