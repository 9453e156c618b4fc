"""Pictures of witnesses of one and two dimensions: the function, and the run that breaks the bound.

A witness is verified before anything of it is drawn; Matplotlib is loaded on first use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from theoryck.assumptions import Assumption
from theoryck.check.documents import read_document
from theoryck.check.extensions import load_vocabulary
from theoryck.errors import TheoryckError
from theoryck.methods import Method

SUFFIXES = (".png", ".svg", ".pdf")
MAX_NUMBERED = 12  # iterates that get their number beside them
GRID = 60  # points of a contour plot along each axis
MARGIN = 0.2  # of the run's extent, around it


class PlotError(TheoryckError, ValueError):
    """A document that cannot be drawn, or a file that cannot be written; the message says why."""


@dataclass(frozen=True)
class Picture:
    """What is drawn: f at a point of shape (d,), the iterates (N + 1, d), and a caption.

    ``minimiser`` is x*.
    """

    value: Callable[[Any], float]
    iterates: Any
    minimiser: Any
    caption: str

    @property
    def dimension(self) -> int:
        """The dimension d."""
        return int(self.iterates.shape[1])


def picture(
    data: Mapping[str, Any],
    *,
    methods: Mapping[str, Method],
    assumptions: Mapping[str, Assumption],
) -> Picture:
    """The picture of a witness, which is verified first.

    Args:
        data: the witness as JSON data, of kind ``witness`` or ``function``.
        methods: the methods that its claim may name.
        assumptions: likewise.

    Raises:
        PlotError: it is no witness, or has more than two dimensions.
        TheoryckError: it does not hold.
    """
    kind = data.get("kind")
    readers = {"witness": _of_interpolant, "function": _of_function}
    if kind not in readers:
        raise PlotError(f"a document of kind {kind!r}: only a witness can be drawn")
    found = readers[str(kind)](data, methods=methods, assumptions=assumptions)
    if found.dimension > 2:
        raise PlotError(
            f"a witness of dimension {found.dimension}: only those of dimension 1 or 2 can be drawn"
        )
    return found


def _of_function(data: Mapping[str, Any], **words: Any) -> Picture:
    import numpy as np

    from theoryck.certificates.documents import as_float, function_run
    from theoryck.claims.arithmetic import Floats

    claim, _, outcome = function_run(data, **words)
    numbers = Floats()
    return Picture(
        value=lambda x: float(outcome.function.value(tuple(float(t) for t in x), numbers)),
        iterates=np.array([[as_float(t) for t in x.entries] for x in outcome.iterates]),
        minimiser=np.zeros(outcome.function.dimension),
        caption=_caption(claim.id, as_float(outcome.measure), as_float(outcome.bound)),
    )


def _of_interpolant(data: Mapping[str, Any], **words: Any) -> Picture:
    import numpy as np

    from theoryck.certificates.documents import as_float, placed_run
    from theoryck.simulate import Interpolant

    problem, run = placed_run(data, **words)

    def floats(x: Any) -> list[float]:
        return [as_float(t) for t in x.entries]

    function = Interpolant(
        [floats(e.point) for e in run.evaluations],
        [floats(e.gradient) for e in run.evaluations],
        [as_float(e.value) for e in run.evaluations],
        as_float(run.curvature.lower),
        None if run.curvature.upper is None else as_float(run.curvature.upper),
    )
    return Picture(
        value=lambda x: function.evaluate(np.asarray(x, dtype=float))[0],
        iterates=np.array([floats(x) for x in run.iterates]),
        minimiser=np.array(floats(run.evaluations[0].point)),
        caption=_caption(problem.claim.id, as_float(run.measure), as_float(run.bound)),
    )


def _caption(claim_id: str, measure: float, bound: float) -> str:
    return f"{claim_id}: {measure:.4g} above the bound {bound:.4g}"


def plot_file(witness: str | Path, out: str | Path, methods_file: str | None = None) -> None:
    """Draw the witness in a file, as PNG, SVG or PDF by the name of ``out``.

    Raises:
        UnreadableError: there is no JSON document to draw.
        PlotError: it cannot be drawn, or ``out`` cannot be written.
        TheoryckError: the witness does not hold.
    """
    target = Path(out)
    if target.suffix.lower() not in SUFFIXES:
        raise PlotError(f"{out}: a name that ends in {', '.join(SUFFIXES)} expected")
    data = read_document(witness)
    if not isinstance(data, dict):
        raise PlotError(
            f"{witness}: a document of witnesses is a table, not a {type(data).__name__}"
        )
    words = load_vocabulary(methods_file)
    drawn = draw(picture(data, methods=words.methods, assumptions=words.assumptions))
    try:
        drawn.savefig(target, bbox_inches="tight")
    except OSError as error:
        raise PlotError(f"{out}: {error.strerror or error}") from error


def draw(shown: Picture) -> Any:
    """The picture as a Matplotlib figure: a graph in one dimension, contours in two."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4.5), dpi=150)
    axes = figure.add_subplot()
    (_draw_graph if shown.dimension == 1 else _draw_contours)(shown, axes)
    # what stands in a claim is text, never a formula for Matplotlib to set
    axes.set_title(shown.caption, fontsize=9, parse_math=False)
    axes.legend(fontsize=8)
    return figure


def _draw_graph(shown: Picture, axes: Any) -> None:
    import numpy as np

    (low,), (high,) = _extent(shown)
    places = np.unique(np.concatenate([np.linspace(low, high, 801), shown.iterates[:, 0]]))
    axes.plot(places, [shown.value(np.array([t])) for t in places], color="0.4", label="f")
    x = shown.iterates[:, 0]
    heights = np.array([shown.value(row) for row in shown.iterates])
    axes.plot(x, heights, "o--", color="C0", markersize=4, linewidth=0.7, label="x[k]")
    axes.plot(x[-1:], heights[-1:], "o", color="C3", markersize=6, label=f"x[{len(x) - 1}]")
    star = float(shown.minimiser[0])
    axes.plot([star], [shown.value(shown.minimiser)], "*", color="k", markersize=9, label="x*")
    _number(axes, zip(x, heights, strict=True))
    axes.set_xlabel("x")
    axes.set_ylabel("f(x)")


def _draw_contours(shown: Picture, axes: Any) -> None:
    import numpy as np

    low, high = _extent(shown)
    first, second = (np.linspace(a, b, GRID) for a, b in zip(low, high, strict=True))
    heights = np.array([[shown.value(np.array([s, t])) for s in first] for t in second])
    axes.contour(first, second, heights, levels=18, colors="0.7", linewidths=0.6)
    x = shown.iterates
    moves = np.diff(x, axis=0)
    axes.quiver(
        *(x[:-1, 0], x[:-1, 1], moves[:, 0], moves[:, 1]),
        angles="xy",
        scale_units="xy",
        scale=1,
        width=0.003,
        color="C0",
    )
    axes.plot(x[:, 0], x[:, 1], "o", color="C0", markersize=3, label="x[k]")
    axes.plot(x[-1:, 0], x[-1:, 1], "o", color="C3", markersize=6, label=f"x[{len(x) - 1}]")
    axes.plot(*shown.minimiser, "*", color="k", markersize=9, label="x*")
    _number(axes, x)
    axes.set_xlabel("first coordinate")
    axes.set_ylabel("second coordinate")
    axes.set_aspect("equal")


def _extent(shown: Picture) -> tuple[Any, Any]:
    """The corners of the box that is drawn: the run and x*, with a margin, never flat."""
    import numpy as np

    points = np.concatenate([shown.iterates, shown.minimiser[None, :]])
    low, high = points.min(axis=0), points.max(axis=0)
    widest = float((high - low).max()) or 1.0
    margin = np.maximum(MARGIN * (high - low), 0.25 * widest)
    return low - margin, high + margin


def _number(axes: Any, places: Any) -> None:
    for k, place in enumerate(places):
        if k >= MAX_NUMBERED:
            break
        axes.annotate(str(k), tuple(place), xytext=(3, 4), textcoords="offset points", fontsize=7)
