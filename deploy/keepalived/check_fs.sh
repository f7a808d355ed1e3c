#!/bin/bash
# Whether this host can serve the trunk: FreeSWITCH answers on its event socket,
# and each profile of FS_PROFILES runs. A process that is in the list and does
# not answer does not count. 0: it can. 1: it cannot, with a reason.
set -u

here=$(dirname -- "$(readlink -f -- "$0")")
profiles=${FS_PROFILES:-uap9600}

status=$(bash "$here/fs_api.sh" 'sofia status') || exit 1
for profile in $profiles; do
  if ! grep -Eq "^[[:space:]]*$profile[[:space:]]+profile[[:space:]].*[[:space:]]RUNNING( |$)" <<<"$status"; then
    echo "check_fs: the profile $profile does not run" >&2
    exit 1
  fi
done
