import math

import torch

from same_numbers import uniform
from torch_side import options, serve

o = options()
shape = (o["width"], o["width"])
bound = 1 / math.sqrt(o["width"])
parameters = [torch.nn.Parameter(uniform(i, shape, -bound, bound)) for i in range(o["matrices"])]
for i, p in enumerate(parameters):
    p.grad = uniform(100 + i, shape, -1.0)
optimizer = torch.optim.AdamW(parameters, lr=1e-3, weight_decay=0.1, fused=o["fused"])
serve(optimizer.step, read=lambda _: parameters[1].flatten()[1].item(), parameters=sum(p.numel() for p in parameters))
