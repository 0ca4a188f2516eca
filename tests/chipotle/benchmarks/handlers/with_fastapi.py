"""FastAPI with Mangum, as documented."""

# mypy: ignore-errors
import pickle
from pathlib import Path

from fastapi import FastAPI
from mangum import Mangum

model = pickle.loads(Path(__file__).with_name("model.pkl").read_bytes())
app = FastAPI()


@app.get("/")
def predict(a: float, b: float, c: float, d: float) -> list[int]:
    return model.predict([[a, b, c, d]]).tolist()


handler = Mangum(app, lifespan="off")
