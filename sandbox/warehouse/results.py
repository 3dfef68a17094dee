"""Results as the connector expects them, where fakesnow gets them wrong: a NULL timestamp is not 1970."""

import importlib
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

# `fakesnow.arrow` builds the Arrow tables that travel to the client.
arrow: Any = importlib.import_module("fakesnow.arrow")
_plain_struct = arrow.timestamp_to_sf_struct


def install() -> None:
    """Put the correction in place; once per process."""
    arrow.timestamp_to_sf_struct = _timestamp_struct


def _timestamp_struct(timestamps: Any) -> Any:
    if isinstance(timestamps, pa.ChunkedArray):
        timestamps = timestamps.combine_chunks()
    struct = _plain_struct(timestamps.fill_null(0))
    return pa.StructArray.from_arrays(struct.flatten(), fields=list(struct.type), mask=pc.is_null(timestamps))
