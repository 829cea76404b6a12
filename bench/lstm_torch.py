import torch
from torch import nn

from same_numbers import batch_seed, initialize, integers
from torch_side import options, serve_training


class LanguageModel(nn.Module):
    def __init__(self, vocabulary, width, layers):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, width)
        self.lstm = nn.LSTM(width, width, layers)
        self.head = nn.Linear(width, vocabulary)

    def forward(self, ids):
        return self.head(self.lstm(self.embedding(ids))[0])


o = options()
shape, vocabulary = (o["steps"], o["batch"]), o["vocabulary"]
model = LanguageModel(vocabulary, o["width"], o["layers"])
initialize(model)
serve_training(
    model,
    lambda x, y: nn.functional.cross_entropy(model(x).flatten(0, 1), y.flatten()),
    torch.optim.SGD(model.parameters(), lr=1.0, fused=True),
    lambda i: tuple(integers(batch_seed(i, part), shape, vocabulary) for part in (0, 1)),
    compiled=o.get("compile", False),
    clip=5.0,
)
