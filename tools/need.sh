#!/bin/sh
# Make sure that system commands and files are there: need.sh COMMAND-OR-PATH:DEBIAN-PACKAGE ...
# Installs missing packages with apt-get where it may (as root, or by sudo without a password); else says what to type.
set -eu
missing=""
for pair in "$@"; do
    # Debian keeps the programs of PostgreSQL's server off PATH.
    command -v "${pair%%:*}" >/dev/null 2>&1 || [ -e "${pair%%:*}" ] || ls /usr/lib/postgresql/*/bin/"${pair%%:*}" >/dev/null 2>&1 ||
        missing="$missing ${pair##*:}"
done
[ -z "$missing" ] && exit 0
if command -v apt-get >/dev/null 2>&1; then
    if [ "$(id -u)" = 0 ]; then
        as_root=""
    elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
        as_root="sudo"
    else
        as_root="no"
    fi
    if [ "$as_root" != no ]; then
        echo "Installing$missing"
        # shellcheck disable=SC2086 # the list of packages is meant to be split
        if $as_root apt-get update -qq && DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq \
            --no-install-recommends $missing >/dev/null; then
            exit 0
        fi
    fi
fi
echo "This needs the Debian packages$missing, which could not be installed from here." >&2
echo "Please type:  sudo apt-get install$missing" >&2
exit 1
