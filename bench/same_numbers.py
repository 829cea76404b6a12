"""Numbers that every side draws alike, so that the models are the same: numbers.mjs is the other half."""
import math

import numpy as np
import torch


def bits24(seed, size):
    """MurmurHash3's finaliser of the places in the sequence of a seed. Source: Appleby 2011."""
    start = np.uint32(seed * 0x9E3779B1 & 0xFFFFFFFF)
    h = np.arange(size, dtype=np.uint32) + start
    h = (h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    h = (h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return (h ^ (h >> np.uint32(16))) >> np.uint32(8)


def uniform(seed, shape, low=0.0, high=1.0):
    numbers = low + (high - low) * bits24(seed, math.prod(shape)) / 2**24
    return torch.from_numpy(numbers.astype(np.float32)).reshape(shape)


def integers(seed, shape, count):
    numbers = np.floor(float(count) * bits24(seed, math.prod(shape)) / 2**24)
    return torch.from_numpy(numbers.astype(np.int64)).reshape(shape)


def batch_seed(step, part=0):
    return 1_000_000 + 2 * step + part


@torch.no_grad()
def initialize(model, bound=None, transposed=lambda name: False):
    """Matrices within ± bound, scales of norms 1, biases 0; `transposed` names those that the other side stores as [in, out]."""
    for index, (name, p) in enumerate(model.named_parameters()):
        if p.ndim < 2:
            p.fill_(1.0 if name.endswith("weight") else 0.0)
            continue
        limit = bound or 1 / math.sqrt(p.numel() / p.shape[0])
        flipped = transposed(name)
        values = uniform(index, tuple(reversed(p.shape)) if flipped else tuple(p.shape), -limit, limit)
        p.copy_(values.T if flipped else values)
