"""Escape of gradient descent from a strict saddle, in the quadratic model.

Under ``quadratic_saddle(gamma, r)`` the component of x[k] along an escaping direction is at least
``(1 + step*gamma)**k*r``. ``rules`` draw from this how far the run goes, how large the gradient
and how low f becomes; ``route`` bounds f(x[N]) - f(x[0]); ``examine`` answers how many steps are
enough. A claim writes the target as ``norm(x[k] - x[0]) >= R``, ``norm(grad(x[k])) >= epsilon`` or
``f(x[0]) - f(x[k]) >= F``.
"""
