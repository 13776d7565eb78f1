# shellcheck shell=bash disable=SC2034,SC2154  # names are shared with the scripts that source this file
# Starts processes and ends exactly those. An id alone is not enough, since ids are used again: with it stand the
# time at which the process started (field 22 of /proc/PID/stat) and the machine's boot. Sourced, not run.

boot_id() { cat /proc/sys/kernel/random/boot_id; }

# process_start PID: prints its start time, in ticks since boot; fails for one that is gone or a zombie.
process_start() {
  local stat fields
  { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
  read -ra fields <<<"${stat##*) }" # the program's name before it may hold anything
  [[ ${fields[0]} != [ZX] ]] || return 1
  printf '%s\n' "${fields[19]}"
}

# record NAME PID
record() {
  local started
  started=$(process_start "$2") || die "$1 ended at once; see $state/logs/$1.log"
  printf '%s %s %s\n' "$2" "$started" "$(boot_id)" >"$state/pids/$1"
}

# pid_of NAME: prints the id of a recorded process that still is the one that was started; fails otherwise.
pid_of() {
  local pid started boot
  [[ -f $state/pids/$1 ]] && read -r pid started boot <"$state/pids/$1" || return 1
  [[ $boot == "$(boot_id)" && $(process_start "$pid") == "$started" ]] || return 1
  printf '%s\n' "$pid"
}

is_running() { pid_of "$1" >/dev/null; }
is_gone() { ! is_running "$1"; }

# start NAME COMMAND...: in a session of its own, with a log. The command must not fork away.
start() {
  local name=$1
  shift
  setsid "$@" >>"$state/logs/$name.log" 2>&1 </dev/null 9<&- &
  record "$name" "$!"
}

# child_of PID: prints the first child of a process, for commands that start another one in a new namespace.
child_of() { ps -o pid= --ppid "$1" | awk 'NR == 1 {print $1; found = 1} END {exit !found}'; }

# start_child NAME COMMAND...: like start, for a command whose child is the process that counts.
start_child() {
  local name=$1 parent
  shift
  setsid "$@" >>"$state/logs/$name.log" 2>&1 </dev/null 9<&- &
  parent=$!
  holds_within 10 child_of "$parent" || die "$name did not start; see $state/logs/$name.log"
  record "$name" "$(child_of "$parent")"
}

# signal SIGNAL NAME...: to those that are still running.
signal() {
  local signal=$1 name pid
  shift
  for name in "$@"; do
    if pid=$(pid_of "$name"); then kill "-$signal" "$pid" 2>/dev/null || true; fi
  done
}

# end SECONDS NAME...: asks them to end, waits that long for each, then forces it.
end() {
  local seconds=$1 name
  shift
  signal TERM "$@"
  for name in "$@"; do holds_within "$seconds" is_gone "$name" || true; done
  kill_now "$@"
}

# kill_now NAME...: no asking.
kill_now() {
  local name
  signal KILL "$@"
  for name in "$@"; do
    holds_within 20 is_gone "$name" || die "$name (id $(pid_of "$name")) does not end"
    rm -f "$state/pids/$name"
  done
}
