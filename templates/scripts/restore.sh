#!/usr/bin/env bash
# Looks at the data volume before a server starts on it. Data that is there is kept, and root gets the password in force;
# an empty volume gets the wanted backup. Killed anywhere, the next run sees `restoring`, clears and begins again.
# shellcheck disable=SC2317  # run_job calls it all
# shellcheck disable=SC2016,SC2001  # backticks of SQL; no expansions with braces in what is rendered
# shellcheck source-path=SCRIPTDIR source=job-server.sh
. ./job-server.sh

password_file=/etc/kubectl-mysql/active/current
previous_file=/etc/kubectl-mysql/active/previous
# What makes tables that were legal once legal again, and keeps new ones as they were written.
lenient="--loose-sql-require-primary-key=OFF --loose-sql-generate-invisible-primary-key=OFF --loose-innodb-strict-mode=OFF
  --loose-explicit-defaults-for-timestamp=ON --loose-restrict-fk-on-non-standard-key=OFF --loose-disabled-storage-engines="
# No time zone of the configuration can be had before the time zones are restored.
first_start="--default-time-zone=SYSTEM --autocommit=1 --skip-log-bin"
backup=''

restore() {
  local problem
  lock_volume
  need_access
  if [[ -e $state/initialised ]]; then keep_data; fi
  look_for_foreign_files
  choose_backup
  problem=$(check_backup "$backup") || refuse "the backup $backup is damaged: $problem. No other one is taken in its place; restore.from: none starts without it"
  compare_settings
  printf '%s' "$MY_CNF" >"$work/my.cnf"
  use_config "$work/my.cnf"
  make_directory
  load_all
  stop_server
  complete
  report found '"restored"'
  finish 'done' "restored $backup"
}

# keep_data: after a namespace came back, the password in git may be another than the one in the data.
keep_data() {
  [[ -d $data/mysql ]] || refuse "the volume is marked as initialised, but data/mysql is missing; bring the data back, or restore a backup"
  printf '%s' "$MY_CNF" >"$work/my.cnf"
  need_password
  # shellcheck disable=SC2119
  start_own_server
  report serverVersion "$(quote_json "$(query 'SELECT VERSION()')" 50)"
  set_root_password
  stop_server
  report found '"data"'
  finish 'done' "the volume has data, which was kept; the password of root is the one in force"
}

need_password() { [[ -s $password_file ]] || refuse "the Secret with the password in force has no key 'current'"; }

look_for_foreign_files() {
  local found
  if [[ -e $state/restoring || -e $state/initialising ]]; then
    need_own_beginning
    return
  fi
  found=$(first_entry "$volume" data state)
  [[ -n $found ]] || found=$(first_mark)
  [[ -n $found ]] || found=$(first_entry "$data")
  [[ -z $found ]] ||
    refuse "the volume holds files that are not ours (such as '$found') and stays as it is; to adopt a MySQL data directory that was shut down cleanly, move it to data/ on this volume and create the file state/initialised"
}

# choose_backup: the wanted one or none, never another.
choose_backup() {
  case $RESTORE_FROM in
    none)
      report found '"declined"'
      finish nothing "restore declined: restore.from is none"
      ;;
    latest)
      need_backups
      backup=$(list_backups | head -n 1)
      if [[ -z $backup ]]; then
        [[ ! -e $state/restoring ]] || refuse "the restore of a backup was begun ($(head -n 1 "$state/restoring")) and the backup is not there any more; bring the backup volume back, or restore.from: none starts without it"
        report found '"empty"'
        finish nothing "there is no data and no backup"
      fi
      ;;
    *)
      backup=$RESTORE_FROM
      is_backup "$backup" || refuse "'$backup' is not the name of a backup"
      need_backups
      [[ -d $backups/$backup ]] || refuse "there is no backup $backup; there are: $(list_backups | tr '\n' ' ')"
      ;;
  esac
  report backup "$(quote_json "$backup" 100)"
}

compare_settings() {
  local key
  for key in time serverVersion sha256 resourceUid; do report "$key" "$(quote_json "$(manifest_value "$backup" "$key")" 100)"; done
  report bytes "$(manifest_value "$backup" bytes)"
  [[ $(manifest_value "$backup" format) == 1 ]] || refuse "the backup $backup was made by a newer kubectl-mysql; use that one"
  need_password
}

# compare_server: before anything is loaded.
compare_server() {
  local wanted found
  wanted=$(manifest_value "$backup" lowerCaseTableNames)
  found=$(query 'SELECT @@lower_case_table_names')
  [[ $wanted == "$found" ]] ||
    refuse "the backup was made with lower_case_table_names=$wanted and the server has $found; put lower_case_table_names: $wanted into spec.config"
  wanted=$(manifest_value "$backup" innodbPageSize)
  found=$(query 'SELECT @@innodb_page_size')
  [[ $wanted == "$found" ]] || warn "the backup was made with innodb_page_size=$wanted, the server has $found"
}

make_directory() {
  mkdir -p "$state"
  if [[ -e $data ]]; then say "clearing what an interrupted run left"; fi
  rm -rf "$data" "$state/invalid-views.sql" "$state/refused-grants.sql" "$state/sort"
  mkdir "$data"
  sync "$volume"
  # With the data folder that it is about, so that only this one is ever cleared.
  printf 'backup=%s\ndata=%s\n' "$backup" "$(stat -c %i "$data")" | publish restoring
  rm -f "$state/initialising"
  # Not before the mark: without it, a folder of ours would count as somebody else's.
  mkdir "$state/sort"
  sync "$state"
  say "initialising the data directory"
  # shellcheck disable=SC2086  # lists of options
  mysqld --initialize-insecure $first_start >"$work/mysqld.log" 2>&1 || {
    cat "$work/mysqld.log"
    fail "mysqld cannot initialise: $(error_in "$work/mysqld.log")"
  }
}

load_all() {
  # shellcheck disable=SC2086  # lists of options
  start_server $first_start $lenient --innodb-doublewrite=OFF --innodb-autoinc-lock-mode=2 --innodb-lock-wait-timeout=3600 \
    --loose-innodb-extend-and-initialize=OFF --loose-innodb-tmpdir="$state/sort" --loose-innodb-ddl-buffer-size=16M
  compare_server
  client -e 'ALTER INSTANCE DISABLE INNODB REDO_LOG' 2>"$work/client.err" || say "the redo log stays on: $(error_in "$work/client.err")"
  load schema.sql
  set_keys_aside
  load_data
  make_keys
  load programs.sql
  load system.sql
  load_views
  client -e 'ALTER INSTANCE ENABLE INNODB REDO_LOG' 2>"$work/client.err" || say "the redo log was on: $(error_in "$work/client.err")"
  load_accounts
  set_root_password
}

unpack() {
  if [[ -e $1.zst ]]; then zstd -q -d -c "$1.zst"; else gzip -d -c "$1.gz"; fi
}

# load PART [OPTION...]: a file of statements through one client.
load() {
  local part=$1
  shift
  say "loading $part"
  unpack "$backups/$backup/$part" 2>"$work/unpack.err" | client "$@" 2>"$work/client.err" ||
    fail "$part could not be loaded: $(cat "$work/unpack.err" "$work/client.err" >"$work/both.err" && error_in "$work/both.err")"
}

data_session="SET SESSION time_zone='+00:00', foreign_key_checks=0, unique_checks=0, autocommit=1,
  sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES', transaction_isolation='READ-COMMITTED'"

# clients: one more than there are processors, five at most; more do not help.
clients() {
  local cpus quota=max period=1
  cpus=$(nproc)
  if [[ -r /sys/fs/cgroup/cpu.max ]]; then
    read -r quota period </sys/fs/cgroup/cpu.max
  elif [[ -r /sys/fs/cgroup/cpu/cpu.cfs_quota_us ]]; then
    quota=$(cat /sys/fs/cgroup/cpu/cpu.cfs_quota_us)
    period=$(cat /sys/fs/cgroup/cpu/cpu.cfs_period_us)
  fi
  if [[ $quota =~ ^[0-9]+$ ]]; then
    quota=$(((quota + period - 1) / period))
    if ((quota < cpus)); then cpus=$quota; fi
  fi
  if ((cpus > 4)); then cpus=4; fi
  echo "$((cpus + 1))"
}

# set_keys_aside: from large tables, while they are empty. A key that is made when all rows are there is sorted once; one
# that grows with them takes as long as the rows, and far longer when it does not fit into memory. Sorting needs room on
# the volume, up to as much as the data.
set_keys_aside() {
  local room need
  : >"$work/make-keys.sql"
  if [[ -e $state/keys-in-place ]]; then say "an earlier run could not make keys by themselves, they are made with the rows"; fi
  if [[ -e $state/keys-in-place || ! -s $backups/$backup/large-tables.txt ]]; then return; fi
  room=$(free_bytes "$volume")
  need=$(($(manifest_value "$backup" dataBytes) * 2))
  if ((room < need)); then
    say "keys are made with the rows: sorting them wants $(in_mib "$need"), $(in_mib "$room") are free"
    return
  fi
  unpack "$backups/$backup/schema.sql" | print_key_changes "$backups/$backup/large-tables.txt" >"$work/keys" ||
    fail "the keys could not be read from schema.sql"
  sed -n 's/^drop //p' "$work/keys" >"$work/drop-keys.sql"
  sed -n 's/^make //p' "$work/keys" >"$work/make-keys.sql"
  run_lines "large tables without keys" "$work/drop-keys.sql" leave_keys
}

# print_key_changes FILE: reads the schema and prints, for each table that the file names, a statement that takes its last
# keys away and one that makes them, in the server's own words. They are the last ones so that their order stays. Those
# that are unique, of another kind, on an expression, or needed by a foreign key stay; so do all in a table with
# generated columns, whose values might come out differently.
print_key_changes() {
  awk '
    function first_column(text) { return match(text, /\(`([^`]|``)*`/) ? substr(text, RSTART + 1, RLENGTH - 1) : "" }
    function note_columns(text) {
      sub(/.* FOREIGN KEY \(/, "", text); sub(/\) REFERENCES .*/, "", text)
      while (match(text, /`([^`]|``)*`/)) { foreign[substr(text, RSTART, RLENGTH)] = 1; text = substr(text, RSTART + RLENGTH) }
    }
    NR == FNR { large[$0] = 1; next }
    /^USE `.*`;$/ { schema = substr($0, 5, length($0) - 5); next }
    /^CREATE TABLE `.*` \($/ { table = schema "." substr($0, 14, length($0) - 15); count = stays = 0; split("", foreign); next }
    / GENERATED ALWAYS AS / { stays = 1 }
    /^  KEY `|^  SPATIAL KEY `/ { key[++count] = $0 }
    /^  CONSTRAINT `.* FOREIGN KEY \(/ { note_columns($0) }
    /^\) (\/\*!50100 TABLESPACE [^*]*\*\/ )?ENGINE=InnoDB/ {
      drop = make = ""
      for (; (table in large) && !stays && count > 0; count--) {
        text = key[count]
        sub(/,$/, "", text)
        if (text !~ /^  KEY / || text ~ /\(\(/ || first_column(text) in foreign) break
        match(text, /`([^`]|``)*`/)
        drop = ", DROP KEY " substr(text, RSTART, RLENGTH) drop
        make = ", ADD" substr(text, 2) make
      }
      if (drop != "") {
        print "drop ALTER TABLE " table substr(drop, 2) ";"
        print "make ALTER TABLE " table substr(make, 2) ";"
      }
    }' "$1" -
}

# leave_keys: a table whose keys cannot be taken away, such as one of an AUTO_INCREMENT column, keeps them.
leave_keys() {
  say "a table keeps its keys: $(error_in "$work/lines.err")"
  sed -i "$((from - 1))s/.*//" "$work/make-keys.sql"
}

# make_keys: should it fail, the next try makes them with the rows.
make_keys() {
  SCHEMA=information_schema
  : >"$work/load.err"
  if ! grep -q . "$work/make-keys.sql"; then return; fi
  say "making the keys of large tables"
  deal_out "$(clients)" <"$work/make-keys.sql" 2>"$work/split.err" || {
    publish keys-in-place </dev/null
    fail "the keys of large tables could not be made: $(cat "$work/split.err" "$work/load.err" >"$work/both.err" && error_in "$work/both.err")"
  }
}

# load_data: each INSERT stands in one line, so the lines are dealt out to several clients.
load_data() {
  local number parallel hex quoted count
  count=$(clients)
  cat >"$work/load" <<'END'
exec mysql --no-defaults --socket="$SOCKET" --user=root --default-character-set=utf8mb4 --batch --no-auto-rehash \
  --binary-mode --max-allowed-packet=1G --init-command="$DATA_SESSION" --database="$SCHEMA" 2>>"$ERRORS"
END
  export SOCKET=$socket DATA_SESSION=$data_session ERRORS=$work/load.err SCHEMA=''
  while IFS=$'\t' read -r number parallel hex quoted; do
    unhex "$hex"
    SCHEMA=$unhexed
    ((parallel == 1)) || parallel=0
    ((parallel == 0)) || parallel=$count
    say "loading the data of $quoted"
    : >"$work/load.err"
    unpack "$backups/$backup/data-$number.sql" 2>"$work/unpack.err" | deal_out "$parallel" 2>"$work/split.err" ||
      fail "the data of $quoted could not be loaded: $(cat "$work/unpack.err" "$work/split.err" "$work/load.err" >"$work/both.err" && error_in "$work/both.err")"
  done <"$backups/$backup/schemas.txt"
}

deal_out() {
  if (($1 > 1)); then
    (cd "$work" && split -n "r/$1" -u --filter="bash $work/load")
  else
    bash "$work/load"
  fi
}

# run_lines PART FILE HANDLER: each line is a statement of its own. One that fails goes to the handler, which may end it
# all; then the next one's turn comes.
run_lines() {
  local from=1 line
  say "loading $1"
  until tail -n "+$from" "$2" | client 2>"$work/lines.err"; do
    line=$(sed -n 's/^ERROR [0-9]* ([^)]*) at line \([0-9]*\):.*/\1/p' "$work/lines.err" | head -n 1)
    [[ -n $line ]] || fail "$1 could not be loaded: $(error_in "$work/lines.err")"
    from=$((from + line))
    sed -n "$((from - 1))p" "$2" >"$work/failed-line"
    "$3"
  done
}

# load_views: over and over until no more can be made. A view can be invalid, and was so in the backup: its text goes to
# state/, and from there into the next backup.
load_views() {
  local before after text
  cp "$backups/$backup/views.sql" "$work/views.sql"
  while :; do
    before=$(wc -l <"$work/views.sql")
    : >"$work/views-again"
    : >"$work/views-errors"
    run_lines views "$work/views.sql" keep_view
    after=$(wc -l <"$work/views-again")
    mv "$work/views-again" "$work/views.sql"
    if ((after == 0 || after == before)); then break; fi
  done
  if ((after == 0)); then return; fi
  while IFS= read -r text; do warn "a view is not valid and was not made; its text is kept: $text"; done <"$work/views-errors"
  publish invalid-views.sql <"$work/views.sql"
}

keep_view() {
  cat "$work/failed-line" >>"$work/views-again"
  error_in "$work/lines.err" >>"$work/views-errors"
  echo >>"$work/views-errors"
}

# keep_grant: a right on a table, column or routine that is gone cannot be granted; everything else must.
keep_grant() {
  case $(cat "$work/lines.err") in
    'ERROR 1146 '* | 'ERROR 1054 '* | 'ERROR 1305 '* | 'ERROR 1049 '*)
      warn "a right on something that is gone was not granted; it is in state/refused-grants.sql: $(error_in "$work/lines.err")"
      cat "$work/failed-line" >>"$state/refused-grants.sql"
      ;;
    'ERROR 1149 '*) grant_known || refuse_account ;;
    *) refuse_account ;;
  esac
}

refuse_account() {
  local way=''
  case $(cat "$work/lines.err") in
    'ERROR 1524 '*)
      way="; this server has no such plugin: put the image of MySQL $(manifest_value "$backup" serverVersion) and its config into git again, let the account log in by another plugin there, and then upgrade"
      ;;
  esac
  fail "an account could not be restored: $(error_in "$work/lines.err")$way ($(sed 's/ IDENTIFIED WITH .* REQUIRE / ... REQUIRE /' "$work/failed-line"))"
}

# grant_known: of rights by names of another release, or of a plugin that is not loaded yet, the known ones are given. Those
# of SET_USER_ID are two since 8.2; MySQL does the same when it upgrades data.
grant_known() {
  local name names known='' unknown='' rest
  names=$(sed -n 's/^GRANT \([A-Z0-9_,]*\) ON \*\.\* TO .*/\1/p' "$work/failed-line")
  [[ -n $names ]] || return 1
  rest=$(sed 's/^GRANT [A-Z0-9_,]*//' "$work/failed-line")
  names=$(sed 's/\bSET_USER_ID\b/SET_ANY_DEFINER ALLOW_NONEXISTENT_DEFINER/; s/,/ /g' <<<"$names")
  query 'SHOW PRIVILEGES' | cut -f 1 | tr '[:lower:]' '[:upper:]' >"$work/privileges" || return
  for name in $names; do
    if grep -qxF "$name" "$work/privileges"; then known=$known,$name; else unknown=$unknown,$name; fi
  done
  if [[ -n $known ]]; then client -e "GRANT $(cut -c 2- <<<"$known")$rest" 2>"$work/lines.err" || return; fi
  [[ -n $unknown ]] || return 0
  warn "a right that this MySQL does not know was not granted; it is in state/refused-grants.sql: $(cut -c 2- <<<"$unknown")"
  echo "GRANT $(cut -c 2- <<<"$unknown")$rest" >>"$state/refused-grants.sql"
}

# load_accounts: by an account of ours, since root is made again like all others.
load_accounts() {
  account=root
  client -e "FLUSH PRIVILEGES; CREATE USER kubectl_mysql_restore@localhost IDENTIFIED WITH caching_sha2_password AS '';
    GRANT ALL ON *.* TO kubectl_mysql_restore@localhost WITH GRANT OPTION;
    GRANT PROXY ON ''@'' TO kubectl_mysql_restore@localhost WITH GRANT OPTION" 2>"$work/client.err" ||
    fail "the accounts cannot be restored: $(error_in "$work/client.err")"
  account=kubectl_mysql_restore
  if [[ $(manifest_value "$backup" partialRevokes) == true ]]; then
    query 'SET GLOBAL partial_revokes=ON'
  fi
  if grep -q '^CREATE USER `root`@' "$backups/$backup/accounts.sql"; then
    query 'DROP USER root@localhost'
  else
    warn "the backup has no account root; root@localhost was made"
  fi
  run_lines accounts.sql "$backups/$backup/accounts.sql" keep_grant
}

# set_root_password: in one session, in which nothing of an earlier password is left. Accounts that are locked, log in by
# another plugin or have an empty password stay as they are, unless no other one is left.
set_root_password() {
  list_roots >"$work/roots"
  if ! grep -q '^1' "$work/roots"; then
    warn "no account root logs in by a password; root@localhost gets one"
    sed -i 's/^0\(.*`@`localhost`\)$/1\1/' "$work/roots"
    grep -q '^1' "$work/roots" || printf '1\tDEFAULT\tDEFAULT\t`root`@`localhost`\n' >"$work/roots"
  fi
  print_password_change >"$work/roots.sql"
  client <"$work/roots.sql" 2>"$work/client.err" || {
    ! grep -q 'ERROR 1064' "$work/client.err" || fail "the password of root could not be set: the server did not understand it"
    fail "the password of root could not be set: $(error_in "$work/client.err")"
  }
  rm -f "$work/roots.sql"
  sed -n 's/^0.*\t//p' "$work/roots" | while IFS= read -r root; do warn "the password of $root was left as it is"; done
}

list_roots() {
  query "SELECT plugin IN ('caching_sha2_password', 'sha256_password', 'mysql_native_password')
      AND account_locked = 'N' AND authentication_string <> '', IFNULL(Password_reuse_history, 'DEFAULT'),
      IFNULL(CONCAT(Password_reuse_time, ' DAY'), 'DEFAULT'), CONCAT('\`root\`@\`', REPLACE(Host, '\`', '\`\`'), '\`')
    FROM mysql.user WHERE User = 'root'"
}

# print_password_change: neither a policy nor a history may be in the way. A second password would outlive the change of the
# first one, for ever; it stays only while the Secret tells it.
print_password_change() {
  local can history time root password discard=''
  [[ -s $previous_file ]] || discard=$(query "SELECT 'yes' FROM information_schema.COLUMNS
    WHERE TABLE_SCHEMA = 'mysql' AND TABLE_NAME = 'user' AND COLUMN_NAME = 'User_attributes'")
  password=$(sed "s/\\\\/\\\\\\\\/g; s/'/''/g" "$password_file")
  echo "FLUSH PRIVILEGES; SET SESSION sql_log_bin=0;"
  query "SELECT CONCAT('SET GLOBAL ', VARIABLE_NAME, '=', IF(VARIABLE_NAME LIKE '%check_user_name', 'OFF', '0'), ';')
    FROM performance_schema.global_variables WHERE VARIABLE_NAME REGEXP '^validate_password[._](policy|length|check_user_name)$'"
  while IFS=$'\t' read -r can history time root; do
    ((can == 1)) || continue
    printf "ALTER USER %s PASSWORD HISTORY 0 PASSWORD REUSE INTERVAL 0 DAY;\n" "$root"
    printf "ALTER USER %s IDENTIFIED BY '%s';\n" "$root" "$password"
    [[ -z $discard ]] || printf "ALTER USER %s DISCARD OLD PASSWORD;\n" "$root"
    printf "ALTER USER %s PASSWORD HISTORY %s PASSWORD REUSE INTERVAL %s;\n" "$root" "$history" "$time"
  done <"$work/roots"
  [[ $account == root ]] || echo "DROP USER $account@localhost;"
}

# complete: only now does the volume count as a server's data.
complete() {
  local series
  series=$(mysqld --version | sed 's/.*Ver \([0-9]*\.[0-9]*\).*/\1/')
  if [[ -e $backups/$backup/mysqld-auto.cnf ]]; then
    if [[ $(manifest_value "$backup" serverVersion) == "$series".* ]]; then
      cp "$backups/$backup/mysqld-auto.cnf" "$data/mysqld-auto.cnf"
    else
      warn "the settings of SET PERSIST belong to another release series and were not restored"
    fi
  fi
  rm -rf "$state/sort"
  sync -f "$volume"
  publish my.cnf <"$work/my.cnf"
  {
    echo "version=$(mysqld --version)"
    echo "image=$SERVER_IMAGE"
    echo "resource=$RESOURCE_UID"
    echo "time=$(date -u +%Y-%m-%dT%H:%M:%SZ)"
    echo "backup=$backup"
  } | publish initialised
  rm -rf "$state/restoring" "$state/keys-in-place"
  sync "$state"
}

run_job restore
