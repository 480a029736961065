#!/bin/sh
# Finds a Python that is new enough, the fastest first, and hands over to tools/setup.py; quick when all is set up already.
set -euf  # -f: a folder of PATH may have a * in its name
cd "$(dirname "$0")/.."

# -S: without site-packages the answer takes a twentieth of a second.
if [ -x .venv/bin/python ] && .venv/bin/python -S -m tools.setup --check 2>/dev/null; then
    exit 0
fi

new='sys.version_info >= (3, 11)'
# Built without its optimizations, as pyenv does it unless told otherwise, Python takes more CPU for all that follows.
# One in /usr is taken for a distribution's, which optimize theirs in their own ways; others say so when asked.
fast="$new and (sys.base_prefix == '/usr' or '--enable-optimizations' in (sysconfig.get_config_var('CONFIG_ARGS') or ''))"
whole="$fast and all(map(importlib.util.find_spec, ('venv', 'ensurepip')))"
IFS=:
for wanted in "$whole" "$new"; do
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        for folder in $PATH; do
            if "${folder:-.}/$name" -c "import importlib.util, sys, sysconfig; sys.exit(not ($wanted))" 2>/dev/null; then
                exec "${folder:-.}/$name" -m tools.setup
            fi
        done
    done
done

found=$(python3 -c 'import platform; print(platform.python_version())' 2>/dev/null || echo missing)
echo "setup: python3 is $found: the program needs Python 3.11 or newer; on Debian and Ubuntu: sudo apt-get install python3 python3-venv" >&2
exit 2
