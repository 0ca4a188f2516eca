"""The step of the build, on small packages."""

import os
from pathlib import Path

import pytest

from tests.start.environments import Environment

GOOD = {
    "good/__init__.py": "from .first import one\nfrom .second import two\n",
    "good/first.py": "def one(): return 1\n",
    "good/second.py": "import good.third\ndef two(): return good.third.three()\n",
    "good/third.py": "def three(): return 3\n",
}
ODD = {
    # Its second module can only be imported before the package is complete.
    "odd/__init__.py": "from .first import one\nfrom .second import two\ncomplete = True\n",
    "odd/first.py": "def one(): return 1\n",
    "odd/second.py": "import odd\nassert 'complete' not in vars(odd), 'late'\ntwo = int\n",
    # Its second module only works after the first.
    "ordered/__init__.py": "from .first import one\nfrom .second import two\n",
    "ordered/first.py": "import json\ndef one(): return json.dumps(1)\n",
    "ordered/second.py": "import json, sys\nassert 'ordered.first' in sys.modules, 'early'\n"
    "def two(): return json.dumps(2)\n",
    # The same, but its process ends.
    "crashing/__init__.py": "from .first import one\nfrom .second import two\n",
    "crashing/first.py": "import json\ndef one(): return json.dumps(1)\n",
    "crashing/second.py": "import json, os, sys\n'crashing.first' in sys.modules or os.abort()\n"
    "def two(): return json.dumps(2)\n",
    # Its answer depends on what else is loaded.
    "counting/__init__.py": "from .first import one\nfrom .second import two\n",
    "counting/first.py": "import sys\ndef one(): return 'counting.second' in sys.modules\n",
    "counting/second.py": "def two(): return 2\n",
    # A module of it does not know its package, and it forbids another.
    "nameless/__init__.py": "from .first import one\nimport sys\n"
    "sys.modules['nameless.no'] = None\n",
    "nameless/first.py": "from .second import two\n__package__ = None\ndef one(): return two()\n",
    "nameless/second.py": "def two(): return 2\n",
    # It uses a name that the rewriting adds.
    "named/__init__.py": "from .first import one\nfrom .second import two\n__deferred__ = 1\n",
    "named/first.py": "def one(): return 1\n",
    "named/second.py": "def two(): return 2\n",
    "nodir/__init__.py": "import json\ndef __dir__(): 1 / 0\ndef one(): return json.dumps(1)\n",
}


def test_what_the_example_does_not_need_waits(tmp_path: Path) -> None:
    environment = Environment(tmp_path, GOOD, "import good\nanswer = good.one")
    assert "names wait until they are used" in environment.defer()
    loaded = environment.run("-c", "import app, sys; app.answer(); print(*sys.modules)").stdout
    assert "good.first" in loaded.split()
    assert "good.second" not in loaded.split()
    code = "import good; print(good.two(), good.third.three(), 'two' in dir(good))"
    assert environment.run("-c", code).stdout == "3 3 True\n"


@pytest.mark.parametrize(
    ("package", "used", "why", "called", "result"),
    [
        ("odd", "one()", ": AssertionError: late\n", "two(2)", "2"),
        ("ordered", "__name__", ".second: AssertionError: early\n", "two()", "2"),
        ("crashing", "__name__", ".second: importing it crashes or hangs\n", "two()", "2"),
        ("nameless", "one()", ".first: no package specified for ", "one()", "2"),
        ("named", "one()", ": AttributeError: 'int' object has no ", "two()", "2"),
        ("nodir", "__name__", ": division by zero\n", "one()", "1"),
        ("counting", "one()", ".first, counting: the example needs their", "one()", "True"),
    ],
)
def test_a_package_that_cannot_be_handled_is_left_alone_and_named(
    package: str, used: str, why: str, called: str, result: str, tmp_path: Path
) -> None:
    code = f"import good, {package}\nanswer = lambda: [good.one(), {package}.{used}]"
    environment = Environment(tmp_path, GOOD | ODD, code)
    assert f"\n  {package}{why}" in environment.defer()
    done = environment.run("-c", f"import {package}; print({package}.{called})")
    assert done.stdout == f"{result}\n"
    loaded = environment.run("-c", "import good, sys; print(*sys.modules)").stdout
    assert "good.second" not in loaded.split()


def test_a_model_that_answers_at_random_keeps_all_packages_as_they_are(tmp_path: Path) -> None:
    code = "import good, random\nanswer = lambda: [good.one(), random.random()]"
    environment = Environment(tmp_path, GOOD, code)
    assert "the model answers differently" in environment.defer()
    loaded = environment.run("-c", "import good, sys; print(*sys.modules)").stdout
    assert "good.second" in loaded.split()


def test_a_model_that_does_not_answer_fails_the_build(tmp_path: Path) -> None:
    environment = Environment(tmp_path, GOOD, "import good\nanswer = lambda: 1 / 0")
    done = environment.run("-m", "defer_imports", "--here")
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr
    assert "The model does not answer its example" in done.stderr


def test_eager_import_switches_it_off(tmp_path: Path) -> None:
    environment = Environment(tmp_path, GOOD, "import good\nanswer = good.one")
    environment.defer()
    assert "EAGER_IMPORT is set" in environment.defer(EAGER_IMPORT="yes")
    loaded = environment.run("-c", "import good, sys; print(*sys.modules)").stdout
    assert "good.second" in loaded.split()


def test_outside_an_image_it_requires_here(tmp_path: Path) -> None:
    environment = Environment(tmp_path, GOOD, "import good\nanswer = good.one")
    done = environment.run("-m", "defer_imports")
    assert done.returncode == 1
    assert "--here" in done.stderr


def test_other_users_can_read_what_it_writes(tmp_path: Path) -> None:
    environment = Environment(tmp_path, GOOD, "import good\nanswer = good.one")
    before = os.umask(0o077)
    try:
        environment.defer()
    finally:
        os.umask(before)
    [cached] = environment.site.glob("good/__pycache__/__init__.*")
    assert cached.stat().st_mode & 0o777 == 0o644
