#!/bin/sh
# needs a dataset with releases: $1
PM=${PM:-pressmark}; D=$(mktemp -d); for r in "$1"/[0-9]*; do cp -r "$r" "$D/"; done
"$PM" verify "$D" | cut -d' ' -f1; "$PM" verify "$D" > /dev/null; echo "verify rc=$?"; "$PM" log "$D" > /dev/null; echo "log rc=$?"
touch "$D/dataset.toml"; "$PM" verify "$D" > /dev/null; echo "verify beside an empty dataset.toml rc=$?"
chmod -R u+w "$D"; rm -rf "$D"
