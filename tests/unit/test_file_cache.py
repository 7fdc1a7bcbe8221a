"""What was read from files, once while they stay as they are, by several threads at once."""

import time
from concurrent.futures import ThreadPoolExecutor

from nas_core.file_cache import FileCache


def test_a_file_is_read_once_until_it_changes_and_the_latest_stay():
    cache, read = FileCache(2), []

    def get(key, stamp):
        return cache.get(key, (stamp, 0), lambda: read.append(key) or f"{key} {stamp}")

    assert [get("a", 1), get("a", 1), get("a", 2)] == ["a 1", "a 1", "a 2"] and read == ["a", "a"]
    get("b", 1), get("a", 2), get("c", 1), get("a", 2)
    assert read == ["a", "a", "b", "c"] and len(cache) == 2
    get("b", 1)
    assert read[-1] == "b"


def test_nothing_is_not_remembered():
    cache = FileCache(2)
    assert cache.get("a", (1, 1), lambda: None) is None
    assert cache.get("a", (1, 1), lambda: "back") == "back"


class Key(int):
    """Lets other threads run wherever a cache looks for it."""

    def __hash__(self):
        time.sleep(0)
        return int(self)


def test_threads_that_evict_each_others_values_get_their_own():
    cache = FileCache(3)

    def visit(number):
        for i in range(200):
            key = Key((number * i) % 7)
            assert cache.get(key, (key, 0), lambda key=key: key + 100) == key + 100

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(visit, range(1, 9)))
    assert len(cache) == 3
