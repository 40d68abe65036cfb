#!/bin/sh
# Makes the bundle in dist/ unless it is fresh. Without it everything runs from source, only slower to start.
set -eu
case $0 in */*) folder=${0%/*} ;; *) folder=. ;; esac
root=$(cd -P -- "$folder/.." && pwd -P)
. "$folder/fresh-bundle.sh"
fresh_bundle "$root" || sh "$folder/run.sh" "$root/tools/bundle.ts" || echo 'slipway: cannot make the bundle; running from source.' >&2
