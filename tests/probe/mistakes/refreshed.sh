#!/bin/sh
# Runs a server's refresh script, DIRECTORY/refresh, and waits until none of the workers of before is left, where that let the server
# PROCESS read its files again: a reload goes on when the command for it has ended.
set -eu
directory=$1 process=$2
loaded() { cat "$directory/.loaded" 2>/dev/null || :; }
workers() { cat "/proc/$process/task/$process/children"; }

before=$(workers) known=$(loaded)
"$directory/refresh"
if [ "$(loaded)" = "$known" ] || [ -z "$before" ]; then
    exit 0
fi
left=yes
while [ -n "$left" ]; do
    left=
    now=$(workers)
    for worker in $now; do
        case " $before " in *" $worker "*) left=yes ;; esac
    done
    [ -n "$now" ] || left=yes
    sleep 0.02
done
