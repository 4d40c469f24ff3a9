#!/bin/sh
# $1: a release
PM=${PM:-pressmark}; D=$(mktemp -d); cp -r "$1" "$D/r"; chmod -R u+w "$D/r"
rm "$D/r/schema.json"; mkfifo "$D/r/schema.json"
for c in "export $D/r" "diff $D/r $1" "diff $1 $D/r" "show $D/r" "verify $D/r"; do
  timeout 10 "$PM" $c > /dev/null 2>&1; echo "${c%% *} rc=$?"
done
mkdir "$D/ds"; mkfifo "$D/ds/dataset.toml"; timeout 10 "$PM" build "$D/ds" > /dev/null 2>&1; echo "build rc=$?"
rm -rf "$D"
