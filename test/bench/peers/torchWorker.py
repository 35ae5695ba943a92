"""Trains the nets with PyTorch, and augments images with torchvision."""

import os
import sys

import torch
import torchvision

from torchAugmentation import open_augmentation
from torchNets import Net, loss_of
from worker import serve

threads = int(sys.argv[1])
torch.set_num_threads(threads)
torch.manual_seed(7)


def open_step(variant, subject):
    if subject["name"] == "augmentation":
        torch.set_num_threads(1)
        return open_augmentation(variant, subject), 0
    torch.set_num_threads(threads)
    return open_training(variant, subject)


def open_training(variant, subject):
    experiment = subject["experiment"]
    height, width, channels = subject["image"]
    batch = experiment["training"]["batchSize"]
    net = Net(subject).to(memory_format=torch.channels_last).train()
    x = torch.rand(batch, channels, height, width).to(memory_format=torch.channels_last)
    with torch.no_grad():
        outputs = net(x)
    # One label for each row of figures, or one for each pixel of an image.
    y = torch.randint(outputs.shape[1], (batch, *outputs.shape[2:]))
    loss = loss_of(experiment["loss"])
    lr = experiment["optimizer"]["learningRate"]
    # The fused update is PyTorch's fastest.
    optimizer = torch.optim.Adam(net.parameters(), lr=lr, eps=1e-7, fused=True)
    forward = torch.compile(net) if variant == "torch.compile" else net

    def step():
        optimizer.zero_grad(set_to_none=True)
        value = loss(forward(x), y)
        value.backward()
        optimizer.step()
        return value.item()

    return step, sum(p.numel() for p in net.parameters())


# Kernels that torch.compile has made are kept for the next run.
os.environ.setdefault("TORCHINDUCTOR_FX_GRAPH_CACHE", "1")
serve({"PyTorch": torch.__version__, "torchvision": torchvision.__version__}, open_step)
