"""What ``theoryck compare`` prints."""
