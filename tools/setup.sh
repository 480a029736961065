#!/bin/sh
# Finds a Python that is new enough and hands over to tools/setup.py; quick when all is set up already.
set -eu
cd "$(dirname "$0")/.."

# -S: without site-packages the answer takes a twentieth of a second.
if [ -x .venv/bin/python ] && .venv/bin/python -S -m tools.setup --check 2>/dev/null; then
    exit 0
fi

for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
        exec "$candidate" -m tools.setup
    fi
done

found=$(python3 -c 'import platform; print(platform.python_version())' 2>/dev/null || echo missing)
echo "setup: python3 is $found: the program needs Python 3.11 or newer; on Debian and Ubuntu: sudo apt-get install python3 python3-venv" >&2
exit 2
