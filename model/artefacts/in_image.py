"""Run a file as the serving image would: `in_image.py FILE` hides the modules that it lacks.

Standard input starts with a pickle: the names of those modules, and the folder that the image
serves. Any input for the file itself follows.
"""

import pickle
import runpy
import sys
from pathlib import Path

absent, deployment = pickle.load(sys.stdin.buffer)


class Absent:
    """An import finder that reports these modules as missing."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


own = [Path(deployment), *Path(deployment).parents[:2]]
sys.path[:] = [deployment, *(entry for entry in sys.path if Path(entry) not in own)]
sys.meta_path.insert(0, Absent)
runpy.run_path(sys.argv[1], run_name="__main__")
