"""Commands for authors and instructors: `python -m autograder <command>`; --help lists them."""

import argparse
import sys
from pathlib import Path

COURSE = Path(__file__).resolve().parent.parent / "assignments"


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    commands = {
        "build": build_units,
        "summary": print_summary,
        "grade": grade_class,
        "report": write_report,
        "strength": print_strength,
        "bundle": write_bundle,
    }
    return commands[options.command](options)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m autograder", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)

    build = commands.add_parser("build", help="build assignments/source/ from the plain-text assignments")
    build.add_argument("units", nargs="*", help="units, e.g. conv1d (default: all)")

    table = commands.add_parser("summary", help="print who got how many points, and which misconceptions were seen")
    table.add_argument("unit", help="an assignment that has been graded, e.g. conv1d")

    grade = commands.add_parser("grade", help="grade all submissions of an assignment that are new or have changed")
    grade.add_argument("unit", help="an assignment that has been released, e.g. conv1d")
    grade.add_argument("--students", nargs="+", metavar="STUDENT", help="only these (default: all who submitted)")
    grade.add_argument("--scheduler", metavar="ADDRESS", help="a running dask scheduler, e.g. tcp://10.0.0.1:8786")
    grade.add_argument("--workers", type=at_least_one, metavar="N", help="processes here (default: one a CPU)")
    grade.add_argument("--force", action="store_true", help="grade again what is graded and has not changed")

    report = commands.add_parser("report", help="write a page on how the class did and what to teach again")
    report.add_argument("unit", help="an assignment that has been graded, e.g. conv1d")
    report.add_argument("--output", type=Path, metavar="FILE", help="default: _build/report-<unit>.html")
    report.add_argument("--names", action="store_true", help="name the students whose work needs a human")

    bundle = commands.add_parser("bundle", help="write the students' archive: notebooks and checks, no solutions")
    bundle.add_argument("--folder", type=Path, default=COURSE.parent / "dist", help="default: dist/")

    strength = commands.add_parser(
        "strength", help="count how many wrong functions the checks find, and name the others"
    )
    strength.add_argument("units", nargs="*", help="units, e.g. conv1d (default: all)")

    for command in (table, grade, report):
        command.add_argument("--course", type=Path, default=COURSE, metavar="FOLDER", help="default: assignments/")
    return top


def at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a number of at least 1, got {number}")
    return number


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
    from autograder.grading.course import CourseError
    from autograder.grading.summary import summarise

    try:
        print(summarise(options.course, options.unit))
    except CourseError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def grade_class(options: argparse.Namespace) -> int:
    from autograder.grading.command import grade

    return grade(
        options.course,
        options.unit,
        students=options.students,
        scheduler=options.scheduler,
        workers=options.workers,
        force=options.force,
    )


def write_bundle(options: argparse.Namespace) -> int:
    from autograder.bundle import write

    try:
        print(write(COURSE / "release", options.folder))
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


def print_strength(options: argparse.Namespace) -> int:
    from autograder.grading.examine import exercises
    from autograder.strength import strength, table

    chosen = [exercise for exercise in exercises().values() if not options.units or exercise.unit in options.units]
    if not chosen:
        print(f"no exercises belong to {', '.join(options.units)}", file=sys.stderr)
        return 2
    results = [strength(exercise) for exercise in chosen]
    print(table(results))
    return 1 if any(result.survivors or result.stale for result in results) else 0


def write_report(options: argparse.Namespace) -> int:
    from autograder.grading.completion import write_at_once
    from autograder.grading.course import CourseError
    from autograder.grading.picture import picture_of
    from autograder.grading.report import page

    output = options.output or COURSE.parent / "_build" / f"report-{options.unit}.html"
    try:
        write_at_once(output, page(picture_of(options.course, options.unit), names=options.names))
    except CourseError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"error: {output} can't be written: {error.strerror}", file=sys.stderr)
        return 2
    print(output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
