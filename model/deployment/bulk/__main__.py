"""Answer the rows of a file: `make score IN=points.csv OUT=answers.csv`."""

import argparse
import os
import signal
import sys
from concurrent.futures.process import BrokenProcessPool
from contextlib import nullcontext
from multiprocessing import active_children
from typing import IO, Any

import joblib

from bulk.run import ENDING, score
from serving.problems import Problem


def progress(file: IO[bytes]) -> Any:
    """Show a progress bar in a terminal, if tqdm is installed."""
    try:
        from tqdm import tqdm
    except ImportError:
        return nullcontext(file)
    tqdm.monitor_interval = 0  # a process with threads should not fork
    total = os.fstat(file.fileno()).st_size or None
    return tqdm.wrapattr(file, "read", total, disable=None)


def stop(number: int, frame: object) -> None:
    """End the run, and the processes of its pool, which would finish their blocks first."""
    for process in active_children():
        process.kill()
    raise KeyboardInterrupt


def main() -> None:
    # As in the image. A process that is forked after OpenMP started threads waits for them forever.
    os.environ |= {"OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1"}  # read by what follows
    from serving.artefacts import ArtefactError

    try:
        from app import MODEL, lambdaHandler
    except ArtefactError as error:
        print(f"Scoring needs a model: {error}", file=sys.stderr)
        sys.exit(2)
    parser = argparse.ArgumentParser(
        "python -m bulk",
        description=f"{MODEL.title}, for many rows.",
        argument_default=argparse.SUPPRESS,
        conflict_handler="resolve",  # a model's option may be called help
    )
    kinds = ".csv, .jsonl (.gz may follow), .parquet; - and, after --, -.jsonl are standard streams"
    parser.add_argument("IN", help=kinds)
    parser.add_argument("OUT", help=kinds)
    for option in lambdaHandler.options:
        text = f"{option.description} It must be {option.allowed}.".replace("%", "%%")
        parser.add_argument(f"--{option.name}", dest=option.name, help=text)
    asked = vars(parser.parse_args())
    sys.stdout = sys.stderr  # for models that print: answers may go to standard output
    source, target = asked.pop("IN"), asked.pop("OUT")
    for number in ENDING:
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup ignores one
            signal.signal(number, stop)  # an exception removes the temporary file
    try:
        done = score(MODEL, source, target, asked, joblib.cpu_count(), progress)
    except KeyboardInterrupt:
        print("Stopped before the end.", file=sys.stderr)
        sys.exit(130)
    except OSError as error:
        name = source if error.filename == source else target
        parser.exit(2, f"{name}: {error.strerror or error}.\n")
    except Problem as problem:
        parser.exit(2, f"{problem}\n")
    except BrokenProcessPool:
        parser.exit(2, "A process was killed, perhaps because memory ran out.\n")
    for note in done.notes:
        print(note, file=sys.stderr)
    where = f" (the first on {done.first_problem}). See `problem` in the answers"
    problems = f"{done.problems:,} of them with a problem{where if done.problems else ''}"
    print(f"{done.rows:,} rows, {problems}.", file=sys.stderr)
    sys.exit(bool(done.problems))


if __name__ == "__main__":
    main()
