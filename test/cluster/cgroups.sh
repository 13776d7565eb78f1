# shellcheck shell=bash disable=SC2034,SC2154  # names are shared with the scripts that source this file
# The control groups of one cluster: one folder in every hierarchy, with the pods' groups below it. Sourced, not run.

hierarchies() { awk '$3 == "cgroup" || $3 == "cgroup2" {print $2}' /proc/mounts; }

# enable_controllers FOLDER: version 2 only: hands every controller on to the groups below.
enable_controllers() {
  local controller
  [[ -f $1/cgroup.subtree_control ]] || return 0
  for controller in $(<"$1/cgroup.controllers"); do
    echo "+$controller" >"$1/cgroup.subtree_control" 2>/dev/null || true
  done
}

make_cgroup() {
  local hierarchy
  for hierarchy in $(hierarchies); do
    mkdir -p "$hierarchy/$cgroup"
    enable_controllers "$hierarchy"
    enable_controllers "$hierarchy/$cgroup"
  done
}

remove_folders() {
  local hierarchy
  for hierarchy in $(hierarchies); do
    [[ ! -d $hierarchy/$cgroup ]] || find "$hierarchy/$cgroup" -depth -type d -exec rmdir {} + || return 1
  done
}

# remove_cgroup: a group can be removed a moment after its last process ended.
remove_cgroup() { holds_within 20 remove_folders || die "the control group $cgroup still has processes"; }

# pod_processes UID: prints the ids, as this machine sees them, of all processes of a pod.
pod_processes() {
  local hierarchy
  for hierarchy in $(hierarchies); do
    [[ ! -d $hierarchy/$cgroup ]] || find "$hierarchy/$cgroup" -path "*/pod$1/*" -name cgroup.procs -exec cat {} +
  done 2>/dev/null | sort -nu
}
