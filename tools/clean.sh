#!/bin/sh
# Removes what set-up, demo and tests made in this checkout; refuses while a local platform runs, whose state it would take.
set -eu
cd "$(dirname "$0")/.."

if [ -d .mlteam ]; then
    find .mlteam -name endpoints.json | while IFS= read -r file; do
        pid=$(sed -n 's/.*"pid": *\([0-9][0-9]*\).*/\1/p' "$file")
        if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then
            echo "clean: a local platform runs (process $pid); first: make down" >&2
            exit 1
        fi
    done || exit 1
fi

rm -rf .venv .mlteam .mypy_cache .ruff_cache .pytest_cache .hypothesis
find . -name .git -prune -o -type d -name __pycache__ -prune -exec rm -rf {} +
echo "clean: done; the engine stays in ${XDG_CACHE_HOME:-$HOME/.cache}/mlteam (remove that folder to build it anew)"
