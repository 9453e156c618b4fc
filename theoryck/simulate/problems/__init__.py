"""Test problems with established constants, one file a family."""
