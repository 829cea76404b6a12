"""GPT-2 in PyTorch: biases everywhere, no dropout, the head tied to the token embedding."""
import torch
import torch.nn.functional as F
from torch import nn

from same_numbers import initialize


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.ln_1 = nn.LayerNorm(width)
        self.attn, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.ln_2 = nn.LayerNorm(width)
        self.fc, self.fc_proj = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, cache=None, start=0):
        """`cache` has the keys and values of earlier tokens and room for those from `start` on."""
        B, T, C = x.shape
        q, k, v = (t.view(B, T, self.heads, -1).transpose(1, 2) for t in self.attn(self.ln_1(x)).split(C, dim=2))
        if cache is not None:
            cache[0][:, :, start : start + T], cache[1][:, :, start : start + T] = k, v
            k, v = (half[:, :, : start + T] for half in cache)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=T > 1)
        x = x + self.proj(mixed.transpose(1, 2).reshape(B, T, C))
        return x + self.fc_proj(F.gelu(self.fc(self.ln_2(x)), approximate="tanh"))


class GPT(nn.Module):
    def __init__(self, o):
        super().__init__()
        width = o["embedDim"]
        self.wte, self.wpe = nn.Embedding(o["vocabSize"], width), nn.Embedding(o["contextLength"], width)
        self.h = nn.ModuleList(Block(width, o["numHeads"]) for _ in range(o["numLayers"]))
        self.ln_f = nn.LayerNorm(width)
        initialize(self, bound=0.035, transposed=lambda name: name.startswith("h."))

    def forward(self, ids, caches=None, start=0):
        x = self.wte(ids) + self.wpe.weight[start : start + ids.shape[1]]
        for i, block in enumerate(self.h):
            x = block(x, caches and caches[i], start)
        x = self.ln_f(x if caches is None else x[:, -1:])
        return F.linear(x, self.wte.weight)
