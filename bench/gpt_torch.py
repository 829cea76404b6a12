import torch
import torch.nn.functional as F

from gpt_model import GPT
from same_numbers import batch_seed, integers
from torch_side import options, serve_training

o = options()
shape = (o["batch"], o["tokens"])
model = GPT(o)
groups = [
    {"params": [p for p in model.parameters() if p.ndim >= 2], "weight_decay": 0.1},
    {"params": [p for p in model.parameters() if p.ndim < 2], "weight_decay": 0.0},
]
serve_training(
    model,
    lambda x, y: F.cross_entropy(model(x).flatten(0, 1), y.flatten()),
    torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.99), fused=o["fused"]),
    lambda i: tuple(integers(batch_seed(i, part), shape, o["vocabSize"]) for part in (0, 1)),
    compiled=o.get("compile", False),
    clip=1.0,
)
