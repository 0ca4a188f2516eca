"""The serving image, as training sees it: its packages, and a process that has only those.

As a script it is that process: `image.py FILE DEPLOYMENT MODULE...` runs the file with the folder
that is deployed, and without the modules.
"""

import pickle
import re
import runpy
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.metadata import packages_distributions
from pathlib import Path

MODEL = Path(__file__).resolve().parent.parent
LOCK = MODEL / "requirements.txt"
DEPLOYMENT = MODEL / "deployment"


def pins() -> dict[str, list[str]]:
    """Return each package's locked versions: several if they depend on Python's version."""
    found: dict[str, list[str]] = {}
    for package, version in re.findall(r"^([\w.-]+)==([^\s;]+)", LOCK.read_text(), re.MULTILINE):
        found.setdefault(plain_name(package), []).append(version)
    return found


def plain_name(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


def warn_of_versions(trained: Mapping[str, str]) -> None:
    """Warn if the image may get other versions than `trained` has, by import name."""
    packages, locked = packages_distributions(), pins()
    for module, version in trained.items():
        for name in {plain_name(package) for package in packages.get(module, [])} & locked.keys():
            if locked[name] != [version]:
                print(
                    f"This model needs {name} {version}, but model/requirements.txt has "
                    f"{' and '.join(locked[name])}. Before you deploy: make train",
                    file=sys.stderr,
                )


def run(
    script: Path, *given: object, deployment: Path | None = None, more: Sequence[str] = ()
) -> tuple[int, str]:
    """Run a Python file as in the image; return its exit code and its output.

    `given` is pickled to its standard input. If it fails, the output is the error's last line.
    more: packages that it may use besides those of the lock.
    """
    there = {*pins(), *more}
    absent = [
        module
        for module, packages in packages_distributions().items()
        if not any(plain_name(package) in there for package in packages)
    ]
    folder = str(deployment or DEPLOYMENT)
    command = [sys.executable, "-I", __file__, str(script), folder, *absent]
    done = subprocess.run(command, input=pickle.dumps(given), capture_output=True)
    if not done.returncode:
        return 0, done.stdout.decode()
    [*_, last_line] = done.stderr.decode(errors="replace").splitlines() or ["it was killed"]
    return done.returncode, last_line


def main() -> None:
    _, script, deployment, *absent = sys.argv

    class Absent:
        """An import finder that reports these modules as missing."""

        @staticmethod
        def find_spec(name: str, path: object = None, target: object = None) -> None:
            if name.partition(".")[0] in absent:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    own = [Path(deployment), *Path(deployment).parents[:2]]
    sys.path[:] = [deployment, *(entry for entry in sys.path if Path(entry) not in own)]
    sys.meta_path.insert(0, Absent)
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main()
