"""A plugin is a file: drop `name.py` with one public class into a plugin folder and it exists.

There is no list to edit and no decorator. `find` imports the modules of a package on first use and
returns {name: class}; the name in a menu, in a saved run, on the command line and on disk is the
same word. Where the published name is no module name, the class says `name = "ImageNet16-120"`.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import pkgutil
import sys
from dataclasses import Field, dataclass, field, fields
from functools import cache
from typing import Any, ClassVar, TypeVar, dataclass_transform


def param(default: Any, help: str, *, low: Any = None, high: Any = None, options: tuple = ()) -> Any:
    """A tunable parameter: a dataclass field that also describes its widget, flag and limits."""
    return field(default=default, metadata=dict(help=help, low=low, high=high, options=options))


@dataclass_transform()
class Plugin:
    """Base of all plugin bases: every subclass becomes a dataclass whose `param` fields are checked."""

    name: ClassVar[str] = ""
    label: ClassVar[str] = ""  # how people write the name, as it stands within a sentence, e.g. "PPO"
    requires: ClassVar[tuple[str, ...]] = ()  # importable packages without which it cannot run, e.g. ("torch",)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        dataclass(cls, eq=False)
        if "name" not in vars(cls):
            cls.name = cls.__module__.rpartition(".")[2]
        if "label" not in vars(cls):
            cls.label = ""  # a label is not inherited: a variant has a name of its own

    def __post_init__(self) -> None:
        for f in params(type(self)):
            setattr(self, f.name, checked(self.name, f, getattr(self, f.name)))

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


def params(plugin: type) -> list[Field]:
    """The fields made with `param`, in order of definition."""
    return [f for f in fields(plugin) if f.metadata]


def checked(owner: str, f: Field, value: Any) -> Any:
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
    if low is None:
        return f"at most {high}"
    return f"at least {low}" if high is None else f"between {low} and {high}"


P = TypeVar("P", bound=Plugin)


@cache
def find(package: str, base: type[P]) -> dict[str, type[P]]:
    """All plugins of `package`, by name: the single public subclass of `base` in each module without a leading _."""
    found: dict[str, type[P]] = {}
    for info in pkgutil.iter_modules(importlib.import_module(package).__path__):
        if info.name.startswith("_"):
            continue
        module = importlib.import_module(f"{package}.{info.name}")
        classes = [
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
        if (twin := found.setdefault(plugin.name, plugin)) is not plugin:
            raise TypeError(f"{module.__file__} and {inspect.getfile(twin)} both define {plugin.name!r}; rename one")
    return found


def get(package: str, base: type[P], name: str) -> type[P]:
    """The plugin class `name`; a ValueError that lists what exists if there is none."""
    known = find(package, base)  # type: ignore[arg-type]  # a type is hashable
    if name in known:
        return known[name]
    kind = base.__name__.lower() if base.__name__ != "SearchSpace" else "search space"
    near = difflib.get_close_matches(str(name), known, 1)
    hint = f" (did you mean {near[0]!r}?)" if near else ""
    raise ValueError(f"no {kind} named {name!r}; there are: {', '.join(known) or 'none yet'}{hint}")


def create(package: str, base: type[P], name: str, /, **given: Any) -> P:
    """Make plugin `name`; a wrong name or parameter is answered with the right ones."""
    plugin: Any = get(package, base, name)
    accepted = [f.name for f in fields(plugin) if f.init]
    if unknown := [k for k in given if k not in accepted]:
        takes = ", ".join(accepted) or "no parameters"
        raise ValueError(f"{name} has no parameter {unknown[0]!r}; it takes: {takes}")
    return plugin(**given)
