#!/usr/bin/env bash
# Backs the data volume up with no server and no password: mysqld is started on the directory without network and dumped.
# A backup is a folder that gets its name when it is complete; until then it is called .partial.
# shellcheck disable=SC2317  # run_job calls it all
# shellcheck disable=SC2016,SC2001  # backticks of SQL; no expansions with braces in what is rendered
# shellcheck source-path=SCRIPTDIR source=job-server.sh
. ./job-server.sh

partial=''
name=''

backup() {
  trap '[[ -z $partial ]] || rm -rf "$partial"' EXIT
  lock_volume
  need_access
  look_at_volume
  need_backups
  remove_leftovers
  find_finished
  name_backup
  check_room
  start_own_server --loose-upgrade=NONE --loose-show-gipk-in-create-table-and-information-schema=ON
  read_server
  refuse_long_rows
  mkdir "$partial" || fail "the backup volume cannot be written"
  dump_all
  # Both at once: the shutdown writes on the data volume, the checksums read from the backup's.
  kill -TERM "$server"
  sum_files
  await_end_of_server
  publish_backup
  remove_old
  finish 'done' "backed up as $name"
}

look_at_volume() {
  local found
  if [[ -e $state/initialised ]]; then
    [[ -d $data/mysql ]] || refuse "the volume is marked as initialised, but data/mysql is missing; bring the data back"
  elif [[ -e $state/restoring ]]; then
    need_own_beginning
    finish nothing "a restore of this volume was not completed, so it holds nothing of its own; the earlier backup stays the latest"
  elif [[ -e $state/initialising ]]; then
    need_own_beginning
    finish nothing "the first start of the server was never completed, so there is nothing to back up"
  else
    found=$(first_entry "$volume" state)$(first_mark)
    [[ -z $found || $found == data && -z $(first_entry "$data") ]] ||
      refuse "the volume holds files that are not ours (such as '$found'), and no server of ours ever ran on it"
    finish nothing "the volume is empty, there is nothing to back up"
  fi
}

# find_finished: the same Job may run twice, when its first end was not seen.
find_finished() {
  local earlier problem
  for earlier in $(list_backups); do
    [[ $(manifest_value "$earlier" inputHash) == "$INPUT_HASH" ]] || continue
    [[ $(manifest_value "$earlier" resourceUid) == "$RESOURCE_UID" ]] || continue
    if ! problem=$(check_backup "$earlier"); then
      warn "the backup $earlier of this very Job is damaged ($problem) and is made again"
      continue
    fi
    report_backup "$earlier"
    finish 'done' "backed up as $earlier already"
  done
}

remove_leftovers() {
  local folder
  for folder in "$backups"/*.partial/; do
    say "removing $(basename "$folder"), which an earlier run left unfinished"
    rm -rf "$folder"
  done
}

name_backup() {
  local newest number=1
  newest=$(list_backups | head -n 1)
  if [[ -n $newest ]]; then number=$((10#$(cut -d - -f 1 <<<"$newest") + 1)); fi
  time=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  name=$(printf '%04d-%s' "$number" "$(date -u -d "$time" +%Y%m%d-%H%M%S)")
  partial=$backups/$name.partial
}

# check_room: fails before the dump when the volume cannot hold it. By the last backup that is a good guess; without one
# only what is hopeless is refused, since nobody knows how far the data will shrink.
check_room() {
  local free newest need before
  free=$(free_bytes "$backups")
  size=$(data_bytes)
  newest=$(list_backups | head -n 1)
  need=$((size / 50 + 262144))
  if [[ -n $newest ]]; then
    before=$(manifest_value "$newest" dataBytes)
    if ((before > 0)); then
      need=$(awk -v n="$size" -v before="$before" -v bytes="$(manifest_value "$newest" bytes)" \
        'BEGIN {printf "%.0f", n / before * bytes * 0.7 + 262144}')
    fi
  fi
  say "data $(in_mib "$size"), free for the backup $(in_mib "$free"), needed at least $(in_mib "$need")"
  ((free >= need)) || fail "the backup volume is too small: $(in_mib "$free") are free, $(in_mib "$need") or more are needed for data of $(in_mib "$size"); give backup.size a greater value. Earlier backups are kept"
}

read_server() {
  version=$(query 'SELECT VERSION()')
  gtid=$(query "SELECT REPLACE(@@GLOBAL.gtid_executed, '\n', '')")
  case_mode=$(query 'SELECT @@lower_case_table_names')
  page_size=$(query 'SELECT @@innodb_page_size')
  partial_revokes=$(query 'SELECT IF(@@GLOBAL.partial_revokes, "true", "false")' 2>/dev/null || echo false)
  say "dumping a server $version"
}

# A table of information_schema as a statement names it.
quoted_name="CONCAT('\`', REPLACE(TABLE_SCHEMA, '\`', '\`\`'), '\`.\`', REPLACE(TABLE_NAME, '\`', '\`\`'), '\`')"

# refuse_long_rows: a row whose INSERT would be longer than a packet, 1 GiB, can be dumped and never be loaded. Bytes are dumped
# as two digits each. Only values of these types are so long, and only in a big file; statistics may be older than the row.
refuse_long_rows() {
  local table length
  [[ -n $(find "$data" -type f -size +262144k ! -path '*/#innodb*' ! -name 'undo_*' -print -quit) ]] || return 0
  query "SET SESSION group_concat_max_len = 100000000;
    SELECT HEX($quoted_name),
      HEX(GROUP_CONCAT(CONCAT(IF(DATA_TYPE IN ('longtext', 'json'), 1, 2),
        ' * COALESCE(LENGTH(\`', REPLACE(COLUMN_NAME, '\`', '\`\`'), '\`), 0)') SEPARATOR ' + '))
    FROM information_schema.TABLES JOIN information_schema.COLUMNS USING (TABLE_SCHEMA, TABLE_NAME)
    WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA $not_system AND EXTRA NOT LIKE '%GENERATED%'
      AND (DATA_TYPE IN ('longblob', 'longtext', 'json') OR DATA_TYPE REGEXP 'geom|point|linestring|polygon')
    GROUP BY TABLE_SCHEMA, TABLE_NAME" >"$work/long"
  while read -r table length; do
    unhex "$table"
    table=$unhexed
    unhex "$length"
    length=$(query "SELECT COALESCE(MAX($unhexed), 0) FROM $table")
    ((length < 1072693248)) ||
      refuse "a row of $table is $(in_mib "$length") as text, and no client can load more than 1 GiB: the backup would be of no use. With deletionPolicy Retain the volume is kept as it is"
  done <"$work/long"
}

if command -v zstd >/dev/null; then suffix=zst; else suffix=gz; fi
compress() { if [[ $suffix == zst ]]; then zstd -q -3 -T2; else gzip -3; fi; }
check_compressed() { if [[ $suffix == zst ]]; then zstd -q -t; else gzip -t; fi; }

# mysqldump with all that every part of a backup needs; `--no-defaults` has to be the first option.
dump_command="mysqldump --no-defaults --socket=$socket --user=root --default-character-set=utf8mb4 --max-allowed-packet=1G
  --single-transaction --quick --hex-blob --no-tablespaces --set-gtid-purged=OFF --loose-column-statistics=0
  --skip-dump-date --skip-add-drop-table --skip-add-locks"
# shellcheck disable=SC2086  # options without blanks
dump() { $dump_command "$@"; }

# dump_tables KIND HEX OPTION...: the tables of a schema that are of a kind, by their names, some hundred at a time. What
# mysqldump is told to leave out it leaves out in upper and lower case: with the view `orders` the table `Orders`.
# shellcheck disable=SC2086  # options without blanks
dump_tables() {
  local kind=$1 hex=$2
  shift 2
  unhex "$hex"
  list_tables "$kind" "$hex" | xargs -0 -r -n 500 $dump_command "$@" -- "$unhexed"
}

# list_tables KIND HEX: names, each ended by a zero byte.
list_tables() {
  local table
  awk -v kind="$1" -v schema="$2" '$1 "" == schema "" && $0 ~ kind {print $2}' "$work/tables" | sed 's/../\\x&/g' |
    while IFS= read -r table; do printf '%b\0' "$table"; done
}

# save FILE COMMAND...: what the command prints becomes a file of the backup, if every stage says that it went well.
save() {
  local file=$partial/$1
  shift
  "$@" 2>"$work/dump.err" | compress 2>"$work/compress.err" | tee "$file" 2>>"$work/compress.err" | check_compressed ||
    fail_dump "$(basename "$file")"
}

fail_dump() {
  cat "$work/dump.err" "$work/compress.err" >&2
  (($(free_bytes "$backups") > 1048576)) || drop_partial "the backup volume is full; give backup.size a greater value. Earlier backups are kept"
  drop_partial "$1 could not be written: $(cat "$work/dump.err" "$work/compress.err" >"$work/both.err" && error_in "$work/both.err")"
}

drop_partial() {
  rm -rf "$partial"
  fail "$@"
}

not_system="NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')"

dump_all() {
  list_names
  save "schema.sql.$suffix" dump_schema
  count_tables
  save "programs.sql.$suffix" dump_programs
  dump_data
  dump_views
  save "system.sql.$suffix" dump_system
  # Nothing after this can ask the server.
  dump_accounts
  cp "$(own_config)" "$partial/my.cnf" || drop_partial "my.cnf could not be copied"
  if [[ -e $data/mysqld-auto.cnf ]]; then
    cp "$data/mysqld-auto.cnf" "$partial/mysqld-auto.cnf" || drop_partial "mysqld-auto.cnf could not be copied"
  fi
}

# list_names: the schemas, with what the restore of their data must know, and the views. A table whose name holds a line
# break, and an ARCHIVE table, which wants its numbers in order, is loaded by one client.
list_names() {
  query "SELECT LPAD(ROW_NUMBER() OVER (ORDER BY SCHEMA_NAME), 4, '0'), NOT EXISTS (
      SELECT * FROM information_schema.TABLES t JOIN information_schema.COLUMNS c USING (TABLE_SCHEMA, TABLE_NAME)
      WHERE t.TABLE_SCHEMA = SCHEMA_NAME AND t.TABLE_TYPE = 'BASE TABLE' AND (t.ENGINE = 'ARCHIVE'
        OR t.TABLE_NAME REGEXP '[[:cntrl:]]' OR c.COLUMN_NAME REGEXP '[[:cntrl:]]')),
      HEX(SCHEMA_NAME), SCHEMA_NAME
    FROM information_schema.SCHEMATA WHERE SCHEMA_NAME $not_system ORDER BY 1" >"$partial/schemas.txt"
  query "SELECT HEX(TABLE_SCHEMA), HEX(TABLE_NAME), IF(EXISTS (SELECT * FROM information_schema.COLUMNS c
        WHERE c.TABLE_SCHEMA = t.TABLE_SCHEMA AND c.TABLE_NAME = t.TABLE_NAME AND DATA_TYPE = 'float'), 'float', 'plain'),
      IF(EXISTS (SELECT * FROM information_schema.TRIGGERS
        WHERE EVENT_OBJECT_SCHEMA = TABLE_SCHEMA AND EVENT_OBJECT_TABLE = TABLE_NAME), 'trigger', '-')
    FROM information_schema.TABLES t WHERE TABLE_TYPE = 'BASE TABLE' AND TABLE_SCHEMA $not_system ORDER BY 1, 2" >"$work/tables"
  query "SELECT HEX(TABLE_SCHEMA), HEX(TABLE_NAME),
      HEX($quoted_name)
    FROM information_schema.TABLES WHERE TABLE_TYPE = 'VIEW' AND TABLE_SCHEMA $not_system ORDER BY 1, 2" >"$work/views"
  # Tables whose keys are better made after the rows. SHOW CREATE TABLE gives their text as the restore needs it.
  query "/*!80000 SET SESSION information_schema_stats_expiry=0 */;
    SELECT $quoted_name
    FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE' AND ENGINE = 'InnoDB' AND DATA_LENGTH >= 8388608
      AND TABLE_SCHEMA $not_system ORDER BY 1" >"$partial/large-tables.txt"
  sync "$partial/schemas.txt"
}

# with_schemas COMMAND...: adds options that leave the views out, and the names of all schemas, to a command that does not
# care for tables. With one view that is no longer valid mysqldump would fail for ever.
with_schemas() {
  local schema table hex
  while read -r schema table _; do
    unhex "$schema"
    schema=$unhexed
    unhex "$table"
    set -- "$@" "--ignore-table=$schema.$unhexed"
  done <"$work/views"
  set -- "$@" --databases --
  while read -r _ _ hex _; do
    unhex "$hex"
    set -- "$@" "$unhexed"
  done <"$partial/schemas.txt"
  "$@"
}

# dump_schema: with general tablespaces, which mysqldump forgets. Dates such as 2024-02-31 may be defaults, too, and an
# ARCHIVE table takes no number below its next one.
dump_schema() {
  local hex
  query "SELECT CONCAT('CREATE TABLESPACE \`', REPLACE(s.NAME, '\`', '\`\`'), '\` ADD DATAFILE ',
      QUOTE(SUBSTRING_INDEX(f.FILE_NAME, '/', -1)), ';')
    FROM information_schema.INNODB_TABLESPACES s JOIN information_schema.FILES f ON f.FILE_ID = s.SPACE
    WHERE s.SPACE_TYPE = 'General' AND s.NAME <> 'mysql'"
  while read -r _ _ hex _; do
    create_schema "$hex" || return
    use_schema "$hex"
    dump_tables . "$hex" --no-data --skip-triggers || return
  done <"$partial/schemas.txt" |
    sed "s/^) ENGINE=ARCHIVE AUTO_INCREMENT=[0-9]*/) ENGINE=ARCHIVE/
      s|^\(/\*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO\)'|\1,ALLOW_INVALID_DATES'|"
}

# count_tables: each table that is there has its definition in the backup.
count_tables() {
  local found wanted
  wanted=$(wc -l <"$work/tables")
  found=$(if [[ $suffix == zst ]]; then zstd -dc "$partial/schema.sql.zst"; else gzip -dc "$partial/schema.sql.gz"; fi |
    grep -c '^CREATE TABLE `') || [[ $found == 0 ]]
  ((found >= wanted)) || drop_partial "the server has $wanted tables, and $found of them were dumped"
}

# quote_hex HEX: a name as a statement takes it.
quote_hex() {
  unhex "$1"
  printf '`%s`' "$(sed 's/`/``/g' <<<"$unhexed")"
}

use_schema() { printf 'USE %s;\n' "$(quote_hex "$1")"; }

create_schema() {
  local text
  text=$(query "SHOW CREATE DATABASE IF NOT EXISTS $(quote_hex "$1")") || return
  printf '%b;\n' "$(cut -f 2- <<<"$text")"
}

dump_programs() {
  local hex
  [[ -s $partial/schemas.txt ]] || return 0
  with_schemas dump --no-data --no-create-info --no-create-db --skip-triggers --routines --events || return
  while read -r _ _ hex _; do
    use_schema "$hex"
    dump_tables trigger "$hex" --no-data --no-create-info --triggers || return
  done <"$partial/schemas.txt"
}

dump_data() {
  local number hex quoted
  while IFS=$'\t' read -r number _ hex quoted; do
    say "dumping the data of $quoted"
    unhex "$hex"
    save "data-$number.sql.$suffix" dump_schema_data "$unhexed" "$hex"
  done <"$partial/schemas.txt"
}

# dump_schema_data SCHEMA HEX: one INSERT in a line, so that several clients can load them. mysqldump rounds FLOAT to six
# digits; as DOUBLE they come out as they are, so for a table with such a column its own query gets a second half.
# Short INSERTs stay in a processor's cache when they are parsed: with the 1 MiB that mysqldump makes, loading takes a
# fifth more.
dump_schema_data() {
  local schema=$1 table columns
  cat <<'END'
SET NAMES utf8mb4;
SET time_zone='+00:00', foreign_key_checks=0, unique_checks=0, sql_mode='NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';
END
  use_schema "$2"
  query "SET SESSION group_concat_max_len = 100000000; SELECT HEX(c.TABLE_NAME), HEX(GROUP_CONCAT(
      CONCAT('\`', REPLACE(COLUMN_NAME, '\`', '\`\`'), '\`', IF(DATA_TYPE = 'float', ' + 0e0', '')) ORDER BY ORDINAL_POSITION))
    FROM information_schema.COLUMNS c JOIN information_schema.TABLES t USING (TABLE_SCHEMA, TABLE_NAME)
    WHERE c.TABLE_SCHEMA = CONVERT(X'$2' USING utf8mb4) AND HEX(c.TABLE_SCHEMA) = '$2' AND TABLE_TYPE = 'BASE TABLE'
    GROUP BY c.TABLE_NAME HAVING SUM(DATA_TYPE = 'float') > 0" >"$work/floats"
  # shellcheck disable=SC2086  # options without blanks
  dump_tables plain "$2" $rows_only || return
  while read -r table columns; do
    unhex "$columns"
    columns=$unhexed
    unhex "$table"
    # shellcheck disable=SC2086  # options without blanks
    dump $rows_only --where="1 = 0 UNION ALL SELECT $columns FROM $(quote_hex "$table")" -- "$schema" "$unhexed" || return
  done <"$work/floats"
  echo '-- Dump completed'
}

rows_only='--net-buffer-length=65536 --compact --no-create-info --skip-triggers'

# order LINES USES: prints the lines of a file, whose key is `column 1.column 2`, in such an order that what is used comes
# before what uses it. The second file has pairs of keys.
order() {
  awk '{key = $1 "." $2; print key, key}' "$1" | cat - "$2" | tsort 2>/dev/null |
    awk 'NR == FNR {line[$1 "." $2] = $0; next} $1 in line {print line[$1]}' "$1" -
}

# dump_views: one CREATE VIEW in a line, those first on which others build.
dump_views() {
  local schema quoted text charset collation
  # Not every server can tell; the restore goes over the views until nothing changes in any case.
  client -e "SELECT CONCAT(HEX(TABLE_SCHEMA), '.', HEX(TABLE_NAME)), CONCAT(HEX(VIEW_SCHEMA), '.', HEX(VIEW_NAME))
    FROM information_schema.VIEW_TABLE_USAGE" 2>/dev/null | tr '\t' ' ' >"$work/view-uses" || true
  order "$work/views" "$work/view-uses" >"$work/views-ordered" || true
  (($(wc -l <"$work/views-ordered") == $(wc -l <"$work/views"))) || cp "$work/views" "$work/views-ordered"
  : >"$partial/views.sql"
  : >"$work/show-views"
  while read -r schema _ quoted; do
    unhex "$quoted"
    printf "SELECT '%s'; SHOW CREATE VIEW %s;\n" "$schema" "$unhexed" >>"$work/show-views"
  done <"$work/views-ordered"
  show_lines "$work/show-views" >"$work/view-texts"
  # A name without its text is that of a view which cannot be shown.
  awk '/^[0-9A-F]+$/ {name = $0; next} {print name; print}' "$work/view-texts" >"$work/view-pairs"
  while IFS= read -r schema && IFS=$'\t' read -r _ text charset collation; do
    printf 'USE %s; SET character_set_client=%s, collation_connection=%s; %b;\n' "$(quote_hex "$schema")" \
      "$charset" "$collation" "$text"
  done <"$work/view-pairs" >>"$partial/views.sql" || drop_partial "the views could not be written"
  tell_invalid_views
  if [[ -e $state/invalid-views.sql ]]; then add_earlier_views; fi
}

# add_earlier_views: views that an earlier restore could not make, unless there is one of that name now.
add_earlier_views() {
  local line view
  while IFS= read -r line; do
    view=$(sed 's/.* VIEW \(`.*`\.`.*`\) AS .*/\1/' <<<"$line")
    grep -qF " VIEW $view AS " "$partial/views.sql" || printf '%s\n' "$line" >>"$partial/views.sql"
  done <"$state/invalid-views.sql"
}

# show_lines FILE: prints what the statements of a file, one in a line, print; one that fails is named and left out.
show_lines() {
  local from=1 line
  until tail -n "+$from" "$1" | client 2>"$work/show.err"; do
    line=$(sed -n 's/^ERROR [0-9]* ([^)]*) at line \([0-9]*\):.*/\1/p' "$work/show.err" | head -n 1)
    [[ -n $line ]] || drop_partial "the views could not be read: $(error_in "$work/show.err")"
    warn "not in the backup: $(sed -n "$((from + line - 1))p" "$1") $(error_in "$work/show.err")"
    from=$((from + line))
  done
}

tell_invalid_views() {
  local text
  query "SELECT TABLE_COMMENT FROM information_schema.TABLES
    WHERE TABLE_TYPE = 'VIEW' AND TABLE_COMMENT <> 'VIEW' AND TABLE_SCHEMA $not_system ORDER BY 1" >"$work/invalid"
  while IFS= read -r text; do warn "not valid, its text is kept: $text"; done <"$work/invalid"
}

# dump_accounts: one statement in a line, all CREATE USER before all GRANT; roles before those who have them by default.
# In one session: after FLUSH PRIVILEGES a new one needs a password, and before it SHOW CREATE USER fails.
dump_accounts() {
  query "SELECT HEX(User), HEX(Host),
      HEX(CONCAT('\`', REPLACE(User, '\`', '\`\`'), '\`@\`', REPLACE(Host, '\`', '\`\`'), '\`')),
      CONCAT('-', HEX(CONCAT(IF(x509_subject <> '', CONCAT(' SUBJECT \'', x509_subject, '\''), ''),
        IF(x509_issuer <> '', CONCAT(' ISSUER \'', x509_issuer, '\''), ''),
        IF(ssl_cipher <> '', CONCAT(' CIPHER \'', ssl_cipher, '\''), '')))),
      CONCAT('-', HEX(CONCAT(IF(x509_subject <> '', CONCAT(' SUBJECT ', QUOTE(x509_subject)), ''),
        IF(x509_issuer <> '', CONCAT(' ISSUER ', QUOTE(x509_issuer)), ''),
        IF(ssl_cipher <> '', CONCAT(' CIPHER ', QUOTE(ssl_cipher)), ''))))
    FROM mysql.user WHERE User NOT IN ('mysql.session', 'mysql.sys', 'mysql.infoschema')
    ORDER BY 1, 2" | sed 's/^\t/-\t/; s/\t\t/\t-\t/' >"$work/accounts"
  query "SELECT CONCAT(IF(DEFAULT_ROLE_USER = '', '-', HEX(DEFAULT_ROLE_USER)), '.', IF(DEFAULT_ROLE_HOST = '', '-', HEX(DEFAULT_ROLE_HOST))),
      CONCAT(IF(USER = '', '-', HEX(USER)), '.', IF(HOST = '', '-', HEX(HOST)))
    FROM mysql.default_roles" | tr '\t' ' ' >"$work/role-uses"
  order "$work/accounts" "$work/role-uses" >"$work/accounts-ordered" || true
  (($(wc -l <"$work/accounts-ordered") == $(wc -l <"$work/accounts"))) || drop_partial "default roles go round in a circle"
  show_accounts >"$work/show-accounts"
  client <"$work/show-accounts" >"$work/account-texts" 2>"$work/client.err" ||
    drop_partial "the accounts could not be read: $(error_in "$work/client.err")"
  split_accounts || drop_partial "the accounts could not be written"
}

show_accounts() {
  local quoted raw escaped
  echo 'FLUSH PRIVILEGES;'
  echo 'SET print_identified_with_as_hex = ON;'
  while read -r _ _ quoted raw escaped; do
    unhex "$quoted"
    printf "SELECT '#', '%s', '%s'; SHOW CREATE USER %s; SHOW GRANTS FOR %s;\n" "$raw" "$escaped" "$unhexed" "$unhexed"
  done <"$work/accounts-ordered"
}

split_accounts() {
  local line raw='' escaped=''
  : >"$work/grants"
  while IFS= read -r line; do
    case $line in
      '#'*)
        IFS=$'\t' read -r _ raw escaped <<<"$line"
        ;;
      'CREATE USER '*)
        if [[ $raw == "$escaped" ]]; then printf '%b;\n' "$line"; else printf '%b;\n' "$line" | escape_clause "$raw" "$escaped"; fi
        ;;
      *) printf '%b;\n' "$line" >>"$work/grants" ;;
    esac
  done <"$work/account-texts" >"$partial/accounts.sql" &&
    cat "$work/grants" >>"$partial/accounts.sql"
}

# escape_clause RAW ESCAPED: SHOW CREATE USER does not escape a quote in an X509 subject, so it cannot be read back.
escape_clause() {
  unhex "$(cut -c 2- <<<"$1")"
  export RAW=$unhexed
  unhex "$(cut -c 2- <<<"$2")"
  export ESCAPED=$unhexed
  awk '{
    at = index($0, ENVIRON["RAW"])
    if (at == 0) exit 1
    print substr($0, 1, at - 1) ENVIRON["ESCAPED"] substr($0, at + length(ENVIRON["RAW"]))
  }'
}

# dump_system: what lives in the schema mysql and is not an account: time zones, components, plugins, loadable functions,
# foreign servers.
dump_system() {
  local tables
  tables=$(query "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'mysql' AND TABLE_NAME IN
    ('component', 'func', 'plugin', 'servers', 'time_zone', 'time_zone_leap_second', 'time_zone_name',
     'time_zone_transition', 'time_zone_transition_type') ORDER BY 1") || return
  echo 'USE mysql;'
  # shellcheck disable=SC2086  # options and names without blanks
  dump $rows_only --complete-insert --insert-ignore mysql $tables || return
  echo '-- Dump completed'
}

sum_files() {
  local file
  say "making checksums"
  (cd "$partial" && sha256sum -- *) >"$work/sums" || drop_partial "the checksums could not be made"
  cp "$work/sums" "$partial/SHA256SUMS" || drop_partial "the checksums could not be written"
  for file in "$partial"/*; do file_bytes "$file"; done | awk '{sum += $1} END {printf "%.0f", sum}' >"$work/bytes"
  sync "$partial"/* || drop_partial "the backup could not be written to the volume"
}

publish_backup() {
  print_manifest >"$work/manifest"
  printf '  "check": "%s"\n}\n' "$(sha256sum <"$work/manifest" | cut -d ' ' -f 1)" >>"$work/manifest"
  cp "$work/manifest" "$partial/manifest.json" || drop_partial "the manifest could not be written"
  sync "$partial/manifest.json" "$partial" || drop_partial "the manifest could not be written"
  mv -T "$partial" "$backups/$name" || drop_partial "the backup could not be given its name"
  sync "$backups" || fail "the backup volume could not be written to the end"
  report_backup "$name"
}

text_member() { printf '  "%s": %s,\n' "$1" "$(quote_json "$2" 100000)"; }
plain_member() { printf '  "%s": %s,\n' "$1" "$2"; }

print_manifest() {
  echo '{'
  text_member tool kubectl-mysql
  plain_member format 1
  text_member name "$name"
  text_member resource "$RESOURCE_NAME"
  text_member resourceUid "$RESOURCE_UID"
  text_member volumeUid "$VOLUME_UID"
  text_member inputHash "$INPUT_HASH"
  plain_member final "$FINAL"
  text_member time "$time"
  text_member serverVersion "$version"
  text_member image "$SERVER_IMAGE"
  text_member gtidExecuted "$gtid"
  plain_member lowerCaseTableNames "$case_mode"
  plain_member innodbPageSize "$page_size"
  plain_member partialRevokes "$partial_revokes"
  plain_member dataBytes "$size"
  plain_member bytes "$(cat "$work/bytes")"
  plain_member schemas "[$(list_schemas)]"
  text_member sha256 "$(sha256sum <"$work/sums" | cut -d ' ' -f 1)"
}

list_schemas() {
  local number hex separator=''
  while read -r number _ hex _; do
    unhex "$hex"
    printf '%s{"name": %s, "data": "data-%s.sql.%s"}' "$separator" "$(quote_json "$unhexed" 1000)" "$number" "$suffix"
    separator=', '
  done <"$partial/schemas.txt"
}

# report_backup NAME: what the result says about a backup.
report_backup() {
  local key
  report backup "$(quote_json "$1" 100)"
  for key in time serverVersion sha256 volumeUid; do report "$key" "$(quote_json "$(manifest_value "$1" "$key")" 100)"; done
  report bytes "$(manifest_value "$1" bytes)"
}

# remove_old: the newest KEEP stay, and the newest of an earlier resource of this name in any case.
remove_old() {
  local backup count=0 earlier=''
  for backup in $(list_backups); do
    if [[ -z $earlier && $(manifest_value "$backup" resourceUid) != "$RESOURCE_UID" ]]; then
      earlier=$backup
      ((++count <= KEEP)) || say "keeping $backup, the newest of an earlier resource"
    elif ((++count > KEEP)); then
      say "removing the old backup $backup"
      { mv -T "$backups/$backup" "$backups/$backup.partial" && rm -rf "$backups/$backup.partial"; } ||
        warn "the old backup $backup could not be removed"
    fi
  done
}

run_job backup
