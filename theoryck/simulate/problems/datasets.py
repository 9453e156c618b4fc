"""Real data: the classification data sets that scikit-learn bundles."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from theoryck.simulate.errors import MissingExtraError, SimulationError

# the file, how many lines come before the data, and scikit-learn's own way to it
FILES: Mapping[str, tuple[str, int, str]] = MappingProxyType(
    {
        "breast cancer": ("breast_cancer.csv", 1, "load_breast_cancer"),
        "digits": ("digits.csv.gz", 0, "load_digits"),
        "iris": ("iris.csv", 1, "load_iris"),
        "wine": ("wine_data.csv", 1, "load_wine"),
    }
)


@dataclass(frozen=True, eq=False)
class DataSet:
    """Samples with their classes.

    Attributes:
        name: for a reader.
        rows: the features, of shape (n, d).
        labels: the classes 0, 1, …, of shape (n,).
    """

    name: str
    rows: Any
    labels: Any

    @property
    def classes(self) -> int:
        """How many classes there are."""
        return int(self.labels.max()) + 1

    def standardised(self) -> DataSet:
        """Every feature with mean 0 and variance 1, those that never change left out."""
        spread = self.rows.std(axis=0)
        telling = spread > 0
        rows = (self.rows[:, telling] - self.rows[:, telling].mean(axis=0)) / spread[telling]
        return DataSet(self.name, rows, self.labels)

    def with_ones(self) -> DataSet:
        """One feature more, which is 1 everywhere: the intercept."""
        ones = np.ones((len(self.rows), 1))
        return DataSet(self.name, np.concatenate([self.rows, ones], axis=1), self.labels)

    def pair(self, negative: int, positive: int) -> DataSet:
        """The samples of two classes, labelled −1 and 1.

        Raises:
            SimulationError: they are not two of the classes.
        """
        if negative == positive or not {negative, positive} <= set(range(self.classes)):
            raise SimulationError(
                f"two of the classes 0, …, {self.classes - 1} of {self.name} expected, "
                f"got {negative} and {positive}"
            )
        kept = (self.labels == negative) | (self.labels == positive)
        signs = np.where(self.labels[kept] == positive, 1.0, -1.0)
        return DataSet(f"{self.name}, {negative} or {positive}", self.rows[kept], signs)


def load(name: str) -> DataSet:
    """A data set that scikit-learn bundles: breast cancer (569 samples of 30 features, 2
    classes), digits (1797 of 64, 10), iris (150 of 4, 3) or wine (178 of 13, 3).

    Raises:
        SimulationError: there is none of that name.
        MissingExtraError: scikit-learn is not installed.

    >>> load("wine").rows.shape, load("wine").classes
    ((178, 13), 3)
    """
    if name not in FILES:
        raise SimulationError(f"no data set is called {name!r}: {', '.join(FILES)}")
    file, above, loader = FILES[name]
    found = importlib.util.find_spec("sklearn")
    if found is None or not found.submodule_search_locations:
        raise MissingExtraError(
            f"the {name} data come with scikit-learn: pip install 'theoryck[data]'"
        )
    path = Path(found.submodule_search_locations[0]) / "datasets" / "data" / file
    if path.is_file():
        # importing scikit-learn takes over a second, reading its file a few milliseconds
        table = np.loadtxt(path, delimiter=",", skiprows=above)
        return DataSet(name, table[:, :-1], table[:, -1].astype(np.int64))
    datasets = importlib.import_module("sklearn.datasets")
    rows, labels = getattr(datasets, loader)(return_X_y=True)
    return DataSet(name, np.asarray(rows, dtype=np.float64), np.asarray(labels, dtype=np.int64))
