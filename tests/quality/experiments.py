"""Running an experiment of examples/experiments at its small size."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

FOLDER = Path(__file__).parents[2] / "examples" / "experiments"
SHARED = "experiment"  # no experiment itself, but what all of them share


def names() -> list[str]:
    """The experiments, by the names of their files."""
    return sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != SHARED)


def load(name: str) -> Any:
    """An experiment's module; it finds what it shares with the others beside itself."""
    if str(FOLDER) not in sys.path:
        sys.path.insert(0, str(FOLDER))
    spec = importlib.util.spec_from_file_location(f"experiment_{name}", FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where dataclasses look for their module
    spec.loader.exec_module(module)
    return module


def small(name: str, folder: Path) -> Any:
    """What an experiment finds at its small size, its picture drawn into the folder."""
    # on a busy machine the threads of a matrix product wait for one another
    with threadpool_limits(limits=1, user_api="blas"):
        result = load(name).study(True)
    path = folder / f"{name}.png"
    load(SHARED).picture(result, path)
    assert path.stat().st_size > 5000, "an empty picture"
    assert result.lines
    return result
