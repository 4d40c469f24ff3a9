#!/usr/bin/env bash
# Builds the documentation site into target/website/html. Needs `mdbook` on the path; see CONTRIBUTING.md.
# The pages are links to the files of the repository, laid out as there, so that every link between them works
# in both places.
set -euo pipefail
cd "$(dirname "$0")/.."
book=target/website
rm -rf "$book"
mkdir -p "$book/pages/src"
for name in CHANGELOG.md CONTRIBUTING.md LICENSE README.md SECURITY.md docs examples schema src/lib.rs; do
  ln -s "$PWD/$name" "$book/pages/$name"
done
ln -s "$PWD/website/SUMMARY.md" "$book/pages/SUMMARY.md"
ln -s "$PWD/website/book.toml" "$book/book.toml"
mdbook build "$book"
