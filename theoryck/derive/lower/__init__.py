"""Lower bounds: an explicit function of the class, the method run on it for all N, its measure.

A bound is *attained* (``==``, ``tight``) or is a lower bound in order (``Omega``, ``Theta``) when
for all parameters one function of the class makes the measure as large. ``at_least`` of a
complexity claim says that for some function of the class the target is reached at no earlier
iteration. The classes hold functions of any dimension, and of noise only "none" is used.
"""
