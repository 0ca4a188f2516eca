"""A clone on Windows, where git converts line endings to CRLF, has the same bytes as this one."""

import shutil
import subprocess
from pathlib import Path

from tests.conftest import skip_unless_ci

ROOT = Path(__file__).resolve().parents[2]
# Data keeps its line endings, because the manifest has its hash.
FILES = {"a.py": b"a\n", "a.sh": b"a\n", "lf.csv": b"a\n", "crlf.csv": b"a\r\n", "a.pkl": b"\0\n"}


def test_a_clone_with_autocrlf_has_the_same_bytes(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        me = ("-c", "user.name=a", "-c", "user.email=a@b.c")
        subprocess.run(["git", *me, *arguments], cwd=tmp_path, check=True)

    if not shutil.which("git"):
        skip_unless_ci("Git was not found. Install it: https://git-scm.com/downloads")
    shutil.copy(ROOT / ".gitattributes", tmp_path)
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--message", "all")
    git("clone", "--quiet", "-c", "core.autocrlf=true", ".", "clone")
    assert {name: (tmp_path / "clone" / name).read_bytes() for name in FILES} == FILES
