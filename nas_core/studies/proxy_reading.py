"""What a study of proxies shows, in sentences that follow from its numbers: size is the baseline, and no proxy is
claimed to beat it that does not."""

from __future__ import annotations

import math
from collections.abc import Sequence

from nas_core import plugins
from nas_core.proxies import Proxy
from nas_core.studies.proxy_quality import ProxyQuality
from nas_core.studies.proxy_study import BASELINES
from nas_core.values import capitalised

CLEAR = 2.6  # standard errors of a difference that count as one: about 1 in 100 by chance
LITTLE = 0.05  # of Spearman's correlation: a lead smaller than this is called little, however certain it is
FEW = 30  # networks below which nothing is concluded
SIZE = {"params": "counting parameters", "flops": "counting FLOPs"}


def title(name: str) -> str:
    """The title of a proxy; a cost of a table has it as its name."""
    plugin = plugins.find(Proxy).get(name)  # type: ignore[type-abstract]
    return plugin.title() if plugin else name


def answer(qualities: Sequence[ProxyQuality]) -> list[str]:
    """A headline and what to read off it; nothing while no baseline is judged."""
    sizes = [j for j in qualities if j.name in BASELINES and math.isfinite(j.spearman)]
    others = [j for j in qualities if j.name not in BASELINES and math.isfinite(j.spearman)]
    if not sizes:
        return []
    bar = max(sizes, key=lambda j: j.spearman)
    bar_sentence = f"{capitalised(SIZE[bar.name])} has a Spearman correlation of {bar.spearman:.2f} with accuracy."
    if not others:
        return [bar_sentence, "A proxy has to do better to be worth its time; none has scored these networks yet."]
    best = max(others, key=lambda j: j.spearman)
    n = min(bar.n, best.n)
    if n < FEW:
        return [f"{n} networks are too few to tell proxies apart.", f"From {FEW} on this page compares them with size."]
    clear = [j for j in others if j.above_size > CLEAR]
    if _wrong(bar):
        sentences = _drawn_to_size(bar, others, best)
    elif not clear:
        sentences = ["No proxy here ranks these networks better than their size does.", bar_sentence]
        sentences.append(f"The best proxy, {title(best.name)}, has {best.spearman:.2f}: not clearly more.")
    else:
        best = max(clear, key=lambda j: j.spearman)
        little = "a little " if best.spearman - bar.spearman < LITTLE else ""
        name = capitalised(title(best.name))
        sentences = [f"{name} ranks these networks {little}better than their size does.", bar_sentence]
        sentences.append(f"{name} has {best.spearman:.2f}" + _rest(best, clear))
    return sentences + _caveats(best, bar)


def _wrong(one: ProxyQuality) -> bool:
    """True if it ranks good networks low, by more than chance: a ranking at random has 1/√(n - 1) as standard error."""
    return one.spearman < -CLEAR / math.sqrt(max(one.n - 1, 1))


def _drawn_to_size(bar: ProxyQuality, others: Sequence[ProxyQuality], best: ProxyQuality) -> list[str]:
    """Where a larger network is a worse one."""
    wrong = sum(map(_wrong, others))
    count = f"all {wrong}" if wrong == len(others) else f"{wrong} of {len(others)}"
    among = "the only proxy ranks" if len(others) == 1 else f"{count} proxies rank"
    return [
        "Larger networks are worse here" + (f", and {among} good networks low." if wrong else "."),
        f"{capitalised(SIZE[bar.name])} has a Spearman correlation of {bar.spearman:.2f} with accuracy.",
        f"The best proxy, {title(best.name)}, has {best.spearman:.2f}; a ranking at random has 0.",
    ]


def _rest(top: ProxyQuality, clear: Sequence[ProxyQuality]) -> str:
    names = [title(j.name) for j in clear if j is not top]
    return f"; {', '.join(names)} {'also beat' if len(names) > 1 else 'also beats'} size." if names else "."


def _caveats(best: ProxyQuality, bar: ProxyQuality) -> list[str]:
    sentences = []
    if math.isfinite(best.best) and best.best < best.spearman - 0.2:
        sentences.append(
            f"Among the best tenth, where a search ends, {title(best.name)} falls to {best.best:.2f}: telling bad from "
            f"good is easier than telling good from best."
        )
    if best.regret > bar.regret:
        sentences.append(
            f"The first choice of {title(best.name)} misses the best network here by {best.regret:.2f} points, "
            f"that of {SIZE[bar.name]} by {bar.regret:.2f}."
        )
    return sentences


def verdict(one: ProxyQuality) -> str:
    """One proxy against size, in a few words."""
    if one.name in BASELINES:
        return "the bar"
    if math.isnan(one.spearman):
        return "cannot rank them"
    if one.n < FEW or math.isnan(one.above_size):
        return "not judged"
    if _wrong(one):
        return "worse than chance"
    if one.above_size > CLEAR:
        return "better than size"
    return "worse than size" if one.above_size < -CLEAR else "no better than size"
