"""A model folder as a function: pixels in, one probability of the positive class per image out.

The same function scores the evaluation images and answers the model server's requests. A scikit-learn classifier
answers with `predict_proba`, anything else with MLflow's own `predict`, which then has to be a probability.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from workflow.errors import ResourceError

Floats: TypeAlias = NDArray[np.float64]
_POSITIVE_COLUMN: Final = 1
"""scikit-learn sorts its classes: of 0 and 1 (or False and True) the second is the positive one."""


class PredictionError(ValueError):
    """The model was asked and gave something that is not one probability per row."""


@dataclass(frozen=True, kw_only=True)
class Predictor:
    """`features` is how many values a row must have, None when the model does not say."""

    scores: Callable[[Floats], Floats]
    features: int | None

    def __call__(self, rows: Floats) -> Floats:
        """Probabilities, shape (n,), for rows of shape (n, features); PredictionError when they are not."""
        result = np.asarray(self.scores(rows), dtype=np.float64).reshape(-1)
        if result.shape != (len(rows),) or not np.isfinite(result).all() or result.min() < 0 or result.max() > 1:
            raise PredictionError(f"the model did not answer with one probability for each of {len(rows)} rows")
        return result


def load_predictor(folder: Path) -> Predictor:
    """Raises ResourceError with the loader's own words: a model file is code, and may fail in any way."""
    try:
        # Both take seconds, and the server must answer /ping before. skops looks for some 500 functions in each module
        # that is there: before MLflow's 2,000 that is a second and a half of CPU less.
        import skops.io  # noqa: F401
        import mlflow.pyfunc  # isort: skip

        model = mlflow.pyfunc.load_model(str(folder))
        return _predictor(model)
    except Exception as error:
        raise ResourceError(f"the model does not load: {type(error).__name__}: {error}") from error


def _predictor(model: Any) -> Predictor:
    raw = model.get_raw_model()
    features = getattr(raw, "n_features_in_", None)
    if not hasattr(raw, "predict_proba"):
        return Predictor(scores=model.predict, features=features)
    if len(raw.classes_) != 2:
        raise ValueError(f"a binary classifier is wanted, this one knows the classes {list(raw.classes_)}")
    return Predictor(scores=lambda rows: raw.predict_proba(rows)[:, _POSITIVE_COLUMN], features=features)
