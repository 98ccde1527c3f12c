#!/bin/sh
# Fetches what the CA has published and lets @server@ read it, where anything changed.
#
# It may be run at any time and as often as you like: each file is replaced in one step, and the server is reloaded only where
# something differs from what it read last, and only where it would start with it. The CA's passphrase is not needed to hand out the
# CRL that was published last; with `--passphrase-file FILE` one that is due is made first.
set -eu
# cron knows neither of these by itself, and servers are in them.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export PATH

# Would the server start with the files as they are now?
check() {
    @check@
}

# Is there anybody who is to read them?
is_running() {
    @is_running@
}

# Lets it read them.
reload() {
    @reload@
}

# The files of the CA stay its owner's, also where root runs this.
as_owner() {
    owner=$(stat -c %U @ca_data@)
    if [ "$(id -un)" = "$owner" ]; then
        "$@"
    else
        runuser -u "$owner" -- "$@"
    fi
}

@prepare@# 3: they were fetched, but a CRL has ended, or does not list what was revoked.
code=0
as_owner @program@ --quiet --ca-data @ca_data@ "$@" server-config @server@ --refresh --directory @directory@@anchor@ >/dev/null || code=$?
if [ "$code" -ne 0 ] && [ "$code" -ne 3 ]; then
    exit "$code"
fi

# What the server read last, against what lies there now: so that a reload that failed is tried again.
cd @directory@
now=$(cat @watched@ | sha256sum)
if [ "$now" = "$(cat .loaded 2>/dev/null)" ]; then
    exit "$code"
fi
if ! is_running; then
    echo '@server@ is not running, neither from @directory@ nor as a service of systemd: it reads these files when it starts.' >&2
    exit "$code"
fi
# cron mails whatever is said, and some servers say that all is well: what they say counts only where they fail.
said=$(mktemp)
trap 'cat "$said" >&2; rm -f "$said"' EXIT
{
    check
    reload
} >"$said" 2>&1
: >"$said"
printf '%s\n' "$now" >.loaded.new
mv .loaded.new .loaded
exit "$code"
