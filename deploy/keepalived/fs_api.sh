#!/bin/bash
# Runs one command on FreeSWITCH's event socket and prints the answer:
#   fs_api.sh 'sofia status'
# Needs bash and nothing else. Ends with 0 when FreeSWITCH answered, 1 otherwise,
# after at most FS_DEADLINE_SECONDS.
set -u

host=${FS_HOST:-127.0.0.1}
port=${FS_PORT:-8021}
password_file=${FS_PASSWORD_FILE:-/etc/keepalived/esl_password}
deadline=$((SECONDS + ${FS_DEADLINE_SECONDS:-3}))
# Characters are bytes: Content-Length counts bytes.
export LC_ALL=C

fail() {
  echo "fs_api: $1" >&2
  exit 1
}

# Reads one line into $line, without the line's end.
read_line() {
  local left=$((deadline - SECONDS))
  ((left > 0)) || fail "no answer in time"
  IFS= read -r -t "$left" line <&3 || fail "the connection ended or stayed silent"
  line=${line%$'\r'}
}

# Reads a message; its type is in $type, the header Reply-Text in $reply, the body in $body.
read_message() {
  local length=0 left lines
  type='' reply='' body='' lines=0
  while :; do
    read_line
    [[ -n $line ]] || break
    ((++lines <= 100)) || fail "that is not FreeSWITCH"
    case $line in
      'Content-Type: '*) type=${line#*: } ;;
      'Reply-Text: '*) reply=${line#*: } ;;
      'Content-Length: '*) length=${line#*: } ;;
    esac
  done
  [[ $length =~ ^[0-9]{1,6}$ ]] || fail "that is not FreeSWITCH"
  ((10#$length > 0)) || return 0
  left=$((deadline - SECONDS))
  ((left > 0)) || fail "no answer in time"
  IFS= read -r -N "$((10#$length))" -t "$left" body <&3 || fail "the answer was cut off"
}

[[ $# -eq 1 && $1 != *$'\n'* ]] || fail "usage: fs_api.sh COMMAND, in one line"
[[ -r $password_file ]] || fail "cannot read $password_file"
IFS= read -r password <"$password_file" || [[ -n ${password:-} ]] ||
  fail "$password_file is empty"

# A refused connection would be reported by the shell itself.
exec 3<>"/dev/tcp/$host/$port" || fail "cannot connect to $host:$port"
read_message
[[ $type == auth/request ]] || fail "refused: ${type:-no type}"
printf 'auth %s\n\n' "$password" >&3
read_message
[[ $reply == '+OK'* ]] || fail "the password in $password_file is wrong"
printf 'api %s\n\n' "$1" >&3
read_message
[[ $type == api/response ]] || fail "no answer: ${type:-no type}"
printf '%s' "$body"
