"""Students' programs, right and with each slip that the checker knows by name."""
