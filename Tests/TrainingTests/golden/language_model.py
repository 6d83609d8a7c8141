"""Makes language_model.json: losses and gradients of small language models by PyTorch's autograd, in float64.

    python Tests/TrainingTests/golden/language_model.py > Tests/TrainingTests/golden/language_model.json

Written with PyTorch 2.13. The architecture is that of `LanguageModelShape`; weights are drawn from SplitMix64 so that
only the results need to be kept: per tensor its norm, its sum and every n-th element of its gradient.
"""
import json
import math
import torch

torch.set_default_dtype(torch.float64)
MASK = (1 << 64) - 1
# Places of each kind, as in SmallLesson.vocabulary(), and which of them are numbers.
COUNTS = [3, 5, 7, 9, 11, 6, 6, 17]
NUMBER = [True, True, True, True, True, False, False, True]


class SplitMix64:
    def __init__(self, seed):
        self.state = seed

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        z = self.state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return z ^ (z >> 31)

    def symmetric(self):
        return (self.next() >> 40) / 8388608 - 1


def parts(d, layers, queries):
    rows, kinds = sum(COUNTS), len(COUNTS)
    result = [("embedding.kinds", [kinds, d]), ("embedding.values", [rows, d]), ("embedding.queries", [queries, d])]
    for layer in range(layers):
        name = f"layers.{layer}."
        result += [
            (name + "attention.norm.gain", [d]), (name + "attention.qkv.weight", [3 * d, d]),
            (name + "attention.qkv.bias", [3 * d]), (name + "attention.output.weight", [d, d]),
            (name + "attention.output.bias", [d]), (name + "mlp.norm.gain", [d]),
            (name + "mlp.up.weight", [4 * d, d]), (name + "mlp.up.bias", [4 * d]),
            (name + "mlp.down.weight", [d, 4 * d]), (name + "mlp.down.bias", [d])]
    return result + [
        ("final.norm.gain", [d]), ("judging.weight", [queries, d]), ("judging.bias", [queries]),
        ("judging.points", [rows]), ("reading.start", [d]), ("reading.weight", [d, d]),
        ("reading.gates", [kinds, d]), ("reading.bias", [rows])]


def norm(x, gain):
    return gain * x / torch.sqrt((x * x).mean(-1, keepdim=True) + 1e-6)


def run(seed, d, layers, heads, causal, queries, descriptions, labels, offset, judging_weight, reading_weight):
    random = SplitMix64(seed)
    w = {}
    for name, shape in parts(d, layers, queries):
        base = 1.0 if name.endswith(("gain", "gates")) else 0.0
        # Rounded to float32, as the other side keeps them.
        values = torch.tensor([0.2 * random.symmetric() for _ in range(math.prod(shape))]).float().double()
        w[name] = (base + values).float().double().reshape(shape).requires_grad_()
    starts = [sum(COUNTS[:entry]) for entry in range(len(COUNTS))]
    judging, reading, logits = 0.0, 0.0, []
    for description, label in zip(descriptions, labels):
        t = len(description)
        rows = []
        for entry, index, weight in description:
            low = starts[entry] + index
            value = (1 - weight) * w["embedding.values"][low]
            if weight > 0:
                value = value + weight * w["embedding.values"][low + 1]
            rows.append(w["embedding.kinds"][entry] + value)
        x = torch.cat([torch.stack(rows), w["embedding.queries"]])
        n = t + queries
        seen = torch.zeros(n, n, dtype=torch.bool)
        for i in range(n):
            for j in range(n):
                seen[i, j] = (j <= i if causal else j < t) if i < t else (j < t or j == i)
        for layer in range(layers):
            p = f"layers.{layer}."
            qkv = norm(x, w[p + "attention.norm.gain"]) @ w[p + "attention.qkv.weight"].T + w[p + "attention.qkv.bias"]
            q, k, v = [part.reshape(n, heads, d // heads).transpose(0, 1) for part in qkv.split(d, dim=1)]
            scores = (q @ k.transpose(1, 2)) / math.sqrt(d // heads)
            mixed = torch.softmax(scores.masked_fill(~seen, -math.inf), -1) @ v
            mixed = mixed.transpose(0, 1).reshape(n, d)
            x = x + mixed @ w[p + "attention.output.weight"].T + w[p + "attention.output.bias"]
            up = norm(x, w[p + "mlp.norm.gain"]) @ w[p + "mlp.up.weight"].T + w[p + "mlp.up.bias"]
            active = torch.nn.functional.gelu(up, approximate="tanh")
            x = x + active @ w[p + "mlp.down.weight"].T + w[p + "mlp.down.bias"]
        s = norm(x, w["final.norm.gain"])
        points = 0.0
        for entry, index, weight in description:
            low = starts[entry] + index
            points = points + (1 - weight) * w["judging.points"][low]
            if weight > 0:
                points = points + weight * w["judging.points"][low + 1]
        scores = (w["judging.weight"] * s[t:]).sum(1) + w["judging.bias"]
        logits.append((scores.mean() + points).item())
        target = torch.full_like(scores, float(label))
        judging = judging + torch.nn.functional.binary_cross_entropy_with_logits(scores + points + offset, target)
        for place, (entry, index, weight) in enumerate(description):
            before = w["reading.start"] if place == 0 else s[place - 1]
            foreseen = w["reading.gates"][entry] * (w["reading.weight"] @ before)
            rows = slice(starts[entry], starts[entry] + COUNTS[entry])
            shares = torch.log_softmax(w["embedding.values"][rows] @ foreseen + w["reading.bias"][rows], 0)
            reading = reading - (1 - weight) * shares[index]
            if weight > 0:
                reading = reading - weight * shares[index + 1]
    (judging_weight * judging + reading_weight * reading).backward()
    gradients = []
    for name, tensor in w.items():
        flat = (tensor.grad if tensor.grad is not None else torch.zeros_like(tensor)).flatten()
        step = max(1, len(flat) // 7)
        gradients.append({
            "tensor": name, "norm": flat.norm().item(), "sum": flat.sum().item(), "step": step,
            "elements": flat[::step].tolist()})
    return {
        "seed": seed, "width": d, "layers": layers, "heads": heads, "isCausal": causal, "queries": queries,
        "offset": offset, "judgingWeight": judging_weight, "readingWeight": reading_weight,
        "descriptions": [[[float(x) for x in token] for token in each] for each in descriptions],
        "labels": labels, "logits": logits, "judging": judging.item(), "reading": reading.item(),
        "gradients": gradients}


def descriptions(random, count):
    result = []
    for _ in range(count):
        tokens = []
        for entry, size in enumerate(COUNTS):
            if random.next() % 4 == 0:
                continue
            index = random.next() % size
            between = NUMBER[entry] and index + 1 < size
            tokens.append([entry, index, (random.next() % 256) / 256 if between else 0.0])
        result.append(tokens or [[0, 1, 0.0]])
    return result


random = SplitMix64(2024)
print(json.dumps([
    run(31, 64, 2, 4, True, 1, descriptions(random, 5), [1, 0, 0, 1, 0], 1.25, 0.2, 0.05),
    run(32, 64, 1, 2, False, 3, descriptions(random, 4), [0, 1, 0, 0], -0.5, 0.25, 0.1),
], indent=None, separators=(",", ":")))
