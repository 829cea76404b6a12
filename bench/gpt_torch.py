"""PyTorch's side of the GPT training benchmark: a server over stdin and stdout, so that the Node side can interleave.

Prints one JSON line when ready: versions, sizes, options. For each line `{"threads": 2, "steps": 10}` it runs that many
training steps with that many threads and prints `{"threads": 2, "ms": [...], "loss": ...}`. Ends at end of input.
One step: clear gradients, forward, backward, AdamW, read the loss. Drawing the tokens is not timed. The first request
for a number of threads is preceded by untimed warm-up steps (--warmup).

  echo '{"threads": 2, "steps": 10}' | python bench/gpt_torch.py --fused
"""
import argparse
import json
import math
import platform
import sys
import time

import torch
import torch.nn as nn
import torch.nn.functional as F


def options():
    p = argparse.ArgumentParser(description="times PyTorch's GPT training step; requests come as JSON lines on stdin")
    p.add_argument("--layers", type=int, default=4)
    p.add_argument("--heads", type=int, default=4)
    p.add_argument("--width", type=int, default=128)
    p.add_argument("--context", type=int, default=64, help="the model's longest context")
    p.add_argument("--tokens", type=int, help="tokens in a sequence (default: the context)")
    p.add_argument("--batch", type=int, default=12)
    p.add_argument("--vocab", type=int, default=65)
    p.add_argument("--learning-rate", type=float, default=1e-3)
    p.add_argument("--clip", type=float, help="clip the gradients to this global norm")
    p.add_argument("--fused", action="store_true", help="AdamW(fused=True)")
    p.add_argument("--compile", action="store_true", help="torch.compile the model")
    p.add_argument("--warmup", type=int, default=3, help="untimed steps for each new number of threads")
    p.add_argument("--seed", type=int, default=0)
    return p.parse_args()


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.attn, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.fc, self.fc_proj = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x):
        B, T, C = x.shape
        q, k, v = (t.view(B, T, self.heads, -1).transpose(1, 2) for t in self.attn(self.ln_1(x)).split(C, dim=2))
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.proj(mixed.transpose(1, 2).reshape(B, T, C))
        return x + self.fc_proj(F.gelu(self.fc(self.ln_2(x)), approximate="tanh"))


class GPT(nn.Module):
    """GPT-2: biases everywhere, no dropout, the head tied to the token embedding, GPT-2's initial values."""

    def __init__(self, o):
        super().__init__()
        self.wte, self.wpe = nn.Embedding(o.vocab, o.width), nn.Embedding(o.context, o.width)
        self.h = nn.ModuleList(Block(o.width, o.heads) for _ in range(o.layers))
        self.ln_f = nn.LayerNorm(o.width)
        for name, p in self.named_parameters():
            if p.ndim == 2:
                residual = name.endswith("proj.weight")
                nn.init.normal_(p, std=0.02 / math.sqrt(2 * o.layers) if residual else 0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(p)

    def forward(self, ids, targets):
        x = self.wte(ids) + self.wpe.weight[: ids.shape[1]]
        for block in self.h:
            x = block(x)
        logits = F.linear(self.ln_f(x), self.wte.weight)
        return F.cross_entropy(logits.flatten(0, 1), targets.flatten())


def make_optimizer(model, o):
    matrices = [p for p in model.parameters() if p.ndim >= 2]
    vectors = [p for p in model.parameters() if p.ndim < 2]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=o.learning_rate, betas=(0.9, 0.99), fused=o.fused)


def main():
    o = options()
    torch.manual_seed(o.seed)
    model = GPT(o)
    optimizer = make_optimizer(model, o)
    loss_of = torch.compile(model) if o.compile else model
    length = o.tokens or o.context

    def step():
        ids = torch.randint(o.vocab, (o.batch, length + 1))
        x, y = ids[:, :-1].contiguous(), ids[:, 1:].contiguous()
        start = time.perf_counter()
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(x, y)
        loss.backward()
        if o.clip is not None:
            nn.utils.clip_grad_norm_(model.parameters(), o.clip)
        optimizer.step()
        value = loss.item()
        return (time.perf_counter() - start) * 1000, value

    def say(record):
        print(json.dumps(record), flush=True)

    parameters = sum(p.numel() for p in model.parameters())
    versions = {"torch": torch.__version__, "python": platform.python_version(), "mkl": torch.backends.mkl.is_available()}
    say({"ready": True, **versions, "cpu": torch.backends.cpu.get_cpu_capability(), "parameters": parameters, **vars(o)})

    warm = set()
    for line in sys.stdin:
        if not line.strip():
            continue
        request = json.loads(line)
        threads = request["threads"]
        torch.set_num_threads(threads)
        if threads not in warm:
            for _ in range(o.warmup):
                step()
            warm.add(threads)
        timed = [step() for _ in range(request["steps"])]
        say({"threads": threads, "ms": [round(ms, 3) for ms, _ in timed], "loss": timed[-1][1] if timed else None})


if __name__ == "__main__":
    main()
