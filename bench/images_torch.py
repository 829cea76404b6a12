"""What the workloads on images share."""
import torch
from torch import nn

from same_numbers import batch_seed, initialize, integers, uniform
from torch_side import options, serve_training


def classify(model, **sgd):
    """A training step of a classifier of ten classes, with SGD."""
    o = options()
    batch, image = o["batch"], o["image"]
    initialize(model)
    serve_training(
        model,
        lambda x, y: nn.functional.cross_entropy(model(x), y),
        torch.optim.SGD(model.parameters(), fused=True, **sgd),
        lambda i: (uniform(batch_seed(i), (batch, *image), -1.0), integers(batch_seed(i, 1), (batch,), 10)),
        compiled=o.get("compile", False),
    )
