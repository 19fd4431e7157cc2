"""Event files read back by TensorBoard itself and compared with the CSV of the same run.

    tensorboard_read.py EVENTS CSV
"""
import csv, sys
import numpy as np
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

TAGS = {"rate": "rate", "loss": "loss", "clean": "accuracy/clean", "robust": "accuracy/robust"}


def scalars(folder):
    events = EventAccumulator(folder, size_guidance={"scalars": 0})
    events.Reload()
    return {tag: [(e.step, e.value) for e in events.Scalars(tag)] for tag in events.Tags()["scalars"]}


def table(path):
    """The same from the CSV: a step is a thousandth of an epoch."""
    found = {}
    for row in csv.DictReader(open(path)):
        for column, tag in TAGS.items():
            if row[column]:
                found.setdefault(tag, []).append((round(float(row["epoch"]) * 1000), np.float32(row[column])))
    return found


got, wanted = scalars(sys.argv[1]), table(sys.argv[2])
assert got.keys() == wanted.keys(), f"TensorBoard finds {sorted(got)}, the CSV has {sorted(wanted)}"
for tag in wanted:
    same = [(s, np.float32(v)) for s, v in got[tag]] == wanted[tag]
    print(f"{'ok    ' if same else 'FAILED'} {tag}: {len(got[tag])} values")
    if not same:
        sys.exit(1)
