"""Test problems with established constants, one file a family.

==========================  =====================================================================
quadratics                  :mod:`.quadratic`; finite sums that disagree: :mod:`.disagreeing`
kinks, Huber's function     :mod:`.piecewise`
smooth, not convex          :mod:`.nonconvex`; chains of saddles: :mod:`.saddles`; minima whose
                            components agree or disagree: :mod:`.minima`
(L0, L1)-smooth functions   :mod:`.generalised_smooth`
factorisations              :mod:`.factorisation`; tensors: :mod:`.tensor`; phase retrieval:
                            :mod:`.phase`
data                        least squares, logistic and softmax regression: :mod:`.data`
networks                    :mod:`.networks`
on a feasible set           :mod:`.constrained`, :mod:`.feasible`; Adam's non-convergence:
                            :mod:`.online`
with a simple second part   :mod:`.composite`
==========================  =====================================================================
"""
