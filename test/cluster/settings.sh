# shellcheck shell=bash disable=SC2034,SC2154  # names are shared with the scripts that source this file
# What every script of the test cluster knows: versions, places, how to speak, how to wait. Sourced, not run.
kubernetes_version=1.35.4
coredns_version=1.14.7
local_path_version=0.0.30
mysql_series=9.7
node_version=22.23.3 # Node in the image of our own code

cache=${CLUSTER_CACHE:-${HOME:-/root}/.cache/kubectl-mysql-cluster}
state=${CLUSTER_DIR:-/var/tmp/kubectl-mysql-cluster}
kube_bin=${KUBE_BIN:-$cache/bin}
mysql_image=docker.io/library/mysql:$mysql_series
own_image=localhost/kubectl-mysql:dev
pause_image=localhost/pause:1

export KUBECONFIG=$state/admin.conf
export PATH=$kube_bin:$cache/bin:$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/local/go/bin
export CLUSTER_STARTED=${CLUSTER_STARTED:-$EPOCHSECONDS} # for the elapsed time, also of scripts that call each other

say() { printf 'cluster: %4ds  %s\n' "$((EPOCHSECONDS - CLUSTER_STARTED))" "$*" >&2; }

die() {
  printf 'cluster: error: %s\n' "$*" >&2
  exit 1
}

# holds_within SECONDS COMMAND...: asks until it succeeds; fails when the time is over.
holds_within() {
  local until=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < until)) || return 1
    sleep 0.1
  done
}

# await SECONDS WHAT COMMAND...: the same, and the end of the run when the time is over.
await() {
  local seconds=$1 what=$2
  shift 2
  holds_within "$seconds" "$@" || die "$what: not there after $seconds s; the logs are in $state/logs"
}

# long SECONDS WHAT LOG COMMAND...: a step that takes minutes: says every 30 s that it goes on, shows the log's end if it fails.
long() {
  local seconds=$1 what=$2 log=$3 ticker status=0
  shift 3
  say "$what"
  (while sleep 30 >/dev/null 2>&1 9<&-; do say "$what: still at it"; done) &
  ticker=$!
  timeout --foreground --kill-after=10 "$seconds" "$@" >"$log" 2>&1 </dev/null || status=$?
  kill "$ticker"
  wait "$ticker" 2>/dev/null || true
  ((status == 0)) && return
  tail -n 20 "$log" >&2
  die "$what: failed ($status); the whole log is $log"
}

# kube ...: kubectl that never waits for ever.
kube() { kubectl --request-timeout=10s "$@"; }
