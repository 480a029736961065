"""Statistics of the workflow: pure functions on arrays, no clock, no file, no network."""
