# fresh_bundle ROOT: whether dist/ was made from the sources as they are. To be sourced.
fresh_bundle() {
  [ -f "$1/dist/made" ] && [ -f "$1/dist/cli.js" ] &&
    [ -z "$(find "$1/apps" "$1/packages" "$1/package-lock.json" -newer "$1/dist/made" -print -quit 2>/dev/null)" ]
}
