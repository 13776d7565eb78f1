# shellcheck shell=bash disable=SC2034,SC2154  # names are shared with the scripts that source this file
# Makes the root folder of a Debian system. Sourced, not run.

# machine_mirror: prints where this machine gets Debian's packages from; nothing where it is not a Debian.
machine_mirror() {
  # shellcheck disable=SC2016  # apt's own placeholders
  apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 2>/dev/null | awk '$1 == "Debian" && $2 ~ /\/debian\/?$/ {print $2; exit}'
}

# machine_proxy: prints the proxy that apt was told to use.
machine_proxy() {
  local proxy=
  eval "$(apt-config shell proxy Acquire::http::Proxy)"
  printf '%s\n' "$proxy"
}

# make_debian_root FOLDER SUITE MINUTES PACKAGES: the smallest system plus these (comma-separated), unless it is there.
make_debian_root() {
  local folder=$1 suite=$2 minutes=$3 packages=$4 mirror proxy
  [[ ! -d $folder ]] || return 0
  mirror=$(machine_mirror)
  proxy=$(machine_proxy)
  rm -rf "$folder.part"
  long 1200 "fetching Debian $suite for ${folder##*/} (about $minutes min)" "$folder.log" \
    env ${proxy:+"http_proxy=$proxy"} debootstrap --variant=minbase --include="$packages" "$suite" "$folder.part" ${mirror:+"$mirror"}
  rm -f "$folder.part"/var/cache/apt/archives/*.deb
  mv "$folder.part" "$folder"
}
