#!/usr/bin/env bash
# Stands before the image's mysqld on PATH. An entrypoint calls mysqld to read its settings, to initialise, and for the
# temporary server, without network, that sets the password; the last call is the server itself. Only then is the first
# initialisation complete.
set -euo pipefail

state=/var/lib/mysql/state
export PATH=$IMAGE_PATH
# The entrypoint keeps it in a variable of its own; a server's environment can be read for as long as it runs.
unset MYSQL_ROOT_PASSWORD

# is_server [OPTION...]: whether this call starts the server proper.
is_server() {
  local option
  for option; do
    case $option in
      --help | -\? | --version | -V | --verbose | -v | --print-defaults) return 1 ;;
      --initialize* | --validate[-_]config* | --skip[-_]networking*) return 1 ;;
    esac
  done
}

# publish FILE TEXT: the file is there whole or not at all.
publish() {
  printf '%s\n' "$2" >"$state/.$1.part" &&
    sync "$state/.$1.part" &&
    mv "$state/.$1.part" "$state/$1" &&
    sync "$state"
}

if is_server "$@"; then
  mkdir -p "$state"
  options=$(cat /etc/mysql/conf.d/my.cnf)
  # On a full volume a server that has data must still start.
  if [[ $(cat "$state/my.cnf" 2>/dev/null) != "$options" ]]; then
    publish my.cnf "$options" || [[ -e $state/initialised ]] || exit 1
  fi
  if [[ ! -e $state/initialised ]]; then
    version=$(mysqld --version)
    resource=$(cat /etc/kubectl-mysql/gate/resource 2>/dev/null) || resource=''
    publish initialised "version=$version
image=$SERVER_IMAGE
resource=$resource
time=$(date -u +%Y-%m-%dT%H:%M:%SZ)"
  fi
  rm -f "$state/initialising" "$state/restoring"
fi
exec mysqld "$@"
