#!/usr/bin/env bash
# Prints the version to release. The tag, the package and the changes must agree on it.
set -euo pipefail
cd "$(dirname "$0")/../.."
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
tag=$1
if [ "$tag" != "v$version" ]; then
  echo "the tag is $tag, but Cargo.toml has version $version" >&2
  exit 1
fi
if ! grep -q "^## $version" CHANGELOG.md; then
  echo "CHANGELOG.md has no section for $version" >&2
  exit 1
fi
if ! grep -q "version: \"$version\"" conda/recipe.yaml; then
  echo "conda/recipe.yaml has another version than $version" >&2
  exit 1
fi
echo "$version"
