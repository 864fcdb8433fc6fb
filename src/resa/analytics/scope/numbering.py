"""Labels: numbers for the texts of events or customers, and the texts."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from resa.analytics.results.names import NOT_KNOWN

__all__ = ["Codes", "known", "named", "numbered"]

Codes = npt.NDArray[np.integer[Any]]
"""Number of the label of each event or customer."""


def named(codes: Codes, texts: pa.StringArray) -> tuple[Codes, tuple[str, ...]]:
    """Labels as they are kept, for people: null becomes `NOT_KNOWN`."""
    names = [NOT_KNOWN if text is None else text for text in texts.to_pylist()]
    labels = tuple(dict.fromkeys(names))
    if len(labels) < len(names):  # a text of just this kind beside null
        codes = np.array([labels.index(name) for name in names], codes.dtype)[codes]
    return codes, labels


def known(codes: Codes, labels: tuple[str, ...]) -> tuple[Codes, tuple[str, ...]]:
    """Numbers from 1 on for the labels that stand for something, as narrow as may be; 0 for the others."""
    told = [label not in {"", NOT_KNOWN} for label in labels]
    number = (np.cumsum(told) * told).astype(np.min_scalar_type(len(labels)))
    values = tuple(label for label, meant in zip(labels, told, strict=True) if meant)
    if (number == np.arange(len(labels))).all():  # often only the first stands for nothing
        return codes.astype(number.dtype, copy=False), values
    return number[codes], values


def numbered(column: pa.Array | pa.ChunkedArray) -> tuple[Codes, tuple[str, ...]]:
    """Numbers for the values of a column, and the values as text; null becomes `NOT_KNOWN`."""
    if not pa.types.is_dictionary(column.type):
        column = column.cast(pa.string()).dictionary_encode()
    if isinstance(column, pa.ChunkedArray):
        column = column.unify_dictionaries().combine_chunks()
    texts = column.dictionary.cast(pa.string())
    if column.null_count:
        texts = pa.concat_arrays([texts, pa.nulls(1, pa.string())])
    return named(column.indices.fill_null(len(texts) - 1).to_numpy().astype(np.int32), texts)
