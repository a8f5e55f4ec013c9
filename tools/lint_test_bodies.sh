#!/bin/sh
# sqlfluff takes what stands inside {% test %} for nothing: lint the bodies without their frame.
#   sh tools/lint_test_bodies.sh path/to/sqlfluff
set -eu
bodies=$(mktemp -d)
trap 'rm -r "$bodies"' EXIT
for file in tests/generic/*.sql; do
    sed -E 's/^\{% test.*//; /^\{% endtest/d' "$file" > "$bodies/${file##*/}"
done
"$1" lint --config .sqlfluff "$bodies"
