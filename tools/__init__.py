"""Scripts behind the Makefile: plain standard library, so that they run before anything is installed."""
