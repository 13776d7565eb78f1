# shellcheck shell=bash
# A server without network for the backup and the restore, how they talk to it, and what a backup looks like.
# shellcheck source-path=SCRIPTDIR source=job.sh
. ./job.sh

volume=/var/lib/mysql
data=$volume/data
state=$volume/state
backups=/backup
socket=/var/run/mysqld/job.sock
server=''
unhexed=''

# first_mark: what is in state/; a restore that was killed while it wrote its mark had begun nothing.
first_mark() { first_entry "$state" .restoring.part; }

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

# need_access: what cannot be read is not empty. Listing with all details looks at every entry; a failure may pass.
need_access() {
  local folder
  for folder in "$volume" "$state" "$data"; do
    [[ $folder == "$volume" ]] || grep -qxF "$(basename "$folder")" "$work/entries" || continue
    [[ -d $folder && ! -L $folder ]] || refuse "'$(basename "$folder")' is not a folder; the volume stays as it is"
    ls -lA "$folder" >/dev/null 2>"$work/access.err" || fail "the data volume cannot be read: $(tail -n 1 "$work/access.err")"
    [[ $folder != "$volume" ]] || ls -A "$volume" >"$work/entries" || fail "the data volume cannot be listed"
  done
}

# need_backups: a backup volume that cannot be listed is not one without backups.
need_backups() {
  ls -lA "$backups" >/dev/null 2>"$work/access.err" || fail "the backup volume cannot be read: $(tail -n 1 "$work/access.err")"
}

# need_own_beginning: under the mark of an interrupted first start or restore, data/ holds nothing or is the folder that the
# mark names. Only then may it be cleared, or counts for nothing.
need_own_beginning() {
  local found=''
  [[ -z $(first_entry "$data") ]] ||
    grep -qsxF "data=$(stat -c %i "$data")" "$state/initialising" "$state/restoring" || found=data
  [[ -n $found ]] || found=$(first_entry "$volume" data state)
  [[ -z $found ]] ||
    refuse "'$found' is not what the interrupted first start or restore had made, and stays as it is; to adopt a MySQL data directory that was shut down cleanly, move it to data/ on this volume and create the file state/initialised, to begin anew remove it"
}

# lock_volume: the lock that a server holds, too, as long as one of its processes runs. Whoever comes second waits a minute.
lock_volume() {
  local code=0
  command -v flock >/dev/null || return 0
  exec 9<"$volume"
  flock -w 60 -E 75 9 || code=$?
  ((code != 75)) || fail "a server, or another Job, has the data volume open"
}

# use_config FILE: the options of the server, where the image's own option file looks for them.
use_config() { cp "$1" /etc/mysql/conf.d/my.cnf; }

# What tells how the data is stored and logged; without the other options a server starts, too.
storage_options='^(\[mysqld\]$|(loose_)?(datadir|lower_case_table_names|innodb_(page_size|data_file_path|directories)|log_bin(_index)?|disable_log_bin|skip_log_bin|gtid_mode|enforce_gtid_consistency|early_plugin_load|plugin_load(_add)?|keyring_[a-z_]*)(=|$))'

# own_config: the server's own options as of its last start; a directory that was adopted and never started has none.
# Those of git stand in $work/my.cnf where they are known.
own_config() {
  if [[ -e $state/my.cnf ]]; then
    echo "$state/my.cnf"
  else
    [[ -e $work/my.cnf ]] || printf '[mysqld]\ndatadir=%s\n' "$data" >"$work/my.cnf"
    echo "$work/my.cnf"
  fi
}

# start_own_server OPTION...: with the server's own options. The last commit may have brought one with which no server starts;
# that must not keep anybody from the data.
start_own_server() {
  local why
  use_config "$(own_config)"
  if ! launch_server "$@"; then
    why=$(error_in "$work/mysqld.log")
    warn "mysqld does not start with the server's own options ($why); it gets only those that tell how the data is stored"
    grep -E "$storage_options" "$(own_config)" >"$work/storage.cnf"
    use_config "$work/storage.cnf"
    launch_server "$@" || fail "mysqld does not start: $why"
  fi
  settle_server
}

# start_server OPTION...: mysqld as it is configured, but reached only through our socket. Nobody else's statements run:
# without grant tables the event scheduler is off as well. The list of the pages that the real server had in memory is
# neither used nor replaced.
start_server() {
  launch_server "$@" || fail "mysqld does not start: $(error_in "$work/mysqld.log")"
  settle_server
}

launch_server() {
  : >"$work/mysqld.log"
  mysqld "$@" --skip-grant-tables --skip-networking --loose-mysqlx=OFF --socket="$socket" \
    --pid-file=/var/run/mysqld/job.pid --event-scheduler=OFF --performance-schema=OFF \
    --loose-innodb-buffer-pool-load-at-startup=OFF --loose-innodb-buffer-pool-dump-at-shutdown=OFF \
    --loose-skip-replica-start --loose-skip-slave-start --general-log=OFF --slow-query-log=OFF \
    --loose-character-set-client-handshake=ON \
    --max-allowed-packet=1G >>"$work/mysqld.log" 2>&1 &
  server=$!
  until client -e 'SELECT 1' >/dev/null 2>"$work/client.err"; do
    if ! kill -0 "$server" 2>/dev/null; then
      cat "$work/mysqld.log"
      server=''
      return 1
    fi
    sleep 0.1
  done
}

# settle_server: SET PERSIST beats options of the command line, so what would be in the way is set once more: what keeps from
# writing or reading, ends a statement that takes long, and what leaves rows, columns or quotes out of an answer.
settle_server() {
  client -e "SET GLOBAL super_read_only=OFF, GLOBAL read_only=OFF, GLOBAL max_execution_time=0,
    GLOBAL net_read_timeout=3600, GLOBAL net_write_timeout=3600, GLOBAL max_allowed_packet=1073741824,
    GLOBAL sql_mode='', GLOBAL autocommit=ON, GLOBAL offline_mode=OFF, GLOBAL transaction_read_only=OFF,
    GLOBAL wait_timeout=86400, GLOBAL max_connections=100, GLOBAL max_user_connections=0,
    GLOBAL sql_select_limit=DEFAULT, GLOBAL max_join_size=DEFAULT, GLOBAL sql_big_selects=ON,
    GLOBAL sql_quote_show_create=ON, GLOBAL sql_safe_updates=OFF, GLOBAL completion_type=NO_CHAIN" 2>"$work/client.err" ||
    fail "the server does not take its settings: $(error_in "$work/client.err")"
  # Not every server knows it.
  client -e 'SET GLOBAL show_gipk_in_create_table_and_information_schema=ON' 2>/dev/null || true
}

# stop_server: a clean shutdown, or it counts as a failure.
stop_server() {
  kill -TERM "$server"
  await_end_of_server
}

# await_end_of_server: of one that was told to stop.
await_end_of_server() {
  local code=0
  wait "$server" || code=$?
  server=''
  if ((code != 0)); then
    cat "$work/mysqld.log"
    fail "mysqld did not shut down cleanly (exit code $code): $(error_in "$work/mysqld.log")"
  fi
}

account=root
# client ARGUMENT...: without the binary mode the client would change line ends and run commands that stand in a text.
client() {
  mysql --no-defaults --socket="$socket" --user="$account" --default-character-set=utf8mb4 --batch --skip-column-names \
    --no-auto-rehash --binary-mode --max-allowed-packet=1G --init-command="SET SESSION sql_mode='', autocommit=1" "$@"
}

# query STATEMENT: rows, with tab, line break and backslash written as escapes.
query() {
  client -e "$1" 2>"$work/client.err" || fail "a question to the server failed: $(error_in "$work/client.err")"
}

# unhex HEX: the bytes, in the variable `unhexed`. Names travel in hex, since they may hold anything.
# shellcheck disable=SC2001,SC2034
unhex() { printf -v unhexed '%b' "$(echo "$1" | sed 's/../\\x&/g')"; }

file_bytes() { stat -c %s "$1"; }
free_bytes() { df --output=avail -B 1 "$1" | tail -n 1 | tr -d ' '; }

# in_mib BYTES
in_mib() { awk -v bytes="$1" 'BEGIN {printf "%.1f MiB", bytes / 1048576}'; }

# data_bytes: the size of the users' tables; no server needs to run.
data_bytes() {
  local entry
  for entry in "$data"/* "$data"/*.ibd; do
    case $(basename "$entry") in
      mysql | sys | performance_schema | '#'* | mysql.ibd) continue ;;
    esac
    if [[ -d $entry || $entry == *.ibd ]]; then du -sk "$entry"; fi
  done | awk '{sum += $1} END {printf "%.0f", sum * 1024}'
}

# is_backup NAME: is it the name of a complete backup? Newer ones have greater numbers, whatever the clock says.
is_backup() { [[ $1 =~ ^[0-9]{4,}-[0-9]{8}-[0-9]{6}$ ]]; }

# list_backups: the names of complete backups, the newest first.
list_backups() {
  local folder name
  for folder in "$backups"/*/; do
    name=$(basename "$folder")
    if is_backup "$name"; then echo "$name"; fi
  done | sort -t - -k 1,1nr -k 2r
}

# manifest_value BACKUP KEY: a text or number of the manifest, which has one member in a line.
manifest_value() {
  sed -n "s/^  \"$2\": \"\(.*\)\",*\$/\1/p; s/^  \"$2\": \([a-z0-9]*\),*\$/\1/p" "$backups/$1/manifest.json" | head -n 1
}

# check_backup BACKUP: fails and prints what is wrong with it, unless every byte is as it was written.
check_backup() {
  local folder=$backups/$1
  if [[ ! -s $folder/manifest.json ]]; then
    echo "manifest.json is missing"
  elif [[ $(tail -n 1 "$folder/manifest.json") != '}' || $(manifest_value "$1" check) != $(sum_above_check "$1") ]]; then
    echo "manifest.json was changed"
  elif [[ $(sha256sum <"$folder/SHA256SUMS" | cut -d ' ' -f 1) != $(manifest_value "$1" sha256) ]]; then
    echo "SHA256SUMS was changed"
  elif ! (cd "$folder" && sha256sum --check --strict --quiet SHA256SUMS) >"$work/check" 2>&1; then
    head -n 1 "$work/check"
  else
    return 0
  fi
  return 1
}

# sum_above_check BACKUP: the manifest's last member is the checksum of all the lines above it.
sum_above_check() { head -n -2 "$backups/$1/manifest.json" | sha256sum | cut -d ' ' -f 1; }

# publish FILE: standard input becomes a file in state/, whole or not at all.
publish() {
  cat >"$state/.$1.part"
  sync "$state/.$1.part"
  mv "$state/.$1.part" "$state/$1"
  sync "$state"
}
