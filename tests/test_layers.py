"""The shape of the project, read from its source: who may import whom, how long a file may be, what never occurs."""

import ast
import json
import subprocess
import symtable
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT

PARTS = ("nas_core", "ui", "pages", "app.py")
FILES = sorted(f for part in PARTS for f in ((ROOT / part).rglob("*.py") if (ROOT / part).is_dir() else [ROOT / part]))
TESTS = sorted((ROOT / "tests").rglob("*.py"))
PAGES = [ROOT / "app.py", *sorted((ROOT / "pages").glob("*.py"))]
LONGEST_FILE, LONGEST_FUNCTION = 300, 60

ALONE = "arrays executors logs machine packages pareto places plugins stats sums torch_state turns values"
MAY_IMPORT = {  # parts of nas_core whose arrows matter most; each may import itself as well
    **dict.fromkeys(ALONE.split(), ""),
    "types": "values",
    "settings": "places",
    "child": "logs machine packages places",
    "fitness": "types",
    "history": "types",
    "run_file": "sums types values",
    "store": "places run_file types",
    "spaces": "arrays nets plugins types",  # nets inside functions only, see below
    "datasets": "arrays places plugins types",
    "nets": "datasets machine places spaces training types",
    "training": "datasets nets types",
    "proxies": "nets plugins types",
    "predictors": "nets plugins spaces types",
    "sources": "arrays child datasets executors machine nets places plugins spaces sums torch_state training types",
    "growing": "places",
    "benchmarks": "arrays datasets growing nets packages places plugins proxies resuming scoring sources spaces stats "
    "torch_state trained training types",
    # a strategy must not be able to look at the table: no benchmarks, no sources, no store, no runner
    "strategies": "datasets nets packages pareto plugins predictors proxies spaces torch_state training types",
    "trained": "datasets places sources stats types",
    "resuming": "datasets sources torch_state trained training types",
    "export": "benchmarks charts datasets nets places plugins sources spaces stats trained types",
    "pools": "benchmarks packages types",
    "checkpoints": "places strategies",
    "losses": "fitness types",
    "warm_start": "benchmarks history losses plugins run_file sources store strategies types",
    "marks": "benchmarks datasets plugins",
    "runner": "benchmarks checkpoints executors fitness losses marks plugins pools strategies types warm_start",
    "minutes": "places",
    "limits": "child machine minutes settings turns",
    "jobs": "checkpoints child limits logs places runner settings store turns types",
}
SERVER = {"torch", "nas_core.runner", "nas_core.pools", "nas_core.nets", "nas_core.training"}
PAGE = {*SERVER, "altair", "numpy.random", "random", "nas_core.executors", "nas_core.cli"}
NEVER = {
    "nas_core": {"streamlit", "ui", "pages", "app"},
    "nas_core/charts": {"nas_core.runner", "nas_core.store", "nas_core.jobs", "nas_core.strategies"},
    "nas_core/race.py": {"nas_core.studies"},
    "nas_core/store.py": {"nas_core.studies"},
    "nas_core/sweep.py": {"nas_core.studies"},
    "ui": {*SERVER, "nas_core.cli", "app", "pages"},
    "pages": {*PAGE, "app", "pages"},
    "app.py": {*PAGE, "pages"},
}
SHARED_CACHES = {  # functions whose result is the same for all visitors, or that say whose it is
    "ui/frame.py": {"_boot"},
    "ui/home_race.py": {"_picture"},
    "ui/own_tables.py": {"_draft"},  # of a file's content
    "ui/run_views.py": {"_benchmark"},
    "ui/server.py": {"_experiments", "_store", "jobs"},
}
TORCH_AT_THE_TOP = ("nas_core/nets/", "nas_core/proxies/")


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def name(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def imports(root: ast.AST) -> set[str]:
    """Dotted names of all modules imported anywhere below `root`; `from a import b` may be a.b as well as a."""
    found = set()
    for node in ast.walk(root):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports say the whole path"
            found |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@cache
def all_imports(file: Path) -> set[str]:
    return imports(tree(file))


@cache
def imports_at_the_top(file: Path) -> set[str]:
    """Of those that run when the file itself is imported: not inside functions, not under TYPE_CHECKING."""
    found, nodes = set(), list(tree(file).body)
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= imports(node)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            nodes += node.orelse
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            nodes += ast.iter_child_nodes(node)
    return found


def part(module: str) -> str:
    """The part of nas_core that a module belongs to; "" for others."""
    return module.split(".")[1] if module.startswith("nas_core.") else ""


def ours(names: set[str]) -> set[str]:
    known = {f.stem for f in (ROOT / "nas_core").iterdir() if f.suffix == ".py" or f.is_dir()}
    return {part(n) for n in names} & known


@pytest.mark.parametrize("who", MAY_IMPORT)
def test_the_arrows_of_the_design(who):
    base = ROOT / "nas_core" / who
    files = sorted(base.rglob("*.py")) if base.is_dir() else [base.with_suffix(".py")]
    for file in files:
        wrong = ours(all_imports(file)) - {*MAY_IMPORT[who].split(), who}
        assert not wrong, f"{name(file)} must not import {', '.join(sorted(wrong))}"


@pytest.mark.parametrize("where", NEVER)
def test_what_is_never_imported(where):
    for file in FILES:
        if not name(file).startswith(where):
            continue
        for module in all_imports(file):
            for banned in NEVER[where]:
                assert module != banned and not module.startswith(banned + "."), f"{name(file)} imports {module}"


def test_no_module_imports_a_private_one_of_another_package():
    for file in FILES:
        for module in all_imports(file):
            owner, private, _ = module.replace(".__", ".").partition("._")
            theirs = owner.partition(".")[0] in PARTS and not name(file).startswith(owner.replace(".", "/") + "/")
            assert not (private and theirs), f"{name(file)} imports {module}, which is private to {owner}"


def test_no_part_of_nas_core_imports_another_in_a_circle():
    arrows: dict[str, set[str]] = {}
    for file in FILES:
        if name(file).startswith("nas_core/"):
            who = Path(name(file)).with_suffix("").parts[1]
            arrows.setdefault(who, set()).update(ours(imports_at_the_top(file)) - {who})
    assert circles(arrows) == {}


def test_no_module_imports_another_in_a_circle():
    modules = {name(file).removesuffix(".py").removesuffix("/__init__").replace("/", "."): file for file in FILES}
    arrows = {}
    for module, file in modules.items():
        needs = imports_at_the_top(file) & modules.keys()
        packages = {need.rpartition(".")[0] for need in needs}  # `from ui import frame` needs ui.frame only
        arrows[module] = needs - packages - {module}
    assert circles(arrows) == {}


def circles(arrows: dict[str, set[str]]) -> dict[str, set[str]]:
    """Those of `arrows` that lead round, or to or from where some do."""
    while free := [who for who, needs in arrows.items() if not needs & arrows.keys()]:
        arrows = {who: needs for who, needs in arrows.items() if who not in free}
    return {who: needs & arrows.keys() for who, needs in arrows.items()}


def test_torch_is_imported_late():
    for file in FILES:
        if not name(file).startswith(TORCH_AT_THE_TOP):
            late = {m.split(".")[0] for m in imports_at_the_top(file)} & {"torch", "torchvision"}
            assert not late, f"{name(file)} imports torch at its top; do it inside the function that needs it"


def test_everything_a_server_imports_leaves_torch_and_streamlit_out():
    code = """
import importlib, json, pkgutil, sys
import nas_core
from nas_core import plugins
for info in pkgutil.iter_modules(nas_core.__path__):
    if info.name not in ("nets", "__main__"):
        importlib.import_module(f"nas_core.{info.name}")
for folder in ("spaces", "benchmarks", "datasets", "strategies", "predictors", "proxies", "charts"):
    package = importlib.import_module(f"nas_core.{folder}")
    for info in pkgutil.iter_modules(package.__path__):
        if folder != "proxies" or not (info.ispkg or info.name.startswith("_")):
            importlib.import_module(f"nas_core.{folder}.{info.name}")
print(json.dumps([m for m in ("torch", "streamlit") if m in sys.modules]))
"""
    out = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert out.returncode == 0, out.stderr
    assert json.loads(out.stdout) == []


@pytest.mark.parametrize("file", [*FILES, *TESTS], ids=name)
def test_files_and_functions_are_short(file):
    lines = len(file.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST_FILE, f"{name(file)} has {lines} lines; split it"
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{name(file)}: {node.name} has {length} lines; split it"


@pytest.mark.parametrize("file", FILES, ids=name)
def test_what_never_occurs(file):
    path = name(file)
    for node in ast.walk(tree(file)):
        where = f"{path}:{getattr(node, 'lineno', 0)}"
        assert not isinstance(node, ast.Assert), f"{where} checks with assert, which python -O leaves out"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("print", "eval", "exec"), f"{where} calls {node.func.id}"
        if isinstance(node, ast.ExceptHandler):
            assert node.type is not None, f"{where} catches everything without a name"
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            assert ast.unparse(node.exc.func) not in ("Exception", "BaseException"), f"{where} raises a bare Exception"


def test_there_is_no_drawer_for_everything():
    names = {part.lower() for file in FILES for part in Path(name(file)).with_suffix("").parts}
    assert not names & {"utils", "util", "config", "core", "base", "registry", "helpers", "common", "misc"}


def test_no_two_classes_share_a_name():
    where: dict[str, str] = {}
    for file in FILES:
        for node in tree(file).body:
            if isinstance(node, ast.ClassDef):
                other = where.setdefault(node.name, name(file))
                assert other == name(file), f"{other} and {name(file)} both have a class {node.name}; rename one"


def test_every_file_says_what_it_is():
    for file in [*FILES, *TESTS]:
        assert ast.get_docstring(tree(file)), f"{name(file)} needs a docstring"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_no_page_leaves_a_value_lying_for_streamlit_to_draw(page):
    drawn_by_none = ast.Call | ast.Constant | ast.Yield | ast.YieldFrom
    found = [
        node.lineno
        for node in ast.walk(ast.parse(page.read_text(encoding="utf-8")))
        if isinstance(node, ast.Expr) and not isinstance(node.value, drawn_by_none)
    ]
    assert not found


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_functions_of_a_page_are_handed_what_they_read(page):
    script = symtable.symtable(page.read_text(encoding="utf-8"), page.name, "exec")
    names = [s for s in script.get_symbols() if s.is_assigned() and not s.is_imported() and not s.is_namespace()]
    bound = {s.get_name() for s in names if not s.get_name().isupper()}
    for function in script.get_children():
        if function.get_name() not in ("lambda", "genexpr", "listcomp", "setcomp", "dictcomp"):  # read where they stand
            wrong = _globals(function) & bound
            assert not wrong, f"{page.name}: {function.get_name()} reads {', '.join(sorted(wrong))} of the script"


def _globals(scope):
    return {s.get_name() for s in scope.get_symbols() if s.is_global()}.union(*map(_globals, scope.get_children()))


@pytest.mark.parametrize("file", [f for f in FILES if name(f).startswith(("ui/", "pages/", "app.py"))], ids=name)
def test_charts_are_drawn_where_the_menu_export_finds_them(file):
    if name(file) != "ui/figures.py":
        calls = {node.attr for node in ast.walk(tree(file)) if isinstance(node, ast.Attribute)}
        assert not calls & {"echarts_chart", "altair_chart"}, "draw it with ui.figures.echarts or ui.figures.altair"
        assert name(file) == "ui/tables.py" or "dataframe" not in calls, "draw it with ui.tables, without formulas"
        assert "st.code(" not in file.read_text(encoding="utf-8"), "draw it with ui.verbatim, which is quicker"


@pytest.mark.parametrize("file", [f for f in FILES if name(f).startswith(("ui/", "pages/", "app.py"))], ids=name)
def test_what_is_cached_is_apart_unless_it_is_the_same_for_all(file):
    if name(file) != "ui/own_cache.py":
        functions = {node.name for node in ast.walk(tree(file)) if isinstance(node, ast.FunctionDef) and _shared(node)}
        allowed = SHARED_CACHES.get(name(file), set())
        assert functions <= allowed, "give it ui.own_cache.resource or .data, so that no visitor is given another's"


def _shared(function):
    return any("st.cache_" in ast.unparse(decorator) for decorator in function.decorator_list)
