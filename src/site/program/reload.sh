    pid=$(cat @directory@/pid)
    # A process that has its number by chance is left alone.
    grep -qF @directory@/ "/proc/$pid/cmdline"
    rm -f @directory@/.read
    kill -HUP "$pid"
    # It makes this file when it has read the others and judges by them.
    tries=0
    until [ -e @directory@/.read ]; do
        tries=$((tries + 1))
        if [ "$tries" -gt 300 ]; then
            echo '@server@ goes on with the older files' >&2
            exit 1
        fi
        sleep 0.1
    done
