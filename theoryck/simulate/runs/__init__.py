"""Many runs as one array program: steps, blocks, workers, checkpoints."""
