import torch
from torch import nn

from same_numbers import batch_seed, initialize, integers, uniform
from torch_side import options, serve_training

o = options()
batch, (a, b, c, d) = o["batch"], o["widths"]
model = nn.Sequential(nn.Linear(a, b), nn.ReLU(), nn.Linear(b, c), nn.ReLU(), nn.Linear(c, d))
initialize(model)
serve_training(
    model,
    lambda x, y: nn.functional.cross_entropy(model(x), y),
    torch.optim.Adam(model.parameters(), lr=1e-3, fused=True),
    lambda i: (uniform(batch_seed(i), (batch, a)), integers(batch_seed(i, 1), (batch,), d)),
    compiled=o.get("compile", False),
)
