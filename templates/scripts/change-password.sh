#!/usr/bin/env bash
# Changes root's password while the server runs, so that the old one works on; or, in a second run, ends the old one. Every
# step can be done again: a login with the new password comes first, since a repeated change would end the old one.
# shellcheck disable=SC2317  # run_job calls it all
# shellcheck disable=SC2016,SC2001  # backticks of SQL; no expansions with braces in what is rendered
# shellcheck source-path=SCRIPTDIR source=job.sh
. ./job.sh

secret=/etc/kubectl-mysql/active

change_password() {
  need_key "$CURRENT_KEY"
  if [[ $DISCARD == true ]]; then discard_old; fi
  need_key "$NEXT_KEY"
  if try_login "$NEXT_KEY"; then
    finish 'done' "the new password works already, nothing was changed"
  fi
  if ! try_login "$CURRENT_KEY"; then
    unaltered refuse "neither the new password nor the current one is accepted: somebody changed root's password by SQL"
  fi
  read_roots
  alter_roots
  verify
  finish 'done' "the password was changed for$(list_changed)"
}

# unaltered FINISH TEXT: the new password was not accepted and no account was changed, so another one may take its place.
unaltered() {
  report altered false
  "$@"
}

# need_key KEY: a mounted Secret follows its source within two minutes. An option file has one line for a password, and the
# client would repeat the next one as an option that it does not know.
need_key() {
  local end=$((SECONDS + 120))
  until [[ -s $secret/$1 ]]; do
    ((SECONDS < end)) || refuse "the Secret with the passwords has no key '$1'"
    sleep 1
  done
  [[ $(cat "$secret/$1") != *$'\n'* ]] ||
    unaltered refuse "the password under the key '$1' holds a line break, which MySQL's clients do not take; put another one into the Secret"
}

# What may be persisted for every session: accounts would be left out of an answer, or a question or the change be refused.
readonly SESSION="SET SESSION sql_mode='', autocommit=1, sql_select_limit=18446744073709551615, sql_big_selects=1,
  completion_type=0 /*!50720 , transaction_read_only=0 */"

# login KEY ARGUMENT...: as root over TCP, with the password of that key.
login() {
  local file=$work/$1.cnf key=$1
  shift
  {
    echo '[client]'
    printf 'password="%s"\n' "$(sed 's/[\\"]/\\&/g' "$secret/$key")"
  } >"$file"
  mysql --defaults-file="$file" --protocol=TCP --host="$SERVER_HOST" --port=3306 --user=root --loose-get-server-public-key \
    --connect-timeout=10 --default-character-set=utf8mb4 --batch --skip-column-names --no-auto-rehash --binary-mode \
    --init-command="$SESSION" "$@" 2>"$work/login.err"
}

# try_login KEY: fails when the password is refused. A server that does not answer says nothing about the password, and
# one whose password has expired has accepted it.
try_login() {
  local end=$((SECONDS + 60))
  while ! login "$1" --connect-expired-password -e 'DO 1' >/dev/null; do
    case $(cat "$work/login.err") in
      *'ERROR 1045 '* | *'ERROR 1698 '*) return 1 ;;
      *'ERROR 1820 '*) return 0 ;;
      *'ERROR 3118 '* | *'ERROR 3955 '*) refuse "the account root is locked: $(error_in "$work/login.err")" ;;
    esac
    ((SECONDS < end)) || fail "the server cannot be reached: $(error_in "$work/login.err")"
    sleep 1
  done
}

# ask STATEMENT: with the current password.
ask() { login "$CURRENT_KEY" -e "$1" || fail "a question to the server failed: $(error_in "$work/login.err")"; }

# read_roots: which accounts take part. One with an empty password, a locked one, and one that logs in by another plugin
# would make the whole statement fail.
read_roots() {
  version=$(ask 'SELECT VERSION()')
  report serverVersion "$(quote_json "$version" 50)"
  ask "SELECT plugin IN ('caching_sha2_password', 'sha256_password', 'mysql_native_password') AND account_locked = 'N'
      AND authentication_string <> '', CONCAT('\`root\`@\`', REPLACE(Host, '\`', '\`\`'), '\`'),
      CASE WHEN account_locked <> 'N' THEN 'it is locked' WHEN plugin NOT IN ('caching_sha2_password', 'sha256_password',
        'mysql_native_password') THEN CONCAT('it logs in by ', plugin) ELSE 'its password is empty' END
    FROM mysql.user WHERE User = 'root' ORDER BY Host" >"$work/roots"
  while IFS=$'\t' read -r takes_part root why; do
    ((takes_part == 1)) || warn "$root was left out: $why"
  done <"$work/roots"
  grep -q '^1' "$work/roots" || unaltered refuse "no account root logs in by a password"
}

list_changed() { awk -F '\t' '$1 == 1 {printf "%s %s", (n++ ? "," : ""), $2}' "$work/roots"; }

# keeps_old: from 8.0.14 on an account can have two passwords.
keeps_old() {
  local major minor patch
  IFS=. read -r major minor patch _ <<<"$(sed 's/[^0-9.].*//' <<<"$version")"
  ((major * 1000000 + minor * 1000 + patch >= 8000014))
}

# alter_roots: one statement for all hosts, which succeeds or fails as a whole.
alter_roots() {
  local password retain=' RETAIN CURRENT PASSWORD'
  if ! keeps_old; then
    retain=''
    warn "MySQL $version has no second password: the old one ended with the change"
  fi
  password=$(sed "s/\\\\/\\\\\\\\/g; s/'/''/g" "$secret/$NEXT_KEY")
  {
    printf 'ALTER USER'
    separator=' '
    while IFS=$'\t' read -r takes_part root _; do
      ((takes_part == 1)) || continue
      printf "%s%s IDENTIFIED BY '%s'%s" "$separator" "$root" "$password" "$retain"
      separator=', '
    done <"$work/roots"
    echo ';'
  } >"$work/alter.sql"
  login "$CURRENT_KEY" --connect-expired-password <"$work/alter.sql" || explain_refusal
  rm -f "$work/alter.sql"
}

# explain_refusal: the client's own errors are those from 2000 to 2999; then nobody knows what the server did.
explain_refusal() {
  local said='' finish=fail
  said="the password could not be changed: $(safe_error)"
  # Neither a policy nor a history changes its mind.
  if grep -qE 'ERROR (1819|3638) ' "$work/login.err"; then finish=refuse; fi
  grep -qE 'ERROR [1345][0-9]{3} ' "$work/login.err" || fail "$said"
  if try_login "$NEXT_KEY"; then fail "$said"; fi
  unaltered "$finish" "$said"
}

# safe_error: the server repeats what it does not understand, and that may be a password.
safe_error() {
  if grep -q 'ERROR 1064 ' "$work/login.err"; then
    echo 'the server did not understand the statement'
  elif grep -qF -f "$secret/$NEXT_KEY" "$work/login.err"; then
    grep -o 'ERROR [0-9]* ([0-9A-Z]*)' "$work/login.err" | head -n 1
  else
    error_in "$work/login.err"
  fi
}

verify() {
  try_login "$NEXT_KEY" || fail "the new password was set and is not accepted"
  if keeps_old; then
    try_login "$CURRENT_KEY" || fail "the new password works, but the old one ended"
  fi
}

# discard_old: the overlap is over; only the current password works on.
discard_old() {
  local statement
  try_login "$CURRENT_KEY" || refuse "the current password is not accepted, so the old one is not ended"
  version=$(ask 'SELECT VERSION()')
  report serverVersion "$(quote_json "$version" 50)"
  if ! keeps_old; then finish 'done' "MySQL $version has no second password"; fi
  statement=$(ask "SELECT CONCAT('\`root\`@\`', REPLACE(Host, '\`', '\`\`'), '\` DISCARD OLD PASSWORD')
    FROM mysql.user WHERE User = 'root' AND User_attributes->>'\$.additional_password' <> '' ORDER BY Host" | paste -s -d ,)
  if [[ -n $statement ]]; then ask "ALTER USER $statement"; fi
  if [[ -s $secret/$PREVIOUS_KEY ]] && ! cmp -s "$secret/$PREVIOUS_KEY" "$secret/$CURRENT_KEY" && try_login "$PREVIOUS_KEY"; then
    fail "the old password was ended and is still accepted"
  fi
  [[ -n $statement ]] || finish 'done' "no account root had an old password any more"
  finish 'done' "the old password was ended"
}

run_job change_password
