#!/bin/sh
# Runs on a node's host, as root, at each deploy; twice in a row changes nothing
# but the restart. Standard input: a tar of the sources, the unit and the
# settings. Arguments: the node's name, the release's id, the sources' id. Under
# DEPLOY_ROOT, if that is set.
set -eu
node=$1 release=$2 app=$3
umask 022
root=${DEPLOY_ROOT:-}
top=$root/opt/vapi-cn
etc=$root/etc/vapi-cn
units=$root/etc/systemd/system
next=$top/incoming.$$
mkdir -p "$next" "$top/apps" "$top/$node" "$top/deno-dir" "$etc" "$units" "$root/var/log/vapi"
trap 'rm -rf "$next"' EXIT
tar -x -C "$next"
if [ ! -d "$top/apps/$app" ]; then
  (cd "$next/app" && DENO_DIR=$top/deno-dir deno cache --frozen main.ts workers/media_worker.ts workers/shard_worker.ts)
  mv "$next/app" "$top/apps/$app"
fi
chmod -R a+rX "$top/apps" "$top/deno-dir"
# What ran before is kept, for a return by hand.
for file in "$node.env" "$node.secrets"; do
  if [ -e "$etc/$file" ]; then
    cp -p "$etc/$file" "$etc/$file.before"
  fi
  install -m 600 "$next/$file" "$etc/$file"
done
if [ -e "$next/assistants.json" ]; then
  install -m 644 "$next/assistants.json" "$etc/$node.assistants.json"
fi
install -m 644 "$next/vapi-cn@.service" "$units/vapi-cn@.service"
# A link is replaced in one step: there is no moment without sources.
ln -sfn "../apps/$app" "$top/$node/current.next"
mv -T "$top/$node/current.next" "$top/$node/current"
echo "$release" >"$top/$node/release"
systemctl daemon-reload
systemctl enable "vapi-cn@$node.service" >/dev/null 2>&1
systemctl restart "vapi-cn@$node.service"
