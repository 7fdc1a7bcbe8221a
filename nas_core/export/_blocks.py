"""The texts of which a model.py is put together: a class or function each, in plain PyTorch."""

from __future__ import annotations

CLASSES = {
    "ConvNorm": '''
class ConvNorm(nn.Sequential):
    """Convolution and batch normalisation."""

    def __init__(self, c_in, c_out, kernel):
        super().__init__(
            nn.Conv2d(c_in, c_out, WINDOW, padding=PADDING, bias=False),
            nn.BatchNorm2d(c_out),
        )
''',
    "ReLUConvNorm": '''
class ReLUConvNorm(nn.Sequential):
    """ReLU, convolution and batch normalisation."""

    def __init__(self, c_in, c_out, kernel, stride=1):
        super().__init__(
            nn.ReLU(),
            nn.Conv2d(c_in, c_out, WINDOW, stride, PADDING, bias=False),
            nn.BatchNorm2d(c_out),
        )
''',
    "Reduction": '''
class Reduction(nn.Module):
    """A residual block that halves the HALVED."""

    def __init__(self, c_in, c_out):
        super().__init__()
        self.conv_a = ReLUConvNorm(c_in, c_out, 3, stride=2)
        self.conv_b = ReLUConvNorm(c_out, c_out, 3)
        self.shortcut = nn.Sequential(nn.AvgPool2d(POOL), nn.Conv2d(c_in, c_out, 1, bias=False))

    def forward(self, x):
        return self.shortcut(x) + self.conv_b(self.conv_a(x))
''',
    "Head": '''
class Head(nn.Sequential):
    """Normalisation, ReLU, mean over all places, linear layer."""

    def __init__(self, channels, classes):
        super().__init__(
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(channels, classes),
        )
''',
    "Reader": '''
class Reader(nn.Module):
    """A vector for each word: int64[n, length] -> float32[n, width, 1, length]."""

    def __init__(self, words, width):
        super().__init__()
        self.table = nn.Embedding(words, width)
        nn.init.normal_(self.table.weight, std=0.1)

    def forward(self, tokens):
        return self.table(tokens).transpose(1, 2).unsqueeze(2)
''',
    "MobileBlock": '''
class MobileBlock(nn.Module):
    """MobileNetV2's block: wider, a window for each channel alone, narrower again; added to its input."""

    def __init__(self, channels, expansion, kernel):
        super().__init__()
        inside = expansion * channels
        self.layers = nn.Sequential(
            *conv_norm(channels, inside, 1),
            nn.ReLU(),
            *conv_norm(inside, inside, kernel, groups=inside),
            nn.ReLU(),
            *conv_norm(inside, channels, 1),
        )

    def forward(self, x):
        return x + self.layers(x)
''',
    "HalvingMobileBlock": '''
class HalvingMobileBlock(nn.Module):
    """MobileNetV2's block with stride 2: the image is halved and its channels are doubled."""

    def __init__(self, channels, expansion, kernel):
        super().__init__()
        inside = expansion * channels
        self.layers = nn.Sequential(
            *conv_norm(channels, inside, 1),
            nn.ReLU(),
            *conv_norm(inside, inside, kernel, stride=2, groups=inside),
            nn.ReLU(),
            *conv_norm(inside, 2 * channels, 1),
        )

    def forward(self, x):
        return self.layers(x)
''',
    "EveryOther": '''
class EveryOther(nn.Module):
    """Every other row and column."""

    def forward(self, x):
        return x[..., ::2, ::2]
''',
    "conv_norm": '''
def conv_norm(c_in, c_out, kernel, stride=1, groups=1):
    """A convolution and its batch normalisation."""
    conv = nn.Conv2d(c_in, c_out, kernel, stride, kernel // 2, groups=groups, bias=False)
    return conv, nn.BatchNorm2d(c_out)
''',
    "average": '''
def average(x):
    """The mean of each place and its neighbours."""
    return F.avg_pool2d(x, AVERAGE, count_include_pad=False)
''',
}
"""{name: text}, in an order in which each stands before those that use it."""

USES = {
    "Reduction": ("ReLUConvNorm",),
    "MobileBlock": ("conv_norm",),
    "HalvingMobileBlock": ("conv_norm",),
}
"""Who needs which others."""

IMAGE = {"WINDOW": "kernel", "PADDING": "kernel // 2", "HALVED": "image", "POOL": "2", "AVERAGE": "3, 1, 1"}
FLAT = {
    "WINDOW": "(1, kernel)",
    "PADDING": "(0, kernel // 2)",
    "HALVED": "length",
    "POOL": "(1, 2)",
    "AVERAGE": "(1, 3), 1, (0, 1)",
}
"""What stands for the words in capitals, for images, and for texts and other sequences: images of height 1."""

KINDS = {
    "image": "float32[n, channels, height, width]",
    "sequence": "float32[n, channels, length]",
    "tokens": "int64[n, length]",
}
"""What a Network reads."""

MAKE = """
    def __init__(self, {widths}):
        super().__init__()
        self.edges = nn.ModuleDict(
            {{
{edges}
            }}
        )
"""
CELL = '''
class NAME(nn.Module):
    """A cell: each of its nodes is the sum of what comes in, and the last one is the output."""
{begin}
    def forward(self, node_0):
{lines}
'''
NETWORK = '''
class Network(nn.Module):
    """{kind} -> logits float32[n, {classes}]."""

    def __init__(self):
        super().__init__()
{made}

    def forward(self, x):
        return self.head(self.body({read}))
'''
