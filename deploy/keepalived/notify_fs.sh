#!/bin/bash
# Keepalived calls it with: INSTANCE|GROUP name MASTER|BACKUP|FAULT|STOP priority.
# Does nothing unless /etc/keepalived/recover exists, because both steps make
# sense only with call recovery (vapi_track_calls and vapi_core_db).
#   MASTER            go on with the calls that another host has written down
#   BACKUP, FAULT     after MASTER: end FreeSWITCH the hard way. It still holds the
#                     calls, and its BYE under the shared address would end them
#                     on the host that goes on with them. The service starts it anew.
set -u

here=$(dirname -- "$(readlink -f -- "$0")")
state=${3:-}
switch_file=${RECOVER_FILE:-/etc/keepalived/recover}
was_master=${MASTER_FILE:-/run/vapi_fs_master}
end_command=${END_COMMAND:-systemctl kill --signal=SIGKILL freeswitch}

say() { logger -t notify_fs -- "$1" 2>/dev/null || echo "notify_fs: $1" >&2; }

[[ -e $switch_file ]] || exit 0
case $state in
  MASTER)
    : >"$was_master"
    if answer=$(FS_DEADLINE_SECONDS=10 "$here/fs_api.sh" 'sofia recover' 2>&1); then
      say "recovered: $answer"
    else
      say "recovery failed: $answer"
      exit 1
    fi
    ;;
  BACKUP | FAULT | STOP)
    [[ -e $was_master ]] || exit 0
    rm -f -- "$was_master"
    say "the address is gone, FreeSWITCH is ended"
    $end_command
    ;;
  *)
    say "unknown state: ${state:-none}"
    exit 1
    ;;
esac
