#!/usr/bin/env bash
# Stands before the image's mysqld on PATH. The official entrypoint calls mysqld with options to read its settings, to
# initialise, and for the temporary server that sets the password; its last call, the server itself, has none. Only then
# is the first initialisation complete.
set -euo pipefail

state=/var/lib/mysql/state
export PATH=$IMAGE_PATH

# publish FILE: standard input becomes the file, whole or not at all.
publish() {
  cat >"$state/.$1.part"
  sync "$state/.$1.part"
  mv "$state/.$1.part" "$state/$1"
  sync "$state"
}

if (($# == 0)); then
  mkdir -p "$state"
  publish my.cnf </etc/mysql/conf.d/my.cnf
  if [[ ! -e $state/initialised ]]; then
    {
      echo "version=$(mysqld --version)"
      echo "image=$SERVER_IMAGE"
      echo "resource=$(cat /etc/kubectl-mysql/gate/resource 2>/dev/null || true)"
      echo "time=$(date -u +%Y-%m-%dT%H:%M:%SZ)"
    } | publish initialised
  fi
  rm -f "$state/initialising" "$state/restoring"
fi
exec mysqld "$@"
