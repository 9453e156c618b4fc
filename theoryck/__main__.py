"""``python -m theoryck``."""

from theoryck.cli import main

if __name__ == "__main__":
    main()
