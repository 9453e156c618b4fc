"""The import contracts of pyproject.toml hold, and each of them can fail."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINTER = Path(sys.executable).with_name("lint-imports")

BROKEN = {
    "an engine imports another": ("derive/__init__.py", "from theoryck.pep import examine"),
    "an engine imports check": ("simulate/__init__.py", "from theoryck.check.run import Options"),
    "the algebra imports upwards": ("algebra/units.py", "from theoryck.claims.claim import Claim"),
    "claims import an engine": ("claims/claim.py", "import theoryck.derive"),
    "simulate imports cvxpy": ("simulate/__init__.py", "import cvxpy"),
    "check imports cvxpy": ("check/run.py", "import cvxpy"),
    "certificates import numpy": ("certificates/checker.py", "import numpy"),
    "claims import sympy, and so certificates do": ("claims/claim.py", "import sympy"),
    "an engine imports the methods": ("pep/__init__.py", "from theoryck.methods import METHODS"),
}

pytestmark = pytest.mark.skipif(not LINTER.exists(), reason="import-linter is not installed here")


def lint(folder: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [str(LINTER), "--no-cache", "--no-logo"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(folder), "PATH": str(LINTER.parent)},
    )


@pytest.fixture
def copy(tmp_path):
    shutil.copytree(ROOT / "theoryck", tmp_path / "theoryck", ignore=lambda *_: ["__pycache__"])
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_contracts_are_kept(copy):
    done = lint(copy)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_contract_is_seen(copy, what):
    file, line = BROKEN[what]
    path = copy / "theoryck" / file
    path.write_text(f"{path.read_text()}\n\ndef wrong():\n    {line}\n")
    done = lint(copy)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "1 broken" in done.stdout or "2 broken" in done.stdout
