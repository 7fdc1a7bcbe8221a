"""Every plugin that is a method or a space says where it comes from."""

import re
import sys

import pytest

from nas_core import plugins
from nas_core.predictors import Predictor
from nas_core.proxies import Proxy
from nas_core.spaces import SearchSpace
from nas_core.strategies import Strategy

KINDS = (Strategy, Predictor, Proxy, SearchSpace)
PLUGINS = [plugin for kind in KINDS for plugin in plugins.built_in(kind).values()]
SOURCE = r"arXiv:\d{4}\.\d{5}|doi:10\.\d{4,}/|NeurIPS \d+|\bour own\b"  # early NeurIPS papers have neither number


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: f"{plugins.kind_of(plugin).__name__}-{plugin.name}")
def test_it_names_its_paper_or_says_that_it_is_our_own(plugin):
    words = f"{sys.modules[plugin.__module__].__doc__} {plugin.__doc__} {getattr(plugin, 'paper', '')}"
    assert re.search(SOURCE, words), f"{plugin.__module__} names no arXiv number or DOI; name one, or say 'our own'"
