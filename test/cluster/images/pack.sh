# shellcheck shell=bash disable=SC2034,SC2154  # names are shared with the scripts that source this file
# Packs folders as a container image archive (the format of `docker save`), with tar, sha256sum and jq. The same folders
# give the same bytes: sorted, without times and names of users. Sourced, not run.

# pack_layer FOLDER LAYER.tar TAR_ARGUMENT...: options, and what to pack (`.` for all).
pack_layer() {
  local folder=$1 layer=$2
  shift 2
  tar --create --file="$layer" --directory="$folder" --format=gnu --sort=name --mtime=@0 --numeric-owner "$@"
}

# what a Debian system has and an image does not need
debian_ballast=(
  --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*' --exclude='./usr/share/info/*'
  --exclude='./var/cache/*' --exclude='./var/log/*' --exclude='./var/lib/apt/lists/*' --exclude='./dev/*'
)

digest() { sha256sum "$1" | cut -d' ' -f1; }

# pack_image OUT.tar NAME CONFIG_JSON LAYER.tar...: the layers from below to above.
pack_image() (
  out=$1 name=$2 config=$3
  shift 3
  layers=()
  folder=$(mktemp -d "$out.XXXXXX")
  trap 'rm -rf "$folder"' EXIT
  for layer in "$@"; do
    sum=$(digest "$layer")
    ln "$layer" "$folder/$sum.tar" 2>/dev/null || cp "$layer" "$folder/$sum.tar"
    layers+=("$sum")
  done
  jq --null-input --compact-output --sort-keys --arg architecture "$(dpkg --print-architecture)" --argjson config "$config" \
    '{created: "1970-01-01T00:00:00Z", architecture: $architecture, os: "linux", config: $config,
      rootfs: {type: "layers", diff_ids: ($ARGS.positional | map("sha256:" + .))}}' --args "${layers[@]}" >"$folder/config"
  sum=$(digest "$folder/config")
  mv "$folder/config" "$folder/$sum.json"
  jq --null-input --compact-output --arg config "$sum.json" --arg name "$name" \
    '[{Config: $config, RepoTags: [$name], Layers: ($ARGS.positional | map(. + ".tar"))}]' --args "${layers[@]}" \
    >"$folder/manifest.json"
  pack_layer "$folder" "$folder/archive" --owner=0 --group=0 --mode=0644 -- manifest.json "$sum.json" "${layers[@]/%/.tar}"
  mv "$folder/archive" "$out"
)
