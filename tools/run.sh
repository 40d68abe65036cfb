#!/bin/sh
# run.sh FILE [ARGUMENT...]: runs a TypeScript file on the pinned Node, packages installed first.
set -eu
case $0 in */*) folder=${0%/*} ;; *) folder=. ;; esac
sh "$folder/install.sh"
. "$folder/pinned-node.sh"
root=$(cd -P -- "$folder/.." && pwd -P)
find_node "$root" || exit 1
exec "$node" --disable-warning=ExperimentalWarning "$@"
