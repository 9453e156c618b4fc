"""Functions that are given piece by piece, and the method run on them."""
