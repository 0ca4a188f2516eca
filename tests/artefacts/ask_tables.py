"""Predict for tables of named columns, in a process without pandas.

`tests.artefacts.test_pipelines` runs this file as the serving image would.
"""

import pickle
import sys
from pathlib import Path

from serving.manifest import Signature
from serving.tabular import Tabular

[folder] = pickle.load(sys.stdin.buffer)
for file in Path(folder).glob("*.pkl"):
    model, inputs, result, columns = pickle.loads(file.read_bytes())
    tabular = Tabular(model, Signature(inputs, result, {}, "table"))
    found = tabular.predict_columns(columns)
    file.with_suffix(".out").write_bytes(pickle.dumps(found))
assert "pandas" not in sys.modules
