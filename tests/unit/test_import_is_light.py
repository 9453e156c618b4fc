"""What importing theoryck and asking for help must not load; names of modules, not times."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ["cvxpy", "matplotlib", "z3", "sympy", "numpy", "scipy", "sklearn", "flint", "rich"]

IMPORTS = {
    "import theoryck": "import theoryck",
    "theoryck --help": "import sys; sys.argv = ['theoryck', '--help']; import theoryck.cli as c\n"
    "try: c.main()\nexcept SystemExit as end: assert end.code == 0",
    "theoryck check --help": "import sys; sys.argv = ['theoryck', 'check', '--help']\n"
    "import theoryck.cli as c\n"
    "try: c.main()\nexcept SystemExit as end: assert end.code == 0",
    "the verdict's words": "from theoryck import Status, Verdict, Finding, Scope",
}


@pytest.mark.parametrize("what", IMPORTS)
def test_loads_nothing_heavy(what):
    report = f"\nimport sys\nprint('LOADED', *(m for m in {HEAVY!r} if m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS[what] + report], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "LOADED"


def test_the_public_names_are_there():
    import theoryck

    for name in theoryck.__all__:
        assert getattr(theoryck, name) is not None, name
    assert set(theoryck.__all__) <= set(dir(theoryck))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        theoryck.nonsense  # noqa: B018 - reading the attribute is the test


def test_check_stays_a_function_when_its_package_is_imported():
    import theoryck
    import theoryck.check.run
    from theoryck.check.engines import ENGINES

    assert callable(theoryck.check)
    assert ENGINES
