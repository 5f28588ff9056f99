"""What a team would write in an afternoon: StandardScaler, OneHotEncoder, KMeans, number by silhouette."""

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from segmentation import FeatureTable
from segmentation.features.columns import Floats, Indexes

__all__ = ["naive_columns", "naive_segments"]

MOST_ROWS = 1000
"""Rows of the silhouette; it takes the square of them."""


def naive_columns(features: FeatureTable) -> Floats:
    """Numbers filled by their middle and standardized, categories one-hot."""
    frame = features.values  # noqa: PD011 - our own attribute
    categories = [spec.name for spec in features.specs if spec.kind == "category"]
    numbers = frame.drop(columns=categories).astype(float)
    numbers = numbers.loc[:, numbers.notna().any()].fillna(numbers.median())
    parts = [StandardScaler().fit_transform(numbers)] if numbers.shape[1] else []
    if categories:
        parts.append(OneHotEncoder(sparse_output=False).fit_transform(_texts(frame[categories])))
    return np.concatenate(parts, axis=1)


def _texts(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.astype(object).where(frame.notna(), "missing").astype(str)


def naive_segments(features: FeatureTable, *, seed: int = 0, most: int = 8) -> Indexes:
    """The labels of the number of groups with the best silhouette."""
    columns = naive_columns(features)
    best, labels = -1.0, np.zeros(len(columns), dtype=np.int64)
    for count in range(2, most + 1):
        found = KMeans(count, n_init=4, random_state=seed).fit_predict(columns)
        score = silhouette_score(columns, found, sample_size=min(MOST_ROWS, len(columns)), random_state=seed)
        if score > best:
            best, labels = score, found
    return labels
