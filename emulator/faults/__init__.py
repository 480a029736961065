"""Faults on purpose: a plan says which calls go wrong and how, the gateway's outermost hook makes them so."""
