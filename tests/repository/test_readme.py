"""The READMEs are true: code, commands, files, links and pictures exist.

What the main README says to delete for a model of your own may be missing.
"""

import re
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.repository.test_commands import ROOT, TARGETS

DOCUMENTS = [ROOT / folder / "README.md" for folder in (".", "model", "predictive_lambda", "tests")]
DOCUMENTS += ROOT.glob("model/training/README.md")  # the example's
TEXTS = {document: document.read_text() for document in DOCUMENTS}
README = "\n".join(TEXTS.values())
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
COMMANDS = re.findall(r"^\$ (.+)$", README, re.MULTILINE)
DELETABLE = [
    path for command in COMMANDS if command.startswith("rm -r ") for path in command.split()[2:]
]


def exists(path: Path) -> bool:
    return path.exists() or is_deletable(path)


def is_deletable(path: Path) -> bool:
    """Return whether the README says to delete a path for a model of your own."""
    name = path.relative_to(ROOT).as_posix()
    return any(fnmatch(name, pattern) or fnmatch(name, f"{pattern}/*") for pattern in DELETABLE)


@pytest.mark.parametrize(
    "code", [code for kind, code in BLOCKS if kind in ("python", "dockerfile")]
)
def test_code_is_real(code: str) -> None:
    """Whole scripts are skipped: test_adopter.py and tests/artefacts/test_training.py run them."""
    folders = [ROOT / name for name in ("model", "predictive_lambda", "tests")]
    files = [file for folder in folders for file in folder.rglob("*") if file.is_file()]
    sources = [file for file in files if file.suffix == ".py" or "Dockerfile" in file.name]
    is_script = code.startswith("from ")
    assert is_script or any(code.strip("\n") in source.read_text() for source in sources)


def test_every_make_command_has_a_target() -> None:
    assert {name for command in COMMANDS for name in re.findall(r"^make (\S+)", command)} <= TARGETS


def test_the_files_of_the_tree_exist() -> None:
    [tree] = [block for kind, block in BLOCKS if kind == "text"]
    width = len(re.findall(r".* {3}", tree)[0])  # the names' column, before the explanations
    folders = {-1: ROOT}  # by the indentation of their lines
    for line in tree.splitlines():
        indent = len(line) - len(line.lstrip())
        parent = folders[max(depth for depth in folders if depth < indent)]
        for name in line[:width].split():
            assert exists(parent / name.strip("/")), line
            folders = {depth: at for depth, at in folders.items() if depth < indent}
            folders[indent] = parent / name.strip("/")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_pictures_and_headings_exist(document: Path) -> None:
    links = r"(?:\]\(|src=\"|srcset=\")(?!https?:)([^)\s\"]+)"
    for link in re.findall(links, TEXTS[document]):
        name, _, heading = link.partition("#")
        target = (document.parent / name).resolve() if name else document
        assert exists(target), link
        if heading and target.suffix == ".md" and not is_deletable(target):
            headings = re.findall(r"^#+ (.+)$", target.read_text(), re.MULTILINE)
            assert heading in map(anchor, headings), link


def test_every_fault_names_its_test() -> None:
    table = README.partition("| fault |")[2].partition("\n\n")[0]
    faults = re.findall(r"^\| \[.+", table, re.MULTILINE)
    assert len(faults) >= 8
    for fault in faults:
        [[file, test]] = re.findall(r"^\| \[[^]]+\]\(\.\./(\S+)#(test_\w+)\)", fault)
        assert f"def {test}(" in (ROOT / file).read_text(), fault


def anchor(heading: str) -> str:
    """Return GitHub's anchor for a heading."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
