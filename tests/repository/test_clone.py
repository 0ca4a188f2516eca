"""A clone on Windows, where git converts line endings to CRLF, has the same bytes as this one."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def git(*arguments: str, folder: Path) -> None:
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b.c", *arguments], cwd=folder, check=True
    )


def test_a_clone_with_autocrlf_has_the_same_bytes(tmp_path: Path) -> None:
    repository, clone = tmp_path / "repository", tmp_path / "clone"
    ignore = shutil.ignore_patterns("__pycache__", ".*")
    shutil.copytree(ROOT / "model", repository / "model", ignore=ignore)
    shutil.copy(ROOT / ".gitattributes", repository)
    # Data keeps its line endings, because the manifest has its hash.
    (repository / "model" / "training" / "crlf.csv").write_bytes(b"a,b\r\n1,2\r\n")
    git("init", "--quiet", folder=repository)
    git("add", ".", folder=repository)
    git("commit", "--quiet", "--message", "all", folder=repository)
    git(
        "clone", "--quiet", "-c", "core.autocrlf=true", str(repository), str(clone), folder=tmp_path
    )
    files = [file for file in repository.glob("model/**/*") if file.is_file()]
    assert len(files) > 20
    for file in files:
        assert (clone / file.relative_to(repository)).read_bytes() == file.read_bytes(), file
