"""Python's side of bench/tokenizers.mjs: for each JSON line `{"task": ...}` it does it and prints `{"results": [{"by", "ms", "tokens", "bytes"}]}`."""
import json
import sys
import time
from pathlib import Path

import tokenizers
from tokenizers import ByteLevelBPETokenizer, Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

try:
    import tiktoken
except ImportError:
    tiktoken = None

folder = Path(sys.argv[1])
book = (folder / "text" / "darwin.txt").read_bytes()
lines = [line for line in book.decode().replace("\n", "\n\0").split("\0") if line]
learned = str(folder / "text" / "war_and_peace.txt")
vocab_file, merges_file = (str(folder / "tokenizers" / "gpt2" / name) for name in ("encoder.json", "vocab.bpe"))


def tik():
    prints = [b for b in range(256) if 32 < b < 127 or 160 < b and b != 173]
    others = [b for b in range(256) if b not in prints]
    to_byte = {chr(b): b for b in prints} | {chr(256 + i): b for i, b in enumerate(others)}
    vocab = json.loads(Path(vocab_file).read_text())
    ranks = {bytes(to_byte[c] for c in token): i for token, i in vocab.items() if token != "<|endoftext|>"}
    pattern = r"""'(?:[sdmt]|ll|ve|re)| ?\p{L}++| ?\p{N}++| ?[^\s\p{L}\p{N}]++|\s++$|\s+(?!\S)|\s"""
    encoding = tiktoken.Encoding("gpt2", pat_str=pattern, mergeable_ranks=ranks, special_tokens={"<|endoftext|>": 50256})
    return lambda: sum(len(encoding.encode_ordinary(line)) for line in lines)


def encode(_):
    tok = ByteLevelBPETokenizer(vocab_file, merges_file)._tokenizer
    batch = getattr(tok, "encode_batch_fast", tok.encode_batch)
    works = [("tokenizers", lambda: sum(len(e.ids) for e in batch(lines)))]
    return works + ([("tiktoken", tik())] if tiktoken else [])


def training(tok, trainer):
    def work():
        tok.train([learned], trainer)
        return tok.get_vocab_size()

    return [("tokenizers", work)]


def bpe(size):
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    return training(tok, trainers.BpeTrainer(vocab_size=size, show_progress=False, initial_alphabet=alphabet, special_tokens=["<|endoftext|>"]))


def word_piece(size):
    tok = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tok.normalizer, tok.pre_tokenizer = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    return training(tok, trainers.WordPieceTrainer(vocab_size=size, show_progress=False, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]))


def unigram(size):
    tok = Tokenizer(models.Unigram())
    tok.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tok.pre_tokenizer = pre_tokenizers.Metaspace()
    return training(tok, trainers.UnigramTrainer(vocab_size=size, show_progress=False, special_tokens=["<unk>", "<s>", "</s>"], unk_token="<unk>"))


tasks = {"encode gpt2": encode, "train bpe": bpe, "train wordpiece": word_piece, "train unigram": unigram}

versions = {"tokenizers": tokenizers.__version__, **({"tiktoken": tiktoken.__version__} if tiktoken else {})}
print(json.dumps({"ready": True, "versions": versions}), flush=True)
for request in sys.stdin:
    asked = json.loads(request)
    results = []
    for by, work in tasks[asked["task"]](asked["vocab"]):
        start = time.perf_counter()
        tokens = work()
        results.append({"by": by, "ms": (time.perf_counter() - start) * 1000, "tokens": tokens, "bytes": len(book)})
    print(json.dumps({"results": results}), flush=True)
