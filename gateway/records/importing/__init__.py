"""From a batch to the store: prepared, judged, given local ids, written, reported."""
