# Debian's Caddy runs as a user of its own, who may neither enter the CA's directory nor read its keys. `private` is for what only it
# may read besides root, `run` for what it writes.
cd @directory@
if [ "$(id -u)" = 0 ] && id caddy >/dev/null 2>&1; then
    install -d -o root -g caddy -m 0750 private
    install -d -o caddy -g caddy -m 0750 run
    hand() {
        if ! cmp -s "$1" "private/$2"; then
            install -o root -g caddy -m 0640 "$1" "private/$2.new"
            mv "private/$2.new" "private/$2"
        fi
    }
else
    mkdir -p -m 0700 private run
    hand() {
        ln -sfn "$1" "private/$2"
    }
fi
hand @fullchain@ fullchain.pem
hand @key@ key.pem

