"""What the experiments share: a size, figures in words and numbers, and a picture."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure


@dataclass(frozen=True)
class Result:
    """What an experiment found.

    Attributes:
        lines: what a reader is told.
        figures: the numbers that the experiment is about, by name.
        draw: draws the picture.
    """

    lines: tuple[str, ...]
    figures: Mapping[str, float]
    draw: Callable[[Figure], None]


def picture(result: Result, path: Path) -> None:
    """Draw the result into a file; its ending chooses the format."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    FigureCanvasAgg(figure)
    result.draw(figure)
    figure.savefig(path, dpi=120)


def command(study: Callable[[bool], Result], script: str) -> None:
    """Run an experiment from the command line.

    Args:
        study: the experiment, at a small size or not.
        script: the script's ``__file__``; the picture has its name.
    """
    parser = argparse.ArgumentParser(description=study.__doc__)
    parser.add_argument("--small", action="store_true", help="a size that takes a second or two")
    default = Path(script).with_suffix(".png").name
    parser.add_argument("--picture", type=Path, default=Path(default), help="where to draw")
    options = parser.parse_args()
    result = study(options.small)
    print("\n".join(result.lines))
    picture(result, options.picture)
    print(f"drawn in {options.picture}")
