"""What may be assumed of stochastic gradients g at x, given everything known before the draw."""

from __future__ import annotations

from theoryck.algebra.units import GRADIENT, NONE
from theoryck.assumptions.base import Assumption, Quantity, Subject

UNBIASED = Assumption(
    name="unbiased",
    quantities=(),
    subject=Subject.NOISE,
    definition="E[g | x] = grad(x)",
    latex=r"\mathbb{E}[g \mid x] = \nabla f(x)",
    source="Robbins and Monro 1951",
)

BOUNDED_VARIANCE = Assumption(
    name="bounded_variance",
    quantities=(Quantity("sigma", GRADIENT),),
    subject=Subject.NOISE,
    definition="E[norm(g - grad(x))**2 | x] <= sigma**2",
    latex=r"\mathbb{E}[\|g - \nabla f(x)\|^2 \mid x] \le \sigma^2",
    source="Ghadimi and Lan 2013, Assumption A1",
)

BOUNDED_SECOND_MOMENT = Assumption(
    name="bounded_second_moment",
    quantities=(Quantity("G", GRADIENT),),
    subject=Subject.NOISE,
    definition="E[norm(g)**2 | x] <= G**2",
    latex=r"\mathbb{E}[\|g\|^2 \mid x] \le G^2",
    source="Nemirovski, Juditsky, Lan and Shapiro 2009, Equation 2.4",
)

STRONG_GROWTH = Assumption(
    name="strong_growth",
    quantities=(Quantity("rho", NONE),),
    subject=Subject.NOISE,
    definition="E[norm(g)**2 | x] <= rho*norm(grad(x))**2",
    latex=r"\mathbb{E}[\|g\|^2 \mid x] \le \rho\,\|\nabla f(x)\|^2",
    source="Schmidt and Le Roux 2013; Vaswani, Bach and Schmidt 2019",
)

HEAVY_TAILED = Assumption(
    name="heavy_tailed",
    quantities=(Quantity("alpha", NONE), Quantity("sigma", GRADIENT)),
    subject=Subject.NOISE,
    definition="E[norm(g - grad(x))**alpha | x] <= sigma**alpha",
    latex=r"\mathbb{E}[\|g - \nabla f(x)\|^\alpha \mid x] \le \sigma^\alpha",
    source="Zhang, Karimireddy, Veit, Kim, Reddi, Kumar and Sra 2020, Assumption 1",
)

ALL = (UNBIASED, BOUNDED_VARIANCE, BOUNDED_SECOND_MOMENT, STRONG_GROWTH, HEAVY_TAILED)
