#!/bin/sh
# image-app.sh IMAGE PROCESS…   Lays out /images/IMAGE/app from the bundles in /app, with what V8 makes of each, so that a pod
# starts sooner. Node finds that again for the same path and the same user, so each process runs here as it will there, up to its
# refusal of a log level that does not exist.
set -eu
app=/images/$1/app
user=65532
shift
install -d -o "$user" "$app/compiled"
for process in "$@"; do
  NODE_COMPILE_CACHE=$app/compiled SHOWRUNNER_LOG_LEVEL=none setpriv --reuid "$user" --regid "$user" --clear-groups \
    node "/app/$process.js" >/dev/null 2>&1 || true
  cp "/app/$process.js" "$app"
done
cp /app/package.json /app/LICENSES "$app"
chown -R 0:0 "$app" && chmod -R a+rX "$app"
[ "$(find "$app/compiled" -type f | wc -l)" = $# ] || { echo "image-app.sh: V8 did not keep what it made of one of: $*" >&2; exit 1; }
