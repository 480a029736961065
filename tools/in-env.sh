#!/bin/sh
# Runs a command with this checkout's Python and Pulumi engine first on PATH, as every target of the Makefile does.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
engine=$(cat "$root/.venv/engine-path")

# The language host that we build finds Python by PATH and VIRTUAL_ENV only (docs/engine.md).
PATH=$root/.venv/bin:$engine:$PATH
VIRTUAL_ENV=$root/.venv
# Offline each call of the engine would lose 2.5 s with looking for plugins and updates.
PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true
PULUMI_SKIP_UPDATE_CHECK=true
export PATH VIRTUAL_ENV PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION PULUMI_SKIP_UPDATE_CHECK
# Without bytecode every command that uses MLflow would start 3 s later, each time.
unset PYTHONHOME PYTHONPATH PYTHONDONTWRITEBYTECODE
exec "$@"
