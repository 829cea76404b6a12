"""PyTorch's side of a workload: a server over stdin and stdout, so that the Node side can interleave (serve.mjs is the same in JavaScript).

Prints a JSON line when ready. For each line `{"threads": 2, "steps": 10, "limit": 2000}` it runs that many steps with that
many threads, or as many as begin within the limit in ms, and prints `{"ms": [...], "first": ..., "last": ...}`: times in ms, and the values (losses) of the first
step of all and of the last. Ends at the end of its input.
"""
import json
import platform
import sys
import time

import torch


def options():
    """What the workload is, as the Node side says it: one JSON object."""
    return json.loads(sys.argv[1])


def say(record):
    print(json.dumps(record), flush=True)


def serve(step, draw=lambda i: (), read=float, parameters=0):
    """Times `step(*draw(i))`; drawing, and reading a value from what the step returns, are not timed."""
    versions = {"torch": torch.__version__, "python": platform.python_version(), "cpu": torch.backends.cpu.get_cpu_capability()}
    say({"ready": True, "parameters": parameters, "versions": versions})
    done, first = 0, None
    for line in sys.stdin:
        request = json.loads(line)
        torch.set_num_threads(request["threads"])
        ms, value = [], None
        end = time.perf_counter() + request["limit"] / 1000
        while len(ms) < request["steps"] and (not ms or time.perf_counter() < end):
            batch = draw(done)
            start = time.perf_counter()
            out = step(*batch)
            ms.append(round((time.perf_counter() - start) * 1000, 4))
            value = read(out)
            first = value if done == 0 else first
            done += 1
        say({"ms": ms, "first": first, "last": value})


def serve_training(model, loss_of, optimizer, draw, compiled=False, clip=None):
    """A training step: clear gradients, forward, backward, update, read the loss."""
    loss = torch.compile(loss_of) if compiled else loss_of

    def step(*batch):
        optimizer.zero_grad(set_to_none=True)
        value = loss(*batch)
        value.backward()
        if clip:
            torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
        optimizer.step()
        return value.item()

    serve(step, draw, parameters=sum(p.numel() for p in model.parameters()))
