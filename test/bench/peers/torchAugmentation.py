"""Flip, affine motion and noise with torchvision, each image with draws of its own."""

import torch
from torchvision.transforms import InterpolationMode, v2
from torchvision.transforms.v2 import functional


def transforms_of(steps):
    """The noise apart, because it is made on floats in any case."""
    flip, affine, noise = steps
    scale = affine["scale"]
    moves = [
        v2.RandomHorizontalFlip(flip["probability"]),
        v2.RandomAffine(
            affine["rotateDegrees"],
            (affine["translate"], affine["translate"]),
            (1 - scale, 1 + scale),
            affine["shearDegrees"],
            interpolation=InterpolationMode.BILINEAR,
        ),
    ]
    return v2.Compose(moves), v2.GaussianNoise(sigma=noise["sigma"], clip=False)


def open_augmentation(variant, subject):
    """
    A step augments a batch. "tensors" moves float images; "PIL" moves 8-bit images, which is
    torchvision's other way and the faster one on small images.
    """
    move, add_noise = transforms_of(subject["experiment"]["augmentation"])
    height, width, channels = subject["image"]
    count = subject["experiment"]["training"]["batchSize"]
    images = list(torch.rand(count, channels, height, width))
    if variant == "PIL":
        images = [functional.to_pil_image(image) for image in images]
    to_tensor = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True)])

    def augment(image):
        moved = move(image)
        return add_noise(to_tensor(moved) if variant == "PIL" else moved)

    return lambda: torch.stack([augment(image) for image in images])
