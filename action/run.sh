#!/usr/bin/env bash
# Runs one command of pressmark. Findings become annotations, the report becomes part of the summary of the run, and
# the exit code is the result of the step.
set -euo pipefail

# Splits at blanks and nothing else: no pattern in an input is expanded.
read -r -a arguments <<< "$INPUT_ARGUMENTS"

# Older versions of bash take an empty list for an unset variable.
pressmark_with_arguments() {
  pressmark "$@" ${arguments[@]+"${arguments[@]}"}
}

# Turns annotations into lines for people, `error file:line:col title: message`, in a block that no text can leave.
as_text() {
  echo "<pre>"
  sed -E -e 's/^::([a-z]+) (file=([^,:]*),)?(line=([0-9]+),)?(col=([0-9]+),)?title=([^:]*)::/\1 \3:\5:\7 \8: /' \
    -e 's/^([a-z]+ [^: ]*):* /\1 /' -e 's/^([a-z]+)  /\1 /' \
    -e 's/%3A/:/g' -e 's/%2C/,/g' -e 's/%0D//g' -e 's/%0A/ /g' -e 's/%25/%/g' \
    -e 's/&/\&amp;/g' -e 's/</\&lt;/g' -e 's/>/\&gt;/g'
  echo "</pre>"
}

# Prints annotations, and adds them to the summary.
annotate() {
  local printed=$RUNNER_TEMP/pressmark.txt code=0
  # GitHub knows files by their paths without a leading `./`.
  pressmark_with_arguments "$INPUT_COMMAND" "$INPUT_DATASET" --format github |
    sed -E 's#^(::[a-z]+ file=)\./#\1#' > "$printed" || code=$?
  cat "$printed"
  {
    echo "## pressmark $INPUT_COMMAND: exit code $code"
    as_text < "$printed"
  } >> "$GITHUB_STEP_SUMMARY"
  return "$code"
}

# The newest version of a dataset; empty if it has no release.
newest() {
  { pressmark log "$1" 2> /dev/null || true; } | awk 'NR == 2 { print $1 }'
}

# The dataset as it was at the last tag before the commit; empty if there is no tag.
dataset_at_last_tag() {
  local tag tree
  tag=$(git -C "$INPUT_DATASET" describe --tags --abbrev=0 HEAD^ 2> /dev/null) || return 0
  tree=$(mktemp -d "$RUNNER_TEMP/tagged-XXXXXX")
  git -C "$INPUT_DATASET" worktree add --quiet --force --detach "$tree" "$tag"
  echo "$tree/$(git -C "$INPUT_DATASET" rev-parse --show-prefix)"
}

# Prints the changes as Markdown, or why there are none to print.
compare() {
  local base=$INPUT_BASE current
  if [ -z "$base" ]; then
    base=$(dataset_at_last_tag)
    current=$(newest "$INPUT_DATASET")
    if [ -z "$base" ] || [ -z "$current" ] || [ -z "$(newest "$base")" ]; then
      printf '## %s\n\nNothing to compare: no tag before this commit, or no release.\n' "${current:-No release}"
      return 0
    elif [ "$(newest "$base")" = "$current" ]; then
      printf '## %s\n\nNo release since the last tag.\n' "$current"
      return 0
    fi
  fi
  pressmark_with_arguments diff "$base" "$INPUT_DATASET" --format markdown
}

case "$INPUT_COMMAND" in
  verify | check) annotate ;;
  diff) compare >> "$GITHUB_STEP_SUMMARY" ;;
  *)
    echo "::error title=pressmark::the input \`command\` must be verify, check or diff"
    exit 2
    ;;
esac
