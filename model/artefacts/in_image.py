"""Run a file as the serving image would: `in_image.py FILE`, with what is absent there hidden.

Standard input has a pickle, to which the file's own may be appended: the names of modules that the
image does not have, and the folder that it serves.
"""

import pickle
import runpy
import sys
from pathlib import Path

absent, deployment = pickle.load(sys.stdin.buffer)


class Absent:
    """A finder of modules that says that these are not there."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


own = [Path(deployment), *Path(deployment).parents[:2]]
sys.path[:] = [deployment, *(entry for entry in sys.path if Path(entry) not in own)]
sys.meta_path.insert(0, Absent)
runpy.run_path(sys.argv[1], run_name="__main__")
