"""What bench/bnn.mjs compares with: steps and predictions of TyXe, and steps of the same networks in torch alone.

Needs TyXe 0.0.2, torch 1.13 and Pyro 1.8. `python bench/bnn/peers.py [NAME ...]` prints one line of JSON: milliseconds
(medians, one thread) by network and way. `python bench/bnn/peers.py fit SEEDS` prints what bench/bnn/fit.mjs compares with.
"""
import json
import sys
import time
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import pyro
import torch
import torch.nn as nn
import torch.nn.functional as F
import tyxe
from pyro.distributions import Normal

torch.set_num_threads(1)
torch.manual_seed(1)
pyro.set_rng_seed(1)


class Block(nn.Module):
    """Two convolutions with batch normalisation, beside a path of one or none."""

    def __init__(self, before, filters, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(before, filters, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(filters)
        self.beside = nn.Sequential()
        if stride != 1:
            self.beside = nn.Sequential(nn.Conv2d(before, filters, 1, stride, bias=False), nn.BatchNorm2d(filters))

    def forward(self, x):
        inner = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        return F.relu(inner + self.beside(x))


def residual():
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
        Block(16, 16, 1), Block(16, 32, 2), Block(32, 64, 2),
        nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10),
    )


def convolutional():
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(7 * 7 * 32, 10),
    )


def perceptron():
    return nn.Sequential(nn.Linear(784, 400), nn.ReLU(), nn.Linear(400, 400), nn.ReLU(), nn.Linear(400, 10))


def curve():
    data = json.loads((Path(__file__).parent.parent / "data" / "bnn_regression.json").read_text())
    return torch.tensor(data["x"])[:, None], torch.tensor(data["y"])[:, None]


def images(count, *shape):
    return torch.rand(count, *shape), torch.arange(count) % 10


CASES = {
    "regression": (lambda: nn.Sequential(nn.Linear(1, 50), nn.Tanh(), nn.Linear(50, 1)), curve, 1500),
    "mlp": (perceptron, lambda: images(128, 784), 60),
    "cnn": (convolutional, lambda: images(64, 1, 28, 28), 60),
    "resnet": (residual, lambda: images(32, 3, 32, 32), 25),
}


def median(times):
    times = sorted(times[len(times) // 10:])
    return 1e3 * times[len(times) // 2]


def repeated(count, action):
    times = []
    for _ in range(count):
        begin = time.perf_counter()
        action()
        times.append(time.perf_counter() - begin)
    return median(times)


def bayesian(name, net, size):
    if name == "regression":
        likelihood = tyxe.likelihoods.HomoskedasticGaussian(size, scale=0.1)
    else:
        likelihood = tyxe.likelihoods.Categorical(size)
    hidden = dict(expose_all=False, hide_module_types=(nn.BatchNorm2d,)) if name == "resnet" else {}
    prior = tyxe.priors.IIDPrior(Normal(0.0, 1.0), **hidden)
    return tyxe.VariationalBNN(net, prior, likelihood, partial(tyxe.guides.AutoNormal, init_scale=0.01))


def step_time(bnn, x, y, steps):
    """Milliseconds between the ends of epochs of one step each."""
    times = []

    def clock(*_):
        times.append(time.perf_counter())

    bnn.fit([(x, y)], pyro.optim.Adam({"lr": 1e-3}), steps, callback=clock)
    return median([b - a for a, b in zip(times, times[1:])])


def deterministic(net, x, y, steps, loss):
    optim = torch.optim.Adam(net.parameters(), 1e-3)

    def step():
        optim.zero_grad()
        loss(net(x), y).backward()
        optim.step()

    return repeated(steps, step)


WAYS = {"local": tyxe.poutine.local_reparameterization, "flipout": tyxe.poutine.flipout}


def measure(name):
    make, data, steps = CASES[name]
    x, y = data()
    result = {"deterministic": deterministic(make(), x, y, steps, F.mse_loss if name == "regression" else F.cross_entropy)}
    for way in ("plain", "local", "flipout"):
        pyro.clear_param_store()
        bnn = bayesian(name, make(), len(x))
        try:
            if way == "plain":
                result["plain"] = step_time(bnn, x, y, steps)
                result["predict"] = repeated(max(5, steps // 25), lambda: bnn.predict(x, num_predictions=32))
            else:
                with WAYS[way]():
                    result[way] = step_time(bnn, x, y, steps)
        except ValueError as error:
            print(f"{name}, {way}: {str(error).splitlines()[0][:120]}", file=sys.stderr)
            result[way] = None
    return result



def regression_loss(way, seed, steps=4000, last=200):
    """-ELBO after training, averaged over the last steps."""
    pyro.clear_param_store()
    pyro.set_rng_seed(seed)
    make, data, _ = CASES["regression"]
    x, y = data()
    bnn = bayesian("regression", make(), len(x))
    losses = []
    with WAYS[way]() if way in WAYS else nullcontext():
        bnn.fit([(x, y)], pyro.optim.Adam({"lr": 1e-3}), steps, callback=lambda _bnn, _epoch, loss: losses.append(loss))
    return sum(losses[-last:]) / last


if sys.argv[1:2] == ["fit"]:
    seeds = range(int(sys.argv[2]))
    print(json.dumps({way: [regression_loss(way, seed) for seed in seeds] for way in ("plain", "local")}))
else:
    print(json.dumps({name: measure(name) for name in sys.argv[1:] or CASES}))
