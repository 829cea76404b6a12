import torch

from gpt_model import GPT
from same_numbers import batch_seed, integers
from torch_side import options, serve

o = options()
model = GPT(o)
shape = (1, o["numHeads"], o["contextLength"], o["embedDim"] // o["numHeads"])
caches = [(torch.zeros(shape), torch.zeros(shape)) for _ in range(o["numLayers"])]
position = 0
# Without `dynamic`, every position would be compiled anew.
decode = torch.compile(model, dynamic=True) if o.get("compile") else model


@torch.inference_mode()
def feed(forward, ids):
    global position
    logits = forward(ids, caches, position)
    position += ids.shape[1]
    return logits[0, -1].argmax().item()


token = feed(model, integers(batch_seed(0), (1, o["prompt"]), o["vocabSize"]))


def step():
    global token
    token = feed(decode, torch.tensor([[token]]))
    return token


serve(step, read=int, parameters=sum(p.numel() for p in model.parameters()))
