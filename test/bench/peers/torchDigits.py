"""samples/digits as somebody would write it with PyTorch: torchDigits.py EPOCHS WEIGHTS_FILE."""

import sys

import torch
from torch import nn
from torch.nn import functional

import digits

BATCH = 32


def build_net():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(512, 64),
        nn.ReLU(),
        nn.Dropout(0.25),
        nn.Linear(64, 10),
    ).to(memory_format=torch.channels_last)


def to_tensors(split):
    images, labels = map(torch.from_numpy, split)
    return images.permute(0, 3, 1, 2), labels


def main(epochs, weights_file):
    torch.manual_seed(7)
    (x, y), (x_validation, y_validation) = map(to_tensors, digits.load())
    net = build_net()
    optimizer = torch.optim.Adam(net.parameters(), lr=0.002)
    for epoch in range(epochs):
        net.train()
        loss_sum = correct = 0
        for rows in torch.randperm(len(x)).split(BATCH):
            optimizer.zero_grad()
            logits = net(x[rows])
            loss = functional.cross_entropy(logits, y[rows])
            loss.backward()
            optimizer.step()
            loss_sum += loss.item() * len(rows)
            correct += (logits.argmax(1) == y[rows]).sum().item()
        net.eval()
        with torch.no_grad():
            logits = net(x_validation)
            validation_loss = functional.cross_entropy(logits, y_validation).item()
            validation_accuracy = (logits.argmax(1) == y_validation).float().mean().item()
        print(
            f"epoch {epoch + 1}: loss {loss_sum / len(x):.4f}, accuracy {correct / len(x):.4f}, "
            f"validation loss {validation_loss:.4f}, accuracy {validation_accuracy:.4f}"
        )
    torch.save(net.state_dict(), weights_file)


main(int(sys.argv[1]), sys.argv[2])
