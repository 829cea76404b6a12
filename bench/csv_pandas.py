"""pandas's side of bench/csv.mjs: for each JSON line `{"path": ...}` it reads that file and prints `{"ms": ..., "sum": ...}`."""
import json
import platform
import sys
import time

import pandas as pd

print(json.dumps({"ready": True, "versions": {"pandas": pd.__version__, "python": platform.python_version()}}), flush=True)
for line in sys.stdin:
    path = json.loads(line)["path"]
    start = time.perf_counter()
    frame = pd.read_csv(path)
    ms = (time.perf_counter() - start) * 1000
    total = float(frame.select_dtypes("number").to_numpy().sum())
    print(json.dumps({"ms": ms, "sum": total, "rows": len(frame)}), flush=True)
    del frame
