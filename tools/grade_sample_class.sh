#!/bin/sh
# Grade the class in tests/sample_class with plain nbgrader commands, as an instructor would, and write the summary.
set -eu
cd "$(dirname "$0")/../assignments"
rm -rf submitted autograded feedback
mkdir -p submitted
cp -r ../tests/sample_class/submitted/. submitted/
echo "Grading $(ls submitted | wc -l) submissions of conv1d"
nbgrader db student import ../tests/sample_class/roster.csv --log-level=WARN
for student in $(ls submitted); do
    nbgrader autograde conv1d --student "$student" --force --log-level=ERROR
    echo "  $student"
done
nbgrader generate_feedback conv1d --force --log-level=WARN
nbgrader export --to grades.csv --log-level=WARN
python -m autograder summary conv1d >../_build/summary.txt
