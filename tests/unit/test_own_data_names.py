"""The names of one's own data: changed, deleted, brought back, and never given to other data."""

import pytest

from nas_core import datasets, plugins
from nas_core.datasets import Dataset
from nas_core.sources import own_data
from nas_core.sources.download import SourceError
from tests.unit.test_own_data import kept, pictures, read


def test_rename_delete_restore(tmp_path):
    folder = pictures(tmp_path / "pets")
    name = kept(folder, "images").name
    own_data.rename(name, "My pets")
    assert plugins.get(Dataset, name).title() == "My pets"
    own_data.delete(name)
    assert name not in plugins.find(Dataset) and own_data.names() == []
    own_data.restore(name)
    assert own_data.names() == [name] and len(datasets.create(name).load()["train"]) > 0
    with pytest.raises(SourceError, match="there is no deleted dataset 'mine'"):
        own_data.restore(name)
    with pytest.raises(ValueError, match="there is a dataset named mine already"):
        own_data.save(read(folder, "images"), "Mine")
    with pytest.raises(ValueError, match="there is a dataset named cifar10 already"):
        own_data.save(read(folder, "images"), "CIFAR10")


def test_a_name_is_not_given_to_other_data_again(tmp_path):
    """Else runs, scores and checkpoints of the first would be taken for those of the second."""
    first, other = pictures(tmp_path / "pets"), pictures(tmp_path / "more", each=7)
    for path, expected in ((first, "mine"), (other, "mine_2"), (first, "mine"), (other, "mine_2")):
        name = own_data.save(read(path, "images"), "Mine")
        assert name == expected and plugins.get(Dataset, name).title() == "Mine"
        with pytest.raises(ValueError, match=f"there is a dataset named {name} already"):
            own_data.save(read(first, "images"), "Mine")
        own_data.delete(name)
