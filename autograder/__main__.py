"""Commands for authors and instructors: `python -m autograder <command>`; --help lists them."""

import argparse
import sys
from pathlib import Path

COURSE = Path(__file__).resolve().parent.parent / "assignments"


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m autograder", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    build = commands.add_parser("build", help="build assignments/source/ from the plain-text assignments")
    build.add_argument("units", nargs="*", help="units, e.g. conv1d (default: all)")

    table = commands.add_parser("summary", help="print who got how many points, and which misconceptions were seen")
    table.add_argument("unit", help="an assignment that has been graded, e.g. conv1d")

    options = parser.parse_args(arguments)
    return {"build": build_units, "summary": print_summary}[options.command](options)


def build_units(options: argparse.Namespace) -> int:
    from autograder.grading.examine import NotACheckError
    from autograder.release import AssignmentError, write_source

    available = {source.stem: source for source in sorted((COURSE / "src").glob("*.md"))}
    unknown = [unit for unit in options.units if unit not in available]
    if unknown:
        print(f"no assignment is called {', '.join(unknown)}; there are {', '.join(available)}", file=sys.stderr)
        return 2
    for unit in options.units or available:
        try:
            print(write_source(available[unit], COURSE))
        except (AssignmentError, NotACheckError) as error:
            print(f"{available[unit]}: {error}", file=sys.stderr)
            return 1
    return 0


def print_summary(options: argparse.Namespace) -> int:
    from autograder.grading.summary import UnknownUnitError, summarise

    try:
        print(summarise(COURSE, options.unit))
    except UnknownUnitError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
