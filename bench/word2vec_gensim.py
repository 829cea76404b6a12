"""gensim's side of bench/word2vec.mjs: for each JSON line `{"task", "threads", "epochs"}` it trains and prints `{"words", "vocabulary", "seconds"}`."""
import json
import sys
import time

import gensim
from gensim.models import Word2Vec
from gensim.models.word2vec import FAST_VERSION

sentences = [line.split() for line in open(sys.argv[1], encoding="utf-8") if line.strip()]
versions = {"gensim": gensim.__version__, "compiled": FAST_VERSION}
print(json.dumps({"ready": True, "versions": versions}), flush=True)
for request in sys.stdin:
    asked = json.loads(request)
    skip_gram = asked["task"] == "skip-gram"
    rate = 0.025 if skip_gram else 0.05
    model = Word2Vec(vector_size=100, window=5, negative=5, min_count=5, sample=1e-3, alpha=rate, sg=skip_gram, workers=asked["threads"])
    model.build_vocab(sentences)
    start = time.perf_counter()
    model.train(sentences, total_examples=model.corpus_count, epochs=asked["epochs"])
    seconds = time.perf_counter() - start
    known = sum(int(model.wv.get_vecattr(word, "count")) for word in model.wv.index_to_key)
    print(json.dumps({"words": asked["epochs"] * known, "vocabulary": len(model.wv), "seconds": seconds}), flush=True)
