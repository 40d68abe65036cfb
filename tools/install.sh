#!/bin/sh
# Makes node_modules fit package-lock.json. Instant when it already does; safe to run several times at once.
#   install.sh           installs when needed
#   install.sh --stamp   only records that node_modules fits: npm's postinstall calls it, so an `npm ci` by hand counts too
# SLIPWAY_SKIP_INSTALL=1 trusts whatever is there.
set -eu

[ "${SLIPWAY_SKIP_INSTALL:-}" != 1 ] || exit 0

case $0 in */*) folder=${0%/*} ;; *) folder=. ;; esac
cd -P -- "$folder/.."

stamp=node_modules/.slipway-stamp
log=.cache/install.log
previous=.cache/previous-modules

sum() {
  if command -v sha256sum >/dev/null 2>&1; then sha256sum; else shasum -a 256; fi
}

fingerprint() {
  cat package-lock.json package.json apps/*/package.json packages/*/package.json | sum | { read -r hex _; echo "$hex"; }
}

fits() {
  [ -f "$stamp" ] || return 1
  read -r found <"$stamp" || return 1
  [ "$found" = "$wanted" ]
}

write_stamp() {
  echo "$wanted" >"$stamp.$$"
  mv -f "$stamp.$$" "$stamp"
}

fail() {
  echo "slipway: $*" >&2
  exit 1
}

# `npm start` puts node_modules/.bin first in PATH, and npm would then run on the very Node it is about to replace.
drop_local_bins() {
  rest=$PATH: kept=
  while [ -n "$rest" ]; do
    entry=${rest%%:*}
    rest=${rest#*:}
    case $entry in */node_modules/.bin | */node-gyp-bin) ;; *) kept=$kept${kept:+:}$entry ;; esac
  done
  PATH=$kept
}

require_npm() {
  command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 ||
    fail 'Cannot install packages: node and npm are not in PATH. Install Node.js 20 or newer, then run this again.'
  version=$(node -p 'process.versions.node') || fail 'Cannot install packages: the node in PATH does not run.'
  [ "${version%%.*}" -ge 20 ] || fail "Cannot install packages: Node.js $version is too old, 20 or newer is needed."
}

# `npm ci` empties node_modules first: without a connection that would leave nothing that runs.
set_aside() {
  # Left by an install that was killed: the better one of the two is kept.
  [ -f node_modules/.package-lock.json ] || put_back
  rm -rf "$previous"
  [ ! -d node_modules ] || mv node_modules "$previous" 2>/dev/null || true
}

put_back() {
  [ -d "$previous" ] || return 0
  rm -rf node_modules
  mv "$previous" node_modules
}

install() {
  require_npm
  echo 'slipway: installing the packages of package-lock.json (once; needs the npm registry, takes up to a minute)' >&2
  set_aside
  if npm ci --no-audit --no-fund --loglevel=error --include=dev --include=optional >"$log" 2>&1 9>&-; then
    write_stamp
    rm -rf "$previous"
    return
  fi
  put_back
  # A page is enough: npm appends its whole usage text to some errors.
  head -n 40 "$log" >&2
  fail "Cannot install packages: npm ci failed, its output is above and whole in $log.
Check the connection to the npm registry (npm ping, or npm config get registry), or, if package.json changed, update the lock file with npm install; then run this again."
}

# Without flock (macOS): a folder is the lock, with its owner's pid inside; a lock whose owner is gone is taken over.
lock_with_folder() {
  lock=.cache/install.lock.d ownerless=0
  until mkdir "$lock" 2>/dev/null; do
    owner=$(cat "$lock/pid" 2>/dev/null) || owner=
    if [ -n "$owner" ]; then
      ownerless=0
      kill -0 "$owner" 2>/dev/null || take_over "$owner"
    else
      ownerless=$((ownerless + 1))
      [ "$ownerless" -lt 10 ] || take_over ''
    fi
    sleep 1
  done
  echo $$ >"$lock/pid"
  trap 'rm -rf "$lock"' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
}

# Renaming is the atomic step. Someone quicker may have replaced the dead lock by a living one: that one goes back.
take_over() {
  mv "$lock" "$lock.stale.$$" 2>/dev/null || return 0
  moved=$(cat "$lock.stale.$$/pid" 2>/dev/null) || moved=
  if [ "$moved" != "$1" ]; then
    mv "$lock.stale.$$" "$lock"
    return 0
  fi
  rm -rf "$lock.stale.$$"
}

wanted=$(fingerprint)
if [ "${1:-}" = --stamp ]; then
  # npm runs this while node_modules may be elsewhere (--global, a bare lock update): nothing to record then.
  [ ! -f node_modules/.package-lock.json ] || write_stamp
  exit 0
fi
fits && exit 0

drop_local_bins
mkdir -p .cache || fail "Cannot install packages: $(pwd) is not writable. Run sh tools/install.sh as its owner."
if command -v flock >/dev/null 2>&1; then
  exec 9>.cache/install.lock
  flock 9
else
  lock_with_folder
fi
# Whoever held the lock may have done the work, and files may have changed meanwhile.
wanted=$(fingerprint)
fits || install
