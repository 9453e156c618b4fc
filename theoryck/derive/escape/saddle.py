"""Which claims the quadratic model of a saddle can answer."""

from __future__ import annotations

from theoryck.claims.expressions import Expr, Symbol, walk
from theoryck.derive.setting import Setting, Stuck, is_random

WITHOUT_A_MINIMUM = ("f_star", "x_star")


def require_saddle(setting: Setting) -> None:
    """Refuses claims that are not about gradients alone on a quadratic saddle.

    Raises:
        Stuck: the reason.
    """
    claim = setting.claim
    if not setting.assumes("quadratic_saddle"):
        raise Stuck("the escape route needs quadratic_saddle(gamma, r)")
    texts: tuple[Expr, ...] = (claim.measure, claim.bound)
    said = [node for text in texts for node in walk(text)]
    said += [node for condition in claim.initial for node in walk(condition)]
    if any(isinstance(node, Symbol) and node.name in WITHOUT_A_MINIMUM for node in said):
        raise Stuck("a quadratic with a saddle has no minimum: f_star and x_star mean nothing")
    if is_random(setting):
        raise Stuck("the escape route follows gradient descent without noise")


__all__ = ["require_saddle"]
