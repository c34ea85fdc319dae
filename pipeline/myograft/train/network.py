"""The network: a narrow U-Net that sees one stain and answers with flows and a probability.

Residual blocks as in Cellpose's former network (Stringer et al. 2021, doi:10.1038/s41592-020-01018-x), without its
global style vector, so that what is said of a pixel depends on its surroundings alone and any size will do.
"""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn
from torch.nn import functional

from myograft.train.settings import NetworkShape

#: What the network answers per pixel: flow down, flow right (both times `FLOW_SCALE`), logit of being in an object.
OUTPUTS_N = 3

#: Length of a flow in the network's answer, as in Cellpose.
FLOW_SCALE = 5.0


class FlowNet(nn.Module):
    """Image in, flows and logit out.

    Parameters
    ----------
    shape
        Widths and depth.
    is_folded
        Whether normalizations have become part of the convolutions, as they have in an exported network.
    """

    def __init__(self, shape: NetworkShape, *, is_folded: bool = False) -> None:
        super().__init__()
        widths, units = shape.widths, shape.units_n
        self.shape, self.is_folded = shape, is_folded
        self.stem = nn.Sequential(_convolution(1, widths[0], 3, is_folded=is_folded), nn.ReLU())
        self.down = nn.ModuleList(
            [
                _Block(widths[max(0, level - 1)], widths[level], units, is_folded=is_folded)
                for level in range(len(widths))
            ]
        )
        self.narrow = nn.ModuleList([nn.Conv2d(wide, slim, 1) for slim, wide in pairwise(widths)])
        self.up = nn.ModuleList([_Block(width, width, units, is_folded=is_folded) for width in widths[:-1]])
        self.head = nn.Conv2d(widths[0], OUTPUTS_N, 1)

    def forward(self, image: Tensor) -> Tensor:
        """Return flows and logit, shape (N, 3, H, W), for images (N, 1, H, W) with sides of whole coarsest pixels."""
        answer = self.stem(image)
        kept = []
        for level, block in enumerate(self.down):
            answer = block(functional.max_pool2d(answer, 2) if level else answer)
            kept.append(answer)
        for level in reversed(range(len(self.up))):
            wider = functional.interpolate(self.narrow[level](answer), scale_factor=2.0, mode="nearest")
            answer = self.up[level](wider + kept[level])
        final: Tensor = self.head(answer)
        return final


class _Block(nn.Module):
    """Convolutions around which there is a shortcut."""

    def __init__(self, inputs_n: int, outputs_n: int, units_n: int, *, is_folded: bool) -> None:
        super().__init__()
        self.shortcut: nn.Module = (
            nn.Identity()
            if inputs_n == outputs_n
            else _convolution(inputs_n, outputs_n, 1, is_folded=is_folded)
        )
        layers: list[nn.Module] = []
        for unit in range(units_n):
            first = outputs_n if unit else inputs_n
            layers += [_convolution(first, outputs_n, 3, is_folded=is_folded), nn.ReLU()]
        # The last rectifier comes after the sum.
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, image: Tensor) -> Tensor:
        return functional.relu(self.shortcut(image) + self.layers(image))


def _convolution(inputs_n: int, outputs_n: int, edge: int, *, is_folded: bool) -> nn.Module:
    """Return a convolution and its normalization, or the one convolution that both become."""
    convolution = nn.Conv2d(inputs_n, outputs_n, edge, padding=edge // 2, bias=is_folded)
    return convolution if is_folded else nn.Sequential(convolution, nn.BatchNorm2d(outputs_n))


def flow_loss(answer: Tensor, flows: Tensor, is_object: Tensor, is_known: Tensor) -> Tensor:
    """Return how wrong an answer is: squared error of the flows and cross entropy of the probability, as in Cellpose.

    Parameters
    ----------
    answer
        Shape (N, 3, H, W).
    flows
        True flows of length 1, shape (N, 2, H, W).
    is_object
        1 in objects, shape (N, H, W).
    is_known
        1 where the flow is known, shape (N, H, W).
    """
    wrong = (answer[:, :2] - FLOW_SCALE * flows).square().mean(dim=1)
    flow_error = (wrong * is_known).sum() / is_known.sum().clamp(min=1.0)
    return 0.5 * flow_error + functional.binary_cross_entropy_with_logits(answer[:, 2], is_object)


def count_parameters(network: nn.Module) -> int:
    """Return how many numbers a network learns."""
    return sum(parameter.numel() for parameter in network.parameters())
