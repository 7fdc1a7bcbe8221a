"""A plugin is a class in a file of its own: drop `name.py` into a plugin folder and it exists.

There is no list to edit. `find` gathers the plugins of a kind from three places: the files of the kind's folder, the
entry points of installed packages (group `nas_explorer.<folder>`, such as `nas_explorer.strategies`), and `register`,
for a class of a notebook or script. The name in a menu, in a saved run, on the command line and on disk is the same
word: the file's, or outside that folder the class's in snake case. Where the published name is not a Python name, the
class says `name = "ImageNet16-120"`.
"""

from __future__ import annotations

import difflib
import importlib.util
import inspect
import pkgutil
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, ClassVar, TypeVar, dataclass_transform


def param(default: Any, help: str, *, low: Any = None, high: Any = None, options: tuple = ()) -> Any:
    """A tunable parameter: a dataclass field that also describes its widget, flag and limits."""
    return field(default=default, metadata=dict(help=help, low=low, high=high, options=options))


@dataclass_transform(eq_default=False)
class Plugin:
    """Base of all plugin bases: every subclass becomes a dataclass whose `param` fields are checked."""

    name: ClassVar[str] = ""
    label: ClassVar[str] = ""  # how people write the name, as it stands within a sentence, e.g. "PPO"
    aliases: ClassVar[tuple[str, ...]] = ()  # what else people call it, e.g. ("REA", "aging evolution"); see `named`
    requires: ClassVar[tuple[str, ...]] = ()  # importable packages without which it cannot run, e.g. ("torch",)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        dataclass(cls, eq=False)
        if "name" not in vars(cls):
            folder, _, file = cls.__module__.rpartition(".")
            cls.name = file if folder == kind_of(cls).__module__ else _words(cls.__name__, "_")
        # a label is not inherited, nor are aliases: a variant has names of its own
        cls.label, cls.aliases = vars(cls).get("label", ""), vars(cls).get("aliases", ())

    def __post_init__(self) -> None:
        for f in params(type(self)):
            setattr(self, f.name, validate(self.name, f, getattr(self, f.name)))

    @classmethod
    def title(cls) -> str:
        """The name as people read it within a sentence: "regularized evolution", "PPO"."""
        return cls.label or cls.name.replace("_", " ")

    @classmethod
    def heading(cls) -> str:
        """The name at the head of something: "Regularized evolution", "PPO"."""
        return cls.title()[:1].upper() + cls.title()[1:]

    @classmethod
    def summary(cls) -> str:
        """First line of the docstring."""
        return (inspect.getdoc(cls) or "").partition("\n")[0]


def kind_of(plugin: type[Plugin]) -> type[Plugin]:
    """The base that makes `plugin` a strategy, a proxy, a dataset …; its module is the folder of that kind."""
    return next(base for base in plugin.__mro__ if Plugin in base.__bases__)


def params(plugin: type) -> list[Field]:
    """The fields made with `param`, in order of definition."""
    return [f for f in fields(plugin) if f.metadata]


def settings(plugin: Any) -> dict[str, Any]:
    """{name: value} of everything a plugin was made with."""
    return {f.name: getattr(plugin, f.name) for f in fields(plugin) if f.init}


def validate(owner: str, f: Field, value: Any) -> Any:
    """`value` in the type of the field's default; ValueError naming the limits if it is not allowed."""
    low, high, options = f.metadata["low"], f.metadata["high"], f.metadata["options"]
    if options:
        for option in options:
            if str(value) == str(option) or (value == option and not isinstance(value, bool)):
                return option
        raise ValueError(f"{owner}: {f.name} must be one of {', '.join(map(str, options))}; it is {value!r}")
    kind: type = type(f.default)
    if isinstance(value, str) and kind is not str:
        value = _read(owner, f, value)
    if not _fits(kind, value):
        raise ValueError(f"{owner}: {f.name} must be {_kind(kind)}; it is {value!r}")
    value = kind(value)
    if (low is not None and not value >= low) or (high is not None and not value <= high):
        raise ValueError(f"{owner}: {f.name} must be {_limits(low, high)}; it is {value!r}")
    return value


def _fits(kind: type, value: Any) -> bool:
    """True if `value` is a `kind`, or a finite number that can be written as one."""
    if kind not in (int, float) or isinstance(value, bool):
        return type(value) is kind
    if kind is int and isinstance(value, float):
        return value.is_integer()
    return isinstance(value, int | float) and (kind is int or abs(value) <= sys.float_info.max)


def _read(owner: str, f: Field, text: str) -> Any:
    kind: type = type(f.default)
    if kind is bool:
        answers = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
        if text.lower() in answers:
            return answers[text.lower()]
    else:
        try:
            return kind(text)
        except ValueError:
            pass
    raise ValueError(f"{owner}: {f.name} must be {_kind(kind)}; it is {text!r}")


def _kind(kind: type) -> str:
    return {int: "a whole number", float: "a number", bool: "true or false", str: "a text"}.get(kind, kind.__name__)


def _limits(low: Any, high: Any) -> str:
    return f"at most {high}" if low is None else f"at least {low}" if high is None else f"between {low} and {high}"


P = TypeVar("P", bound=Plugin)
_registered: dict[type[Plugin], dict[str, Any]] = {}  # {kind: {name: class}}


def find(base: type[P]) -> dict[str, type[P]]:
    """All plugins of the kind `base`, by name: of this package, of installed packages, registered ones, and those that
    follow from the plugins of another kind where nothing else has their name."""
    kind: Any = base
    plugins = {**built_in(kind), **_installed(kind)[0], **_registered.get(base, {})}
    return {**plugins, **{name: plugin for name, plugin in _derived(kind)().items() if name not in plugins}}


@cache
def _derived(base: Any) -> Callable[[], dict[str, Any]]:
    """The function `derived` of `_derived.py` in the folder of `base`; one that finds nothing if there is none."""
    name = f"{base.__module__}._derived"
    return importlib.import_module(name).derived if importlib.util.find_spec(name) else dict


def faults(base: type[P]) -> dict[str, str]:
    """What installed packages offer as plugins of this kind and cannot be used: one sentence each, by name."""
    return dict(_installed(base)[1])  # type: ignore[arg-type]  # a type is hashable


def register(plugin: type[P]) -> type[P]:
    """Add a class of a notebook or script until the process ends; usable as a decorator. Returns the class.

    A class registered again replaces the one of its name. TypeError for anything but a complete plugin, ValueError for
    a name that this package or an installed one has taken.
    """
    if not _complete(plugin, Plugin):
        raise TypeError(f"{plugin!r} cannot be registered; give a complete class derived from Strategy, Proxy or such")
    base: Any = kind_of(plugin)
    if plugin.name in built_in(base) or plugin.name in _installed(base)[0]:
        raise ValueError(f"there is a {_noun(base)} named {plugin.name!r} already; give the class another `name`")
    _registered.setdefault(base, {})[plugin.name] = plugin
    return plugin


def unregister(plugin: type[Plugin]) -> None:
    """Undo `register`; nothing happens to a class that is not registered."""
    if registered(plugin):
        del _registered[kind_of(plugin)][plugin.name]


def registered(plugin: type[Plugin]) -> bool:
    """True if `register` added it, to this process only."""
    return _registered.get(kind_of(plugin), {}).get(plugin.name) is plugin


@cache
def built_in(base: Any) -> dict[str, Any]:
    """The plugins of the folder of `base`: the single public subclass of `base` in each file without a leading _."""
    plugins: dict[str, Any] = {}
    for info in pkgutil.iter_modules(importlib.import_module(base.__module__).__path__):
        if info.ispkg or info.name.startswith("_"):  # helpers: for others to import as well, or the folder's own
            continue
        module = importlib.import_module(f"{base.__module__}.{info.name}")
        classes: list[Any] = [
            c
            for name, c in inspect.getmembers(module, inspect.isclass)
            if issubclass(c, base) and c.__module__ == module.__name__ and not name.startswith("_")
        ]
        if len(classes) != 1:
            names = ", ".join(c.__name__ for c in classes) or "none"
            raise TypeError(
                f"{module.__file__} must define exactly one public {base.__name__}; it defines {names}. "
                f"Move helpers to a file whose name starts with '_'."
            )
        (plugin,) = classes
        if (twin := plugins.setdefault(plugin.name, plugin)) is not plugin:
            raise TypeError(f"{module.__file__} and {inspect.getfile(twin)} both define {plugin.name!r}; rename one")
    return plugins


@cache
def _installed(base: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """({name: class}, {name: what is wrong with it}) from the entry points of installed packages."""
    plugins: dict[str, Any] = {}
    wrong: dict[str, str] = {}
    for entry in entry_points(group=f"nas_explorer.{base.__module__.rpartition('.')[2]}"):
        try:
            plugins[entry.name] = _load(entry, base, {**built_in(base), **plugins})
        except Exception as error:  # another package's code: whatever it raises must not stop the others
            package = f" of the package {entry.dist.name}" if entry.dist else ""
            what = f"the {_noun(base)} {entry.name!r}{package} cannot be used"
            wrong[entry.name] = f"{what}: {type(error).__name__}: {error}"
    return plugins, wrong


def _load(entry: EntryPoint, base: type[P], others: dict[str, type[P]]) -> type[P]:
    plugin: Any = entry.load()
    if not _complete(plugin, base):
        raise TypeError(f"{entry.value} is not a complete {base.__name__}")
    if plugin.name != entry.name:
        raise ValueError(f"{entry.value} is named {plugin.name!r}; name the entry point likewise")
    if plugin.name in others:
        raise ValueError(f"that name is taken by {others[plugin.name].__module__}")
    return plugin


def _complete(plugin: object, base: type) -> bool:
    """True if `plugin` is a class of the kind `base` that can be made."""
    return isinstance(plugin, type) and issubclass(plugin, base) and not inspect.isabstract(plugin)


def _noun(base: type[Plugin]) -> str:
    """ "strategy", "search space": what messages call a plugin of this kind."""
    return _words(base.__name__, " ")


def _words(name: str, between: str) -> str:
    """ "MyPPOSearch" -> "my_ppo_search", with "_" between words."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", between, name).lower()


def get(base: type[P], name: str) -> type[P]:
    """The plugin class `name`; a ValueError that lists what exists if there is none."""
    plugins = find(base)
    if name in plugins:
        return plugins[name]
    if name in (problems := faults(base)):
        raise ValueError(problems[name])
    hint = f" (did you mean {near}?)" if (near := " or ".join(map(repr, _near(plugins, str(name))))) else ""
    raise ValueError(f"no {_noun(base)} named {name!r}; there are: {', '.join(plugins) or 'none yet'}{hint}")


def resolve(base: type[P], text: str) -> type[P]:
    """The plugin class that people mean by `text`: its name, its label or one of its aliases, see `folded`.

    Runs and links hold names only. ValueError in one sentence if `text` is none of these, or may mean several.
    """
    plugins = find(base)
    matches = [name for name, plugin in plugins.items() if folded(str(text)) in map(folded, _synonyms(plugin))]
    if text in plugins or not matches:
        return get(base, text)
    if len(matches) > 1:
        raise ValueError(f"{text!r} may mean {' or '.join(matches)}; give one of these names")
    return plugins[matches[0]]


def folded(text: str) -> str:
    """The same for spellings that differ in case, spaces, hyphens, underscores, or in -isation and -ization."""
    return re.sub("is(?=ation|ed|ing)", "iz", re.sub(r"[\s_-]", "", text.lower()))


def _synonyms(plugin: type[Plugin]) -> tuple[str, ...]:
    return plugin.name, plugin.title(), *plugin.aliases


def _near(plugins: Mapping[str, type[Plugin]], text: str) -> list[str]:
    """What `named` finds; or those with `text` among their words or their family's; or the one spelled most like it."""
    owners = {folded(word): name for name, plugin in plugins.items() for word in _synonyms(plugin)}
    if folded(text) in owners:
        return [owners[folded(text)]]
    whole = re.compile(rf"\b{re.escape(text or '?')}\b", re.IGNORECASE)
    words = {name: " · ".join((*_synonyms(p), getattr(p, "family", ""))) for name, p in plugins.items()}
    partly = [name for name, own in words.items() if whole.search(own)]
    return partly or [owners[word] for word in difflib.get_close_matches(folded(text), owners, 1)]


def create(base: type[P], name: str, /, **values: Any) -> P:
    """Make plugin `name`; a wrong name or parameter is answered with the right ones."""
    plugin: Any = get(base, name)
    accepted = [f.name for f in fields(plugin) if f.init]
    if unknown := [k for k in values if k not in accepted]:
        raise ValueError(f"{name} has no parameter {unknown[0]!r}; it takes: {', '.join(accepted) or 'no parameters'}")
    return plugin(**values)
