# shellcheck shell=bash
# What the scripts of all Jobs share: the log, the one result, how they are stopped, and an end for lack of progress.
# A script runs in a process group of its own; this shell waits for it, sees that nothing is left running, and reports.
set -Eeuo pipefail
shopt -s nullglob dotglob
umask 077
export LC_ALL=C

# Option files with passwords and everything else that is read back; an emptyDir in memory.
work=/etc/kubectl-mysql/work
# In milliseconds; bash 4 has no clock of its own.
began=$(date +%s%3N)

say() { printf '%s %s\n' "$(date -u +%H:%M:%S.%3N)" "$*" >&2; }

# warn TEXT: goes into the log and into the result.
warn() {
  say "warning: $*"
  printf '%s\n' "$*" | tr '\n' ' ' >>"$work/warnings"
  echo >>"$work/warnings"
}

# quote_json TEXT BYTES: a JSON string of at most so many bytes of text, never cut within a character.
quote_json() {
  local text
  text=$(printf '%s' "$1" | tr '\n\r\t' '   ' | tr -d '\000-\037\177')
  if (($(printf '%s' "$text" | wc -c) > $2)); then
    text=$(printf '%s' "$text" | head -c "$2" | sed 's/[\xc0-\xff][\x80-\xbf]*$//')...
  fi
  printf '"%s"' "$(printf '%s' "$text" | sed 's/[\\"]/\\&/g')"
}

# report NAME JSON: adds a member to the result.
report() { printf '  "%s": %s,\n' "$1" "$2" >>"$work/members"; }

print_warnings() {
  local line count=0 total separator=''
  total=$(wc -l <"$work/warnings")
  while IFS= read -r line; do
    ((++count <= 8)) || break
    printf '%s%s' "$separator" "$(quote_json "$line" 150)"
    separator=', '
  done <"$work/warnings"
  ((total <= 8)) || printf ', "and %d more, see the log"' "$((total - 8))"
}

# write_result OUTCOME REASON: one JSON object of less than 4096 bytes, which is all that Kubernetes keeps.
write_result() {
  local spent=$(($(date +%s%3N) - began))
  {
    printf '{\n  "outcome": "%s",\n  "reason": %s,\n' "$1" "$(quote_json "$2" 500)"
    cat "$work/members"
    printf '  "seconds": %d.%03d,\n  "warnings": [%s]\n}\n' "$((spent / 1000))" "$((spent % 1000))" "$(print_warnings)"
  } >"$work/result.part"
  mv "$work/result.part" "$work/result"
  say "$1: $2"
}

# finish OUTCOME REASON: done and nothing are success; failed may be tried again; refused will not get better by itself.
finish() {
  trap - ERR
  write_result "$1" "$2"
  case $1 in
    done | nothing) exit 0 ;;
    refused) exit 3 ;;
    *) exit 1 ;;
  esac
}
fail() { finish failed "$*"; }
refuse() { finish refused "$*"; }

# error_in FILE: the last line of a program's messages that is worth repeating.
error_in() {
  local line
  line=$(grep -E 'ERROR|[Ee]rror|[Gg]ot ' "$1" | grep -v 'Aborting$' | tail -n 1) || line=$(tail -n 1 "$1")
  printf '%s' "$line" | sed 's/^[0-9T:.Z-]* *[0-9]* *//'
}

# done_so_far: how much the programs have read and written, by which a long piece of work is told from one that hangs.
done_so_far() {
  local process program
  for process in /proc/[0-9]*; do
    read -r program 2>/dev/null <"$process/comm" || continue
    case $program in
      mysqld | mysql | mysqldump | zstd | gzip | sha256sum | split) cat "$process/io" 2>/dev/null || true ;;
    esac
  done | awk '{sum += $2} END {printf "%.0f", sum}'
}

# watch_progress SHELL: stops the Job when nothing was read or written for too long. There is no deadline: a large
# database would miss it for ever.
watch_progress() {
  local before='' now since=$SECONDS
  while sleep 10; do
    now=$(done_so_far)
    # Zero: this machine does not tell.
    if [[ $now != "$before" || $now == 0 ]]; then
      before=$now since=$SECONDS
    elif ((SECONDS - since >= NO_PROGRESS_SECONDS)); then
      touch "$work/stuck"
      kill -TERM "$1"
      return
    fi
  done
}

# run_job FUNCTION: runs it, then ends what it left behind, and only then tells the result.
run_job() {
  local main watchdog code=0 shell=$BASHPID
  # shellcheck disable=SC2115  # a constant
  rm -rf "$work/"*
  : >"$work/warnings"
  : >"$work/members"
  set -m
  (
    set +m
    trap 'echo "line $LINENO: $BASH_COMMAND" >>"$work/trace"' ERR
    "$1"
  ) &
  main=$!
  set +m
  watch_progress "$shell" &
  watchdog=$!
  trap 'touch "$work/stopped"; kill -TERM -- "-$main" 2>/dev/null || true' TERM INT
  while :; do
    code=0
    wait "$main" || code=$?
    [[ ! -e $work/stuck ]] || kill -KILL -- "-$main" 2>/dev/null || true
    kill -0 "$main" 2>/dev/null || break
  done
  end_rest "$main"
  kill -TERM "$watchdog" 2>/dev/null || true
  [[ -e $work/result ]] || write_result failed "$(explain_end "$code")"
  cat "$work/result" >/dev/termination-log
  case $(sed -n '2s/.*: "\(.*\)",/\1/p' "$work/result") in
    done | nothing) exit 0 ;;
    refused) exit 3 ;;
    *) exit 1 ;;
  esac
}

# end_rest GROUP: a server that still runs shuts down cleanly.
end_rest() {
  kill -TERM -- "-$1" 2>/dev/null || return 0
  while kill -0 -- "-$1" 2>/dev/null; do
    [[ ! -e $work/stuck ]] || kill -KILL -- "-$1" 2>/dev/null || true
    sleep 0.1
  done
}

explain_end() {
  if [[ -e $work/stuck ]]; then
    echo "nothing was read or written for $NO_PROGRESS_SECONDS s, so it was stopped"
  elif [[ -e $work/stopped ]]; then
    echo "it was stopped from outside"
  else
    echo "it ended with exit code $1 ($(tail -n 1 "$work/trace" 2>/dev/null || true))"
  fi
}
