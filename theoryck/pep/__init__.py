"""Engine 2: exact worst cases by performance estimation, certified or refuted exactly.

The worst case of a claim at an instance is a semidefinite program over the Gram matrix of the
run (Drori and Teboulle 2014; Taylor, Hendrickx and Glineur 2017). Its floating-point dual is
rounded to a certificate that :mod:`theoryck.certificates` accepts; its primal becomes a witness
that is checked there too. A solver's answer alone supports, and never proves or refutes.
"""

from theoryck.pep.engine import examine

__all__ = ["examine"]
