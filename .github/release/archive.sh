#!/usr/bin/env bash
# Packs a program into the archive that a release offers: the program, its man pages and completions, README and
# license. Runs the program, so that one that cannot start is never packed.
#
# usage: archive.sh PROGRAM TARGET FOLDER
set -euo pipefail
program=$1 target=$2 folder=$3
root=$(cd "$(dirname "$0")/../.." && pwd)

version=$("$program" --version | tr -d '\r' | cut -d ' ' -f 2)
name=pressmark-$version-$target
mkdir -p "$folder/$name/man" "$folder/$name/completions"
cp "$program" "$root/LICENSE" "$root/README.md" "$root/CHANGELOG.md" "$folder/$name"
"$program" man > "$folder/$name/man/pressmark.1"
for command in $("$program" help | tr -d '\r' | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | grep -v help); do
  "$program" man "$command" > "$folder/$name/man/pressmark-$command.1"
done
for shell in bash elvish fish powershell zsh; do
  "$program" completions "$shell" > "$folder/$name/completions/pressmark.$shell"
done
tar -C "$folder" -czf "$folder/$name.tar.gz" "$name"
rm -r "${folder:?}/$name"
echo "$folder/$name.tar.gz"
