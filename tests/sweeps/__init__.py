"""The long runs: every crash point, power failure, input and race that the everyday tests only sample."""
