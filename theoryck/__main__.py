"""``python -m theoryck``: the command line."""

from theoryck.cli import main

main()
