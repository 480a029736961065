#!/bin/bash
# Fetch the platform's code, run the one job that this machine's tag names, end the machine whatever happens.
set -Eeuo pipefail
umask 077

region='@REGION@'
bucket='@BUCKET@'
root="${INSTANCE_ROOT:-}"
folder="$root/opt/mlteam/training"
log="$root/var/log/mlteam-training.log"
key=''

mkdir -p "$folder" "$(dirname "$log")"
exec >>"$log" 2>&1

boot() { python3 "$folder/bootstrap.py" --tools "$folder/tools.txt" --region "$region" "$@"; }

# A machine that cannot end itself would cost money for ever: whatever fails before, the shutdown comes.
finish() {
  local code=$?
  set +e  # on a full disk even this echo fails, and must not stand before the shutdown
  echo "training: ended with $code"
  if [ -n "$key" ]; then boot upload "$log" "$bucket" "$key/log.txt" || echo 'training: the log was not uploaded'; fi
  shutdown -h now
}
trap finish EXIT

cat > "$folder/bootstrap.py" <<'END-OF-BOOTSTRAP'
@BOOTSTRAP@
END-OF-BOOTSTRAP
cat > "$folder/tools.txt" <<'END-OF-TOOLS'
@TOOLS@
END-OF-TOOLS

job="$(boot metadata tags/instance/mlteam:job)"
case "$job" in
  *[!A-Za-z0-9._-]* | '') echo "training: tag mlteam:job is '$job', not a job's id"; exit 2 ;;
esac
key="workflow/jobs/$job"

export AWS_DEFAULT_REGION="$region"
boot prepare --bucket "$bucket" --requirements '@REQUIREMENTS@' --code '@CODE@' > "$folder/runtime.json"
python="$(python3 -c 'import json, sys; print(json.load(sys.stdin)["python"])' < "$folder/runtime.json")"
code="$(python3 -c 'import json, sys; print(json.load(sys.stdin)["code"])' < "$folder/runtime.json")"
cd "$folder"
PYTHONPATH="$code" timeout --kill-after=60 '@MAX_SECONDS@' \
  "$python" -m workflow.training.worker --job "s3://$bucket/$key/job.json"
