#!/usr/bin/env bash
# Runs before every start of the server and decides by what is on the volume whether it may start: a server must never
# initialise over data, beside data, or on a volume that was swapped for an empty one.
set -euo pipefail
shopt -s nullglob dotglob

volume=/var/lib/mysql
data=$volume/data
state=$volume/state
gate=/etc/kubectl-mysql/gate

refuse() {
  echo "start-guard: $*" >&2
  printf 'start-guard: %s' "$*" >/dev/termination-log
  exit 1
}

# first_entry FOLDER [EXCEPT...]: prints the name of one entry of the folder; nothing when there is none.
first_entry() {
  local folder=$1 entry except
  shift
  for entry in "$folder"/*; do
    entry=$(basename "$entry")
    for except in lost+found "$@"; do
      [[ $entry == "$except" ]] && continue 2
    done
    printf '%s' "$entry"
    return
  done
}

initialise() {
  mkdir -p "$data" "$state"
  echo "time=$(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$state/initialising"
  sync "$state/initialising" "$state" "$volume"
  rm -f "$state/restoring"
  echo "start-guard: initialising an empty volume"
}

# The gate tells what the volume should hold. Without one (lifecycle: None) the volume alone decides.
expect=anything
if [[ -d $gate ]]; then
  expect=$(cat "$gate/expect" 2>/dev/null) || refuse "the gate does not say what to expect; its key 'expect' must be 'empty' or 'data'"
  case $expect in
    empty | data) ;;
    *) refuse "the gate expects '$expect'; it must be 'empty' or 'data'" ;;
  esac
fi

if [[ -e $state/initialised ]]; then
  [[ -d $data/mysql ]] || refuse "the volume is marked as initialised, but data/mysql is missing; bring the data back, or restore a backup"
elif [[ -e $state/initialising || -e $state/restoring ]]; then
  [[ $expect != data ]] || refuse "the volume was never completely initialised, but data was expected"
  [[ $expect == empty || ! -e $state/restoring ]] || refuse "a restore of this volume was interrupted; let it finish with lifecycle: Managed"
  echo "start-guard: clearing an initialisation that was interrupted"
  rm -rf "$data"
  initialise
elif [[ -z $(first_entry "$volume" data state) && -z $(first_entry "$data") && -z $(first_entry "$state") ]]; then
  [[ $expect != data ]] || refuse "the volume has no data but data was expected"
  initialise
elif [[ $expect == anything && -d $data/mysql ]]; then
  echo "start-guard: starting data that was put here by somebody else"
else
  found=$(first_entry "$volume" state)
  refuse "the volume holds files that are not ours (such as '$found') and stays as it is; to adopt a MySQL data directory that was shut down cleanly, move it to data/ on this volume and create the file state/initialised"
fi

# The entrypoint calls mysqld by name; ours stands before the image's and finishes what the first start began.
export IMAGE_PATH=$PATH
export PATH=/etc/kubectl-mysql/bin:$PATH
exec docker-entrypoint.sh mysqld
