"""Exact vectors: leaves, Points, quadratic forms and the tracer, generic over the coefficients."""

from theoryck.algebra.coordinates import Coordinates, place
from theoryck.algebra.forms import Form, Root, TracedScalar
from theoryck.algebra.language import cases, dot, hadamard, maximum, minimum, norm, ratio, sqrt
from theoryck.algebra.numbers import NumberSystem
from theoryck.algebra.point import Leaf, Point
from theoryck.algebra.trace import Evaluation, Fractions, Oracle, Sample, Trace
from theoryck.algebra.vectors import Vector

__all__ = [
    "Coordinates",
    "Evaluation",
    "Form",
    "Fractions",
    "Leaf",
    "NumberSystem",
    "Oracle",
    "Point",
    "Root",
    "Sample",
    "Trace",
    "TracedScalar",
    "Vector",
    "cases",
    "dot",
    "hadamard",
    "maximum",
    "minimum",
    "norm",
    "place",
    "ratio",
    "sqrt",
]
