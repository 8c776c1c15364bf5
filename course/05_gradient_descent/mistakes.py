"""Wrong answers that people really give to the exercises of lesson 05, and right ones that look different.

Each wrong one must fail with the explanation written beside it; each right one earns everything.
"""

import math

import numpy as np
import torch
from llm101.check.mistakes import right, wrong

# ------------------------------------------------------------------------------------------------- 1 gd_step


@wrong("05.gd_step", "divide by m, the number of rows")
def gd_step(x, y, theta, lr):
    gradient = x.T @ (x @ theta - y)
    return gradient, theta - lr * gradient


@wrong("05.gd_step", "Twice too large")
def gd_step(x, y, theta, lr):
    gradient = 2 * x.T @ (x @ theta - y) / len(y)
    return gradient, theta - lr * gradient


@wrong("05.gd_step", "with y - x @ theta it is turned round")
def gd_step(x, y, theta, lr):
    gradient = x.T @ (y - x @ theta) / len(y)
    return gradient, theta + lr * gradient


@wrong("05.gd_step", "You went uphill")
def gd_step(x, y, theta, lr):
    gradient = x.T @ (x @ theta - y) / len(y)
    return gradient, theta + lr * gradient


@wrong("05.gd_step", "changes the caller's array")
def gd_step(x, y, theta, lr):
    gradient = x.T @ (x @ theta - y) / len(y)
    theta -= lr * gradient
    return gradient, theta


@wrong("05.gd_step", "return a tuple of 2: gradient, new theta")
def gd_step(x, y, theta, lr):
    return theta - lr * x.T @ (x @ theta - y) / len(y)


@right("05.gd_step", "loops over examples")
def gd_step(x, y, theta, lr):
    gradient = np.zeros(len(theta))
    for row, target in zip(x, y):
        gradient = gradient + (row @ theta - target) * row
    gradient = gradient / len(y)
    return gradient, theta - lr * gradient


@right("05.gd_step", "torch tensors")
def gd_step(x, y, theta, lr):
    x, y, theta = map(torch.tensor, (x, y, theta))
    gradient = ((x @ theta - y)[:, None] * x).mean(0)
    return gradient, theta - lr * gradient


# ------------------------------------------------------------------------------------- 2 numerical_gradient


@wrong("05.numerical_gradient", "That is the forward difference")
def numerical_gradient(f, x, h=1e-5):
    slopes = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up = x.astype(float)
        up[place] += h
        slopes[place] = (f(up) - f(x)) / h
    return slopes


@wrong("05.numerical_gradient", "divide by 2h, not by h")
def numerical_gradient(f, x, h=1e-5):
    slopes = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.astype(float), x.astype(float)
        up[place] += h
        down[place] -= h
        slopes[place] = (f(up) - f(down)) / h
    return slopes


@wrong("05.numerical_gradient", "All entries moved at once")
def numerical_gradient(f, x, h=1e-5):
    return np.full(x.shape, (f(x + h) - f(x - h)) / (2 * h))


@wrong("05.numerical_gradient", "put each slope at its place")
def numerical_gradient(f, x, h=1e-5):
    slopes = []
    for place in np.ndindex(x.shape):
        up, down = x.astype(float), x.astype(float)
        up[place] += h
        down[place] -= h
        slopes.append((f(up) - f(down)) / (2 * h))
    return np.array(slopes)


@wrong("05.numerical_gradient", "do not bring back every digit")
def numerical_gradient(f, x, h=1e-5):
    slopes = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        x[place] += h
        up = f(x)
        x[place] -= 2 * h
        down = f(x)
        x[place] += h
        slopes[place] = (up - down) / (2 * h)
    return slopes


@wrong("05.numerical_gradient", "cut to a whole number")
def numerical_gradient(f, x, h=1e-5):
    slopes = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[place] += h
        down[place] -= h
        slopes[place] = (f(up) - f(down)) / (2 * h)
    return slopes


@right("05.numerical_gradient", "one unit vector after the other")
def numerical_gradient(f, x, h=1e-5):
    units = h * np.eye(x.size).reshape(x.size, *x.shape)
    return np.array([(f(x + e) - f(x - e)) / (2 * h) for e in units]).reshape(x.shape)


@right("05.numerical_gradient", "flat, entry put back exactly")
def numerical_gradient(f, x, h=1e-5):
    x = np.array(x, dtype=float)
    flat, slopes = x.reshape(-1), []
    for i in range(flat.size):
        kept = flat[i]
        flat[i] = kept + h
        up = f(x)
        flat[i] = kept - h
        slopes.append((up - f(x)) / (2 * h))
        flat[i] = kept
    return torch.tensor(slopes, dtype=torch.float64).reshape(x.shape)


# ----------------------------------------------------------------------------------------------- 3 backward


def _order(graph, root):
    """Users before parents."""
    order, done, stack = [], set(), [(root, False)]
    while stack:
        node, back = stack.pop()
        if back:
            order.append(node)
        elif node not in done:
            done.add(node)
            stack.append((node, True))
            stack += [(parent, False) for parent, _ in graph[node]]
    return order[::-1]


def _walk(graph, root, order, *, add=True):
    gradients = dict.fromkeys(graph, 0.0) | {root: 1.0}
    for node in order:
        for parent, slope in graph[node]:
            gradients[parent] = gradients[parent] * add + gradients[node] * slope
    return gradients


@wrong("05.backward", "Every node got its own slope only")
def backward(graph, root):
    gradients = dict.fromkeys(graph, 0.0) | {root: 1.0}
    for node in graph:
        for parent, slope in graph[node]:
            gradients[parent] += slope
    return gradients


@wrong("05.backward", "overwrote the first")
def backward(graph, root):
    return _walk(graph, root, _order(graph, root), add=False)


@wrong("05.backward", "x stands twice among the parents of y")
def backward(graph, root):
    once = {node: list(dict(edges).items()) for node, edges in graph.items()}
    return _walk(once, root, _order(graph, root))


@wrong("05.backward", "b handed on too early")
def backward(graph, root):
    order, met = [root], {root}
    for node in order:
        for parent, _ in graph[node]:
            if parent not in met:
                met.add(parent)
                order.append(parent)
    return _walk(graph, root, order)


@wrong("05.backward", "You went by the order of the dict")
def backward(graph, root):
    return _walk(graph, root, reversed(graph))


@wrong("05.backward", "your function called itself for every node")
def backward(graph, root):
    order, done = [], set()

    def visit(node):
        if node not in done:
            done.add(node)
            for parent, _ in graph[node]:
                visit(parent)
            order.append(node)

    visit(root)
    return _walk(graph, root, reversed(order))


@right("05.backward", "a depth-first order with its own stack")
def backward(graph, root):
    return _walk(graph, root, _order(graph, root))


# -------------------------------------------------------------------------------------------- 4 unbroadcast


@wrong("05.unbroadcast", "The axis of length 1 was not summed")
def unbroadcast(grad, shape):
    while grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    return grad


@wrong("05.unbroadcast", "it must stay, with length 1")
def unbroadcast(grad, shape):
    while grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    return grad.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1))


@wrong("05.unbroadcast", "That is the mean over the copies")
def unbroadcast(grad, shape):
    while grad.ndim > len(shape):
        grad = grad.mean(axis=0)
    return grad.mean(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)


@wrong("05.unbroadcast", "You took the gradient of one copy")
def unbroadcast(grad, shape):
    while grad.ndim > len(shape):
        grad = grad[0]
    return grad[tuple(slice(0, n) for n in shape)]


@wrong("05.unbroadcast", "Only one of the two axes in front was summed")
def unbroadcast(grad, shape):
    if grad.ndim > len(shape):
        grad = grad.sum(axis=0)
    return grad.sum(axis=tuple(i for i, n in enumerate(shape) if n == 1), keepdims=True)


@right("05.unbroadcast", "all axes in one sum")
def unbroadcast(grad, shape):
    padded = (1,) * (grad.ndim - len(shape)) + tuple(shape)
    axes = tuple(i for i, n in enumerate(padded) if n == 1)
    return grad.sum(axis=axes).reshape(shape)


@right("05.unbroadcast", "adding up at the owners of the copies")
def unbroadcast(grad, shape):
    size = math.prod(shape)
    owners = np.broadcast_to(np.arange(size).reshape(shape), grad.shape)
    total = np.zeros(size)
    np.add.at(total, owners.ravel(), grad.ravel())
    return torch.tensor(total).reshape(shape)


# -------------------------------------------------------------------------------------- 5 network_gradients


def _forwards(x, y, w1, b1, w2, b2):
    h = np.tanh(x @ w1 + b1)
    p = h @ w2 + b2
    return h, p, ((p - y) ** 2).sum() / (2 * len(x))


@wrong("05.network_gradients", "The derivative of tanh is missing")
def network_gradients(x, y, w1, b1, w2, b2):
    h, p, loss = _forwards(x, y, w1, b1, w2, b2)
    dP = (p - y) / len(x)
    dA = dP @ w2.T
    return loss, x.T @ dA, dA.sum(0), h.T @ dP, dP.sum(0)


@wrong("05.network_gradients", "you took their mean")
def network_gradients(x, y, w1, b1, w2, b2):
    h, p, loss = _forwards(x, y, w1, b1, w2, b2)
    dP = (p - y) / len(x)
    dA = dP @ w2.T * (1 - h**2)
    return loss, x.T @ dA, dA.mean(0), h.T @ dP, dP.mean(0)


@wrong("05.network_gradients", "The loss is a mean: dp = (p - y) / m")
def network_gradients(x, y, w1, b1, w2, b2):
    h, p, loss = _forwards(x, y, w1, b1, w2, b2)
    dP = p - y
    dA = dP @ w2.T * (1 - h**2)
    return loss, x.T @ dA, dA.sum(0), h.T @ dP, dP.sum(0)


@wrong("05.network_gradients", "You took the mean over the outputs too")
def network_gradients(x, y, w1, b1, w2, b2):
    h, p, _ = _forwards(x, y, w1, b1, w2, b2)
    dP = (p - y) / p.size
    dA = dP @ w2.T * (1 - h**2)
    return ((p - y) ** 2).mean() / 2, x.T @ dA, dA.sum(0), h.T @ dP, dP.sum(0)


@wrong("05.network_gradients", "Twice too large")
def network_gradients(x, y, w1, b1, w2, b2):
    h, p, loss = _forwards(x, y, w1, b1, w2, b2)
    dP = 2 * (p - y) / len(x)
    dA = dP @ w2.T * (1 - h**2)
    return loss, x.T @ dA, dA.sum(0), h.T @ dP, dP.sum(0)


@wrong("05.network_gradients", "you took the tanh a second time")
def network_gradients(x, y, w1, b1, w2, b2):
    h, p, loss = _forwards(x, y, w1, b1, w2, b2)
    dP = (p - y) / len(x)
    dA = dP @ w2.T * (1 - np.tanh(h) ** 2)
    return loss, x.T @ dA, dA.sum(0), h.T @ dP, dP.sum(0)


@right("05.network_gradients", "one example at a time, outer products")
def network_gradients(x, y, w1, b1, w2, b2):
    total, grads = 0.0, [np.zeros_like(w) for w in (w1, b1, w2, b2)]
    for row, target in zip(x, y):
        h = np.tanh(row @ w1 + b1)
        error = h @ w2 + b2 - target
        total += (error @ error) / 2
        back = (w2 @ error) * (1 - h * h)
        for g, part in zip(grads, (np.outer(row, back), back, np.outer(h, error), error)):
            g += part
    return (total / len(x), *(g / len(x) for g in grads))


@right("05.network_gradients", "torch tensors, no autograd")
def network_gradients(x, y, w1, b1, w2, b2):
    x, y, w1, b1, w2, b2 = map(torch.tensor, (x, y, w1, b1, w2, b2))
    h = torch.tanh(x @ w1 + b1)
    e = h @ w2 + b2 - y
    dP = e / len(x)
    dA = dP @ w2.T / torch.cosh(x @ w1 + b1) ** 2
    return (e**2).sum() / 2 / len(x), x.T @ dA, dA.sum(0), h.T @ dP, dP.sum(0)


# ---------------------------------------------------------------------------------------------- 6 adam_step


@wrong("05.adam_step", "The bias correction is missing")
def adam_step(theta, g, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    return theta - lr * m / (np.sqrt(v) + eps), m, v


@wrong("05.adam_step", "eps went inside the root")
def adam_step(theta, g, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    return theta - lr * (m / (1 - beta1**t)) / np.sqrt(v / (1 - beta2**t) + eps), m, v


@wrong("05.adam_step", "eps was added to √v before the correction")
def adam_step(theta, g, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    rate = lr * math.sqrt(1 - beta2**t) / (1 - beta1**t)
    return theta - rate * m / (np.sqrt(v) + eps), m, v


@wrong("05.adam_step", "Return m as it is, for the next step")
def adam_step(theta, g, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = (beta1 * m + (1 - beta1) * g) / (1 - beta1**t)
    v = (beta2 * v + (1 - beta2) * g**2) / (1 - beta2**t)
    return theta - lr * m / (np.sqrt(v) + eps), m, v


@wrong("05.adam_step", "beta1 is the share of the OLD m")
def adam_step(theta, g, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m = (1 - beta1) * m + beta1 * g
    v = (1 - beta2) * v + beta2 * g**2
    return theta - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


@wrong("05.adam_step", "writes into the caller's array")
def adam_step(theta, g, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    m *= beta1
    m += (1 - beta1) * g
    v *= beta2
    v += (1 - beta2) * g**2
    return theta - lr * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps), m, v


@right("05.adam_step", "torch, in place on copies, the corrections in one rate")
def adam_step(theta, g, m, v, t, lr=1e-3, beta1=0.9, beta2=0.999, eps=1e-8):
    theta, g, m, v = (torch.as_tensor(x).clone() for x in (theta, g, m, v))
    m.lerp_(g, 1 - beta1)
    v.mul_(beta2).addcmul_(g, g, value=1 - beta2)
    root = (v.sqrt() / math.sqrt(1 - beta2**t)).add_(eps)
    return theta.addcdiv_(m, root, value=-lr / (1 - beta1**t)), m, v


# ------------------------------------------------------------------------------------------ 7 learning_rate


def _cosine(p, final=0.1):
    return final + (1 - final) * (1 + math.cos(math.pi * p)) / 2


@wrong("05.learning_rate", "The cosine runs from step 0")
def learning_rate(step, peak, warmup, total, final=0.1):
    if step < warmup:
        return peak * step / warmup
    return peak * _cosine(min(1, step / total), final)


@wrong("05.learning_rate", "a share of the peak and no rate")
def learning_rate(step, peak, warmup, total, final=0.1):
    if step < warmup:
        return peak * step / warmup
    p = min(1, (step - warmup) / (total - warmup))
    return final + (peak - final) * (1 + math.cos(math.pi * p)) / 2


@wrong("05.learning_rate", "You cut a cosine to 0 off at `final`")
def learning_rate(step, peak, warmup, total, final=0.1):
    if step < warmup:
        return peak * step / warmup
    return peak * max(final, _cosine(min(1, (step - warmup) / (total - warmup)), 0.0))


@wrong("05.learning_rate", "goes on after the end and rises again")
def learning_rate(step, peak, warmup, total, final=0.1):
    if step < warmup:
        return peak * step / warmup
    return peak * _cosine((step - warmup) / (total - warmup), final)


@wrong("05.learning_rate", "step 0 has rate 0")
def learning_rate(step, peak, warmup, total, final=0.1):
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * _cosine(min(1, (step - warmup) / (total - warmup)), final)


@wrong("05.learning_rate", "divides by 0 when there is no warm-up")
def learning_rate(step, peak, warmup, total, final=0.1):
    p = min(1, max(0, (step - warmup) / (total - warmup)))
    return peak * min(1, step / warmup) * _cosine(p, final)


@right("05.learning_rate", "the half-angle form: cos² p/2")
def learning_rate(step, peak, warmup, total, final=0.1):
    if step < warmup:
        return step / warmup * peak
    if step >= total:
        return final * peak
    angle = math.pi / 2 * (step - warmup) / (total - warmup)
    return final * peak + (peak - final * peak) * math.cos(angle) ** 2


# ----------------------------------------------------------------------------------------- 8 clip_gradients


def _norm(gradients):
    return math.sqrt(sum(float((g**2).sum()) for g in gradients))


@wrong("05.clip_gradients", "Each array was clipped by itself")
def clip_gradients(gradients, max_norm):
    return [g * min(1, max_norm / max(_norm([g]), 1e-12)) for g in gradients], _norm(gradients)


@wrong("05.clip_gradients", "You cut off each number")
def clip_gradients(gradients, max_norm):
    return [np.clip(g, -max_norm, max_norm) for g in gradients], _norm(gradients)


@wrong("05.clip_gradients", "A short gradient was stretched")
def clip_gradients(gradients, max_norm):
    norm = _norm(gradients)
    return [g * max_norm / norm for g in gradients], norm


@wrong("05.clip_gradients", "You added the lengths")
def clip_gradients(gradients, max_norm):
    norm = sum(_norm([g]) for g in gradients)
    return [g * min(1, max_norm / (norm + 1e-6)) for g in gradients], norm


@wrong("05.clip_gradients", "Return the norm BEFORE clipping")
def clip_gradients(gradients, max_norm):
    norm = _norm(gradients)
    clipped = [g * min(1, max_norm / (norm + 1e-12)) for g in gradients]
    return clipped, _norm(clipped)


@wrong("05.clip_gradients", "g *= factor changes the caller's array")
def clip_gradients(gradients, max_norm):
    norm = _norm(gradients)
    if norm > max_norm:
        for g in gradients:
            g *= max_norm / norm
    return gradients, norm


@right("05.clip_gradients", "one long vector, with torch's 1e-6")
def clip_gradients(gradients, max_norm):
    norm = np.linalg.norm(np.concatenate([g.ravel() for g in gradients]))
    return [torch.tensor(g * min(1.0, max_norm / (norm + 1e-6))) for g in gradients], norm
