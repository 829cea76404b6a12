"""scikit-learn's side of bench/learn.mjs: for each JSON line it does the workload once and prints the time and a number to compare."""
import json
import platform
import sys
import time
import warnings

import numpy as np
import sklearn
from sklearn.cluster import DBSCAN, KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.manifold import TSNE
from sklearn.neighbors import NearestNeighbors
from sklearn.svm import SVC

warnings.filterwarnings("ignore")

WORK = {
    "kmeans": lambda X, y, seed: KMeans(n_clusters=10, n_init=10, random_state=seed).fit(X).inertia_,
    "pca": lambda X, y, seed: PCA().fit(X).explained_variance_.mean(),
    "pcaLarge": lambda X, y, seed: PCA().fit(X).explained_variance_.mean(),
    "knn": lambda X, y, seed: NearestNeighbors(n_neighbors=5, algorithm="brute", n_jobs=-1).fit(X).kneighbors(X)[0].sum(),
    "forest": lambda X, y, seed: RandomForestRegressor(random_state=seed, n_jobs=-1).fit(X, y).n_features_in_,
    "boosting": lambda X, y, seed: HistGradientBoostingRegressor(max_iter=200, early_stopping=False).fit(X, y).n_iter_,
    "boostingLarge": lambda X, y, seed: HistGradientBoostingRegressor(max_iter=200, early_stopping=False).fit(X, y).n_iter_,
    "logistic": lambda X, y, seed: LogisticRegression().fit(X, y).score(X, y),
    "svc": lambda X, y, seed: SVC(C=10, gamma=0.001).fit(X, y).score(X, y),
    "tsne": lambda X, y, seed: TSNE(random_state=seed, n_jobs=-1).fit(X).kl_divergence_,
    "dbscan": lambda X, y, seed: DBSCAN(eps=0.15, min_samples=10, n_jobs=-1).fit(X).labels_.max(),
}

files = {}
print(json.dumps({"ready": True, "versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__, "python": platform.python_version()}}), flush=True)
for line in sys.stdin:
    ask = json.loads(line)
    data = ask["data"]
    if data["path"] not in files:
        everything = np.fromfile(data["path"])
        size = data["rows"] * data["columns"]
        files[data["path"]] = (everything[:size].reshape(data["rows"], data["columns"]).copy(), everything[size:].copy())
    X, y = files[data["path"]]
    start = time.perf_counter()
    calls = 0
    while calls == 0 or time.perf_counter() - start < 0.3:
        value = WORK[ask["name"]](X, y, ask["seed"])
        calls += 1
    print(json.dumps({"ms": (time.perf_counter() - start) * 1000 / calls, "value": float(value)}), flush=True)
