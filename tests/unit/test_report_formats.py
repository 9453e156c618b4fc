"""JSON against its published schema, the terminal, the Markdown table."""

from __future__ import annotations

import io
import json
import re

import jsonschema
import pytest

from theoryck.check.files import Problem
from theoryck.check.run import Outcome, Result
from theoryck.report.evidence import Embedded, Folder, file_names
from theoryck.report.json_report import report_data, schema, to_json
from theoryck.report.markdown import markdown
from theoryck.report.terminal import plain_lines, print_report
from theoryck.report.words import clean
from theoryck.verdict import EngineReport, Finding, Instance, Scope, Status, Verdict

LONG = "a-claim-with-a-name-that-is-much-longer-than-any-terminal-is-wide-" * 3 + "end"

PROVED = Verdict(
    id="gd-smooth-convex",
    kind="rate",
    status=Status.PROVED,
    reason="proved at all 2 instances",
    scope=Scope.INSTANCES,
    tight=True,
    best_bound="L*R**2/(4*N + 2)",
    instances=(
        Instance(
            at={"L": "1", "step": "1/3", "N": "3/2"},
            claimed=1 / 6,
            worst_case=1 / 6,
            status=Status.PROVED,
            certificate={"format": 1, "x": (1, 2)},
        ),
        Instance(
            at={},
            claimed=float("inf"),
            worst_case=float("nan"),
            status=Status.SUPPORTED,
            witness={"step": float("-inf")},
        ),
    ),
    findings=(Finding("loose", "2 times | more"),),
    engines={"pep": EngineReport("pep", Status.PROVED, "r", evidence=("1. a line",), seconds=1.25)},
    expect=Status.REFUTED,
    seconds=1.5,
)
PLAIN = Verdict(id=LONG, kind="rate", status=Status.INCONCLUSIVE, reason="no")
OUTCOME = Outcome(
    (Result("proofs/a.toml", PROVED), Result("proofs/b.toml", PLAIN)),
    (Problem("missing.toml", "no such file or folder"),),
)


def test_json_is_what_the_schema_says():
    jsonschema.Draft202012Validator.check_schema(schema())
    data = json.loads(to_json(report_data(OUTCOME, "0.1.0", Embedded())))
    jsonschema.validate(data, schema())
    first = data["results"][0]
    assert first["status"] == "proved"
    assert first["scope"] == "instances"
    assert first["expect"] == "refuted"
    assert first["instances"][0]["at"] == {"L": 1, "step": "1/3", "N": 1.5}
    assert first["engines"]["pep"]["status"] == "proved"
    assert data["errors"] == [{"file": "missing.toml", "message": "no such file or folder"}]


def test_the_schema_refuses_what_is_no_report():
    data = report_data(OUTCOME, "0.1.0", Embedded())
    for spoil in (
        lambda d: d["results"][0].update(status="true"),
        lambda d: d["results"][0].pop("reason"),
        lambda d: d["results"][0]["instances"][0].update(claimed="1/6"),
        lambda d: d.update(format=2),
        lambda d: d.update(extra=1),
    ):
        spoilt = json.loads(to_json(data))
        spoil(spoilt)
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(spoilt, schema())


def test_nan_and_infinity_are_null():
    text = to_json(report_data(OUTCOME, "0.1.0", Embedded()))
    assert "NaN" not in text
    assert "Infinity" not in text
    second = json.loads(text)["results"][0]["instances"][1]
    assert second["claimed"] is None
    assert second["worst_case"] is None
    assert second["witness"] == {"step": None}


def test_evidence_is_embedded_or_a_file_that_the_json_names(tmp_path):
    embedded = report_data(OUTCOME, "0.1.0", Embedded())["results"][0]["instances"]
    assert embedded[0]["certificate"] == {"format": 1, "x": [1, 2]}
    assert embedded[1]["certificate"] is None
    folder = Folder(tmp_path / "evidence", tmp_path / "out")
    (tmp_path / "out").mkdir()
    written = report_data(OUTCOME, "0.1.0", folder)["results"][0]["instances"]
    assert written[0]["certificate"] == "../evidence/certificates/gd-smooth-convex-1.json"
    assert written[1]["witness"] == "../evidence/witnesses/gd-smooth-convex-2.json"
    for name in (written[0]["certificate"], written[1]["witness"]):
        assert json.loads((tmp_path / "out" / name).read_text())


def test_evidence_of_equal_ids_does_not_collide():
    def named(file: str, name: str) -> Result:
        return Result(file, Verdict(name, "rate", Status.INCONCLUSIVE, "r"))

    names = file_names(
        [named(*pair) for pair in (("a.toml", "gd"), ("b.toml", "GD"), ("x/b.toml", "gd"))]
    )
    assert len({name.lower() for name in names}) == 3
    (hostile,) = file_names([named("a.toml", "../../etc/passwd")])
    assert "/" not in hostile
    assert not hostile.startswith(".")


def test_plain_output_has_no_escape_codes_and_cuts_nothing():
    stream = io.StringIO()
    print_report(OUTCOME, stream)
    text = stream.getvalue()
    assert "\x1b" not in text
    assert LONG in text.splitlines()[2]
    assert "proved, expected refuted" in text
    assert "worst case 0.166667, claimed 0.166667" in text
    assert "loose: 2 times | more" in text
    assert "1. a line" in text
    assert "2 claims: 1 proved, 1 inconclusive; 1 not as expected" in text
    assert text == "".join(f"{line}\n" for line in plain_lines(OUTCOME))


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_terminal_output_is_coloured_and_names_are_whole(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = Terminal()
    print_report(OUTCOME, stream)
    text = stream.getvalue()
    assert "\x1b[" in text
    shown = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert LONG in shown
    assert "at L = 1, step = 1/3, N = 3/2: proved" in " ".join(shown.split())


def test_text_of_strangers_cannot_drive_the_terminal():
    assert "\x1b" not in clean("\x1b]0;owned\x07")
    assert clean("[bold]x[/bold]") == "[bold]x[/bold]"
    verdict = Verdict("id", "rate", Status.INVALID, "\x1b[2J and [red]markup[/red] ‮")
    stream = Terminal()
    print_report(Outcome((Result("f\x1b[31m.toml", verdict),), ()), stream)
    assert "\x1b[2J" not in stream.getvalue()
    assert "[red]markup[/red]" in stream.getvalue()


def test_markdown_is_the_same_whatever_the_time():
    page = markdown(OUTCOME, "make proofs")
    slower = Outcome(
        tuple(
            Result(r.file, Verdict(**{**vars(r.verdict), "seconds": 99.0})) for r in OUTCOME.results
        ),
        OUTCOME.problems,
    )
    assert markdown(slower, "make proofs") == page
    assert "`make proofs`" in page
    assert "| `gd-smooth-convex` |" in page
    assert "worst case 0.166667, claimed 0.166667, proved" in page
    assert "missing.toml" in page


def test_markdown_cells_hold_their_text():
    verdict = Verdict("a|b", "rate", Status.PROVED, "r", best_bound="a|b")
    page = markdown(Outcome((Result("f.toml", verdict),), ()), "c")
    row = next(line for line in page.splitlines() if "proved" in line and line.startswith("| `"))
    assert len(re.findall(r"(?<!\\)\|", row)) == 7
