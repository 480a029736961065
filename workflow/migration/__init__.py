"""Move what a tracking server holds to another: read both sides in the same words, write what is missing, compare."""
