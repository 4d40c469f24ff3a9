#!/usr/bin/env bash
# Downloads the archive of pressmark for this runner, checks its SHA-256, and puts the program on the path of the
# steps that follow. An archive with another hash is never unpacked.
set -euo pipefail

fail() {
  echo "::error title=pressmark::$1"
  exit 2
}

version=$INPUT_VERSION
[ -n "$version" ] || version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$ACTION/Cargo.toml" | head -n 1)

case "$RUNNER_OS-$RUNNER_ARCH" in
  Linux-X64) target=x86_64-unknown-linux-musl ;;
  Linux-ARM64) target=aarch64-unknown-linux-musl ;;
  macOS-X64) target=x86_64-apple-darwin ;;
  macOS-ARM64) target=aarch64-apple-darwin ;;
  Windows-X64) target=x86_64-pc-windows-msvc ;;
  *) fail "there is no archive for $RUNNER_OS on $RUNNER_ARCH; install pressmark with cargo" ;;
esac

name=pressmark-$version-$target
folder=$RUNNER_TEMP/$name
mkdir -p "$folder"
cd "$folder"

download() {
  curl --fail --silent --show-error --location --retry 3 --output "$1" "$RELEASES/v$version/$1" ||
    fail "cannot download $1 of version $version"
}

download "$name.tar.gz"
expected=$INPUT_SHA256
if [ -z "$expected" ]; then
  download SHA256SUMS
  expected=$(awk -v name="$name.tar.gz" '$2 == name || $2 == "*" name { print $1 }' SHA256SUMS)
  [ -n "$expected" ] || fail "SHA256SUMS of version $version does not list $name.tar.gz"
fi
if command -v sha256sum > sums.log; then
  found=$(sha256sum < "$name.tar.gz" | cut -d ' ' -f 1)
else
  found=$(shasum -a 256 < "$name.tar.gz" | cut -d ' ' -f 1)
fi
[ "$found" = "$expected" ] || fail "$name.tar.gz has the SHA-256 $found, not $expected"

tar -xzf "$name.tar.gz"
echo "$folder/$name" >> "$GITHUB_PATH"
