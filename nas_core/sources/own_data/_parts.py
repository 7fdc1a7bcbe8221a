"""Which examples train, which validate and which test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from nas_core.sources._numbers import short
from nas_core.sources.own_data._items import MOST_CLASSES, Items, Options

PARTS = ("train", "val", "test")
SMALL = 20  # examples of a class; with fewer its accuracy says little


def settle(items: Items, options: Options) -> np.ndarray:
    """str[n]: "train", "val" or "test" for each example, as the source says, else drawn, class by class.

    Examples of a group stay together, and so do those that are (nearly) the same. Adds what is to be known to
    `items.remarks`. ValueError in one sentence if a class cannot be in all three parts, or the parts that the source
    says divide a group.
    """
    counts = Counter(items.labels)
    if not 2 <= len(counts) <= MOST_CLASSES:
        raise ValueError(f"there must be 2 to {MOST_CLASSES:,} classes; the data has {_listing(counts)}")
    parts = np.array(items.parts, dtype="<U5")
    _say_repeats(items, parts, "nearly the same" if options.kind == "images" else "the same")
    lacking = [part for part in PARTS if part not in set(items.parts)]
    clusters = _clusters(items.groups, items.keys)
    if lacking:
        free = parts == "" if "train" in lacking else (parts == "") | (parts == "train")
        shares = {"val": options.val_share, "test": options.test_share}
        shares = {part: shares[part] for part in lacking if part != "train"}
        names = {"train": 1 - sum(shares.values())} | shares
        parts[free] = draw(np.array(items.labels)[free], clusters[free], names, options.seed)
    elif (parts == "").any():
        raise ValueError(
            f"{int((parts == '').sum()):,} of {len(parts):,} examples do not say their part; give it to all"
        )
    _check_groups(items.groups, parts)
    _check(items, parts, counts)
    return parts


def draw(labels: np.ndarray, clusters: np.ndarray, shares: dict[str, float], seed: int) -> np.ndarray:
    """str[n]: a part for each example; whole clusters, the largest first, each to the part that lacks its classes most.

    labels, clusters: [n], of anything that can be sorted. shares: {part: its share of the examples}.
    """
    kinds, label = np.unique(labels, return_inverse=True)
    _, cluster = np.unique(clusters, return_inverse=True)
    rng, names = np.random.default_rng(seed), np.array(list(shares))
    order = rng.permutation(cluster.max() + 1)
    order = order[np.argsort(-np.bincount(cluster)[order], kind="stable")]
    target = np.outer(list(shares.values()), np.bincount(label, minlength=len(kinds)))
    have, out = np.zeros_like(target), np.empty(len(labels), dtype="<U5")
    members = np.split(np.argsort(cluster, kind="stable"), np.cumsum(np.bincount(cluster))[:-1])
    for one in order:
        rows = members[one]
        which, count = np.unique(label[rows], return_counts=True)
        lack = ((target[:, which] - have[:, which]) / target[:, which] * count).sum(1)
        best = int(lack.argmax())
        have[best, which] += count
        out[rows] = names[best]
    return out


def _clusters(groups: Sequence[str], keys: Sequence[bytes]) -> np.ndarray:
    """int[n]: equal for examples that are of one group or have one key, directly or through others."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n, rows = len(keys), np.arange(len(keys))
    _, key = np.unique(np.array(keys, dtype=object), return_inverse=True)
    _, group = np.unique([g or f"\0{i}" for i, g in enumerate(groups)], return_inverse=True)
    size = n + int(key.max()) + 1 + int(group.max()) + 1
    ends = np.concatenate([n + key, n + int(key.max()) + 1 + group])
    edges = coo_array((np.ones(2 * n, bool), (np.concatenate([rows, rows]), ends)), (size, size))
    return connected_components(edges, directed=False)[1][:n]


def _say_repeats(items: Items, parts: np.ndarray, same: str) -> None:
    """Remarks on examples that occur more than once; `same`: what those of one key are to each other, in words."""
    first: dict[bytes, int] = {}
    repeats, crossing = [], []
    for i, key in enumerate(items.keys):
        if (other := first.setdefault(key, i)) != i:
            repeats.append((i, other))
            if parts[i] and parts[other] and parts[i] != parts[other]:
                crossing.append((i, other))
    labels = [pair for pair in repeats if items.labels[pair[0]] != items.labels[pair[1]]]
    for pairs, what in (
        (repeats, f"are {same} as an earlier one"),
        (crossing, f"are {same} as one in another part, which makes the accuracies of val and test too good"),
        (labels, f"are {same} as an earlier one of another class"),
    ):
        if pairs:
            i, other = pairs[0]
            items.remarks.append(
                f"{len(pairs):,} of {len(parts):,} examples {what} (such as {items.names[i]} and {items.names[other]})"
            )


def _check_groups(groups: Sequence[str], parts: np.ndarray) -> None:
    """ValueError if a group has examples in more than one part."""
    where: dict[str, set[str]] = {}
    for group, part in zip(groups, parts.tolist(), strict=True):
        if group:
            where.setdefault(group, set()).add(part)
    if divided := [group for group, members in where.items() if len(members) > 1]:
        first = divided[0]
        there = " and ".join(part for part in PARTS if part in where[first])
        raise ValueError(
            f"{len(divided):,} of {len(where):,} groups are in more than one of the parts that the data names, such as "
            f"{short(first, 40)!r} in {there}: give each group one part, or leave the groups out"
        )


def _check(items: Items, parts: np.ndarray, counts: Counter[str]) -> None:
    """ValueError if a class is not in every part; a remark on small classes."""
    labels = np.array(items.labels)
    for part in PARTS:
        if absent := sorted(set(counts) - set(labels[parts == part])):
            few = ", ".join(f"{name} ({counts[name]})" for name in absent[:5]) + (" …" if len(absent) > 5 else "")
            raise ValueError(
                f"no example of {few} is in the {part} part, and every class must be in train, val and test: add "
                f"examples, or leave the class out"
            )
    if small := [f"{name} ({count})" for name, count in sorted(counts.items()) if count < SMALL]:
        items.remarks.append(f"Small classes, whose accuracy says little: {', '.join(small[:20])}")


def _listing(counts: Counter[str]) -> str:
    names = sorted(counts)
    return f"{len(names):,}: {', '.join(names[:5])}{' …' if len(names) > 5 else ''}" if names else "none"
