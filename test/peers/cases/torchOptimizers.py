"""The weights after many steps of an optimizer of PyTorch, in float64."""

import torch

from exchange import answer_each, array, numbers

CLIPPING = {
    "clip_value": torch.nn.utils.clip_grad_value_,
    "clip_norm": torch.nn.utils.clip_grad_norm_,
}


def train(case):
    weights = {
        name: torch.nn.Parameter(torch.tensor(array(tensor)))
        for name, tensor in case["weights"].items()
    }
    gradients = {
        name: torch.tensor(array(tensor)) for name, tensor in case["gradients"].items()
    }
    # Weight decay is for kernels.
    groups = [
        {"params": [weights["kernel"]], "weight_decay": case["weight_decay"]},
        {"params": [weights["bias"]], "weight_decay": 0},
    ]
    optimizer = getattr(torch.optim, case["name"])(groups, **case["options"])
    for step in range(case["steps"]):
        for name, weight in weights.items():
            weight.grad = gradients[name][step].clone()
        for name, limit in case["clipping"].items():
            CLIPPING[name](weights.values(), limit)
        optimizer.step()
    return {name: numbers(weight.detach()) for name, weight in weights.items()}


answer_each(train)
