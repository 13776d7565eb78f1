#!/usr/bin/env bash
# Runs before every start of the server and decides by what is on the volume whether it may start: a server must never
# initialise over data, beside data, or on a volume that was swapped for an empty one. What it cannot read it does not judge.
set -euo pipefail

volume=/var/lib/mysql
data=$volume/data
state=$volume/state
gate=/etc/kubectl-mysql/gate

refuse() {
  echo "start-guard: $*" >&2
  printf 'start-guard: %s' "$*" >/dev/termination-log
  exit 1
}

# need_access FOLDER: one that is there must be a folder that we may read and change; else "empty" would only mean "unreadable".
need_access() {
  [[ -e $1 || -L $1 ]] || return 0
  [[ -d $1 && ! -L $1 ]] || refuse "$1 is not a folder; the volume stays as it is"
  [[ -r $1 && -w $1 && -x $1 ]] ||
    refuse "user $(id -u) may not read and write $1; give the volume's files to it: chown -R 999:999, or a volume type that follows fsGroup"
}

# first_entry FOLDER [EXCEPT...]: prints the name of one entry of the folder; nothing when there is none.
first_entry() {
  local folder=$1 entries entry except
  shift
  [[ -d $folder ]] || return 0
  entries=$(ls -A "$folder") || refuse "$folder cannot be listed; the volume stays as it is"
  while IFS= read -r entry; do
    for except in lost+found "$@"; do
      [[ $entry == "$except" ]] && continue 2
    done
    printf '%s' "$entry"
    return
  done <<<"$entries"
}

# initialise: marks the beginning, with the data folder that it is about, so that only this one is ever cleared.
initialise() {
  mkdir -p "$data" "$state"
  printf 'time=%s\ndata=%s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(stat -c %i "$data")" >"$state/initialising"
  sync "$state/initialising" "$state" "$volume"
  rm -f "$state/restoring"
  echo "start-guard: initialising an empty volume"
}

# began_it: the data folder is the one that an interrupted first start or restore made, or holds nothing.
began_it() {
  [[ -z $in_data ]] || grep -qsxF "data=$(stat -c %i "$data")" "$state/initialising" "$state/restoring"
}

# One at a time: the lock goes with the server's process, also where a pod was deleted by force and still runs.
need_access "$volume"
exec 9<"$volume"
if command -v flock >/dev/null; then
  locked=0
  flock -w 60 -E 75 9 || locked=$?
  ((locked != 75)) || refuse "another server has this volume open"
  # Some network file systems know no locks; there MySQL's own are all there is.
  ((locked == 0)) || echo "start-guard: this volume cannot be locked"
fi

# The gate tells what the volume should hold. Without one (lifecycle: None) the volume alone decides.
expect=anything
if [[ -d $gate ]]; then
  expect=$(cat "$gate/expect" 2>/dev/null) || refuse "the gate does not say what to expect; its key 'expect' must be 'empty' or 'data'"
  case $expect in
    empty | data) ;;
    *) refuse "the gate expects '$expect'; it must be 'empty' or 'data'" ;;
  esac
fi

need_access "$data"
need_access "$state"
in_volume=$(first_entry "$volume" data state)
in_data=$(first_entry "$data")
# A restore that was killed while it wrote its mark had begun nothing.
in_state=$(first_entry "$state" .restoring.part)

if [[ -e $state/initialised ]]; then
  [[ -d $data/mysql ]] || refuse "the volume is marked as initialised, but data/mysql is missing; bring the data back, or restore a backup"
elif [[ -e $state/initialising || -e $state/restoring ]]; then
  [[ $expect != data ]] || refuse "the volume was never completely initialised, but data was expected"
  [[ $expect == empty || ! -e $state/restoring ]] || refuse "a restore of this volume was interrupted; let it finish with lifecycle: Managed"
  began_it || refuse "data/ is not the folder that the interrupted first start or restore had made, and stays as it is; to adopt it remove the folder state/ and create the file state/initialised, to begin anew remove data/"
  echo "start-guard: clearing an initialisation that was interrupted"
  rm -rf "$data"
  initialise
elif [[ -z $in_volume$in_data$in_state ]]; then
  [[ $expect != data ]] || refuse "the volume has no data but data was expected"
  initialise
elif [[ $expect == anything && -d $data/mysql ]]; then
  echo "start-guard: starting data that was put here by somebody else"
else
  found=$in_volume
  [[ -n $found || -z $in_data ]] || found=data/$in_data
  [[ -n $found ]] || found=state/$in_state
  refuse "the volume holds files that are not ours (such as '$found') and stays as it is; to adopt a MySQL data directory that was shut down cleanly, move it to data/ on this volume and create the file state/initialised"
fi

# The entrypoint calls mysqld by name; ours stands before the image's and finishes what the first start began.
export IMAGE_PATH=$PATH
export PATH=/etc/kubectl-mysql/bin:$PATH
exec docker-entrypoint.sh mysqld
