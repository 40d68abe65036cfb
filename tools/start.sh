#!/bin/sh
# `npm start`: the server on the pinned Node. Ends in exec, so that signals reach the server itself.
set -eu
case $0 in */*) folder=${0%/*} ;; *) folder=. ;; esac
sh "$folder/install.sh"
sh "$folder/bundle.sh"
exec "$folder/../bin/slipway" serve "$@"
