"""The rules of style that a machine can check; the rest is for readers.

A rule here has a reason in one line, and names file and line when it is broken.
"""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = {".git", ".venv", "work", "grading", "artifacts", "build", "dist", "__pycache__"}
TEXT = {".py", ".md", ".ipynb", ".toml", ".yml", ".yaml", ".txt", ".json", ".cfg", ".cff", ".sh", ""}
MAY_PRINT = {"llm101/cli.py"}  # and everything in llm101/cli/: the command line talks, the package does not
VAGUE = {"utils", "util", "common", "helpers", "helper", "misc", "stuff"}
SHOWN_WHOLE = ("llm101",)  # lessons show a function of these folders whole
FUNCTION, FILE = 40, 300  # lines, of code without the docstring and of everything

# Written in two parts, so that this file does not break its own rule.
REGISTRIES = [
    ("pypi", "org"),
    ("pythonhosted", "org"),
    ("download.pytorch", "org"),
    ("npmjs", "org"),
    ("anaconda", "org"),
    ("deb.debian", "org"),
    ("ghcr", "io"),
    ("mcr.microsoft", "com"),
]
MACHINE = re.compile(
    r"(?<![\w.])(/home/(?!user|name|you|me\b|student|learner)\w+|/Users/(?!user|name|you)\w+|[A-Z]:\\+Users\\+(?!user|name|you)\w+"
    r"|/work/\w+|/opt/(?!llm101)\w+|/root/\.(?:cache|local|pyenv)|/tmp/(?:ipykernel|pytest)[_-]\w+)"
)


def project_files() -> list[Path]:
    """Tracked files and new ones that git does not ignore; without git, the folder."""
    command = ["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard", "-z"]
    try:
        listed = subprocess.run(command, check=True, capture_output=True).stdout.decode().split("\0")
    except (OSError, subprocess.CalledProcessError):
        listed = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*")]
    paths = (Path(name) for name in listed if name)
    return sorted(path for path in paths if not SKIPPED & set(path.parts) and (ROOT / path).is_file())


FILES = project_files()
PACKAGE = [path for path in FILES if path.parts[0] == "llm101" and path.suffix == ".py"]
TREES = {path: ast.parse((ROOT / path).read_text(encoding="utf-8")) for path in PACKAGE}
WRITTEN = [path for path in FILES if path.suffix == ".py" and path.parts[0] in ("llm101", "tools", "tests", "run.py")]


def functions(tree: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method, nested ones too."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from `def` to the end, without the docstring."""
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def public(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Functions and classes of a module whose names do not begin with an underscore."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return [node for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")]


def prints(path: Path) -> bool:
    """Whether this file may print."""
    return path.as_posix() in MAY_PRINT or path.parts[:2] == ("llm101", "cli") or path.name == "__main__.py"


def leaks(text: str) -> list[str]:
    """Hosts of package registries and paths of somebody's machine in a text, as 'line: what'."""
    hosts = "|".join(re.escape(".".join(pair)) for pair in REGISTRIES)
    own = [re.escape(str(ROOT))] if len(ROOT.parts) > 2 else []
    pattern = re.compile("|".join([rf"\b(?:[\w-]+\.)*(?:{hosts})\b", MACHINE.pattern, *own]))
    return [f"{text.count(chr(10), 0, m.start()) + 1}: {m.group()}" for m in pattern.finditer(text)]


def test_there_is_something_to_check():
    assert len(PACKAGE) > 10
    assert Path("run.py") in FILES
    assert Path("tests/style/test_style.py") in FILES


@pytest.mark.parametrize("path", WRITTEN, ids=str)
def test_a_file_is_one_idea(path):
    """One screen after the other: over 300 lines nobody reads a file to its end."""
    lines = (ROOT / path).read_text(encoding="utf-8").count("\n")
    assert lines <= FILE, f"{path} has {lines} lines; {FILE} is the most. Split it by idea."


def test_a_function_fits_into_a_lesson():
    """Lessons show functions whole."""
    long = [
        f"{path}:{node.lineno} {node.name} has {code_lines(node)} lines"
        for path, tree in TREES.items()
        if path.parts[0] in SHOWN_WHOLE
        for node in functions(tree)
        if code_lines(node) > FUNCTION
    ]
    assert not long, "\n".join([f"{FUNCTION} lines without the docstring are the most:", *long])


def test_the_package_does_not_print():
    """Who calls a function decides what appears in a notebook."""
    found = [
        f"{path}:{node.lineno}"
        for path, tree in TREES.items()
        if not prints(path)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not found, "\n".join(["", *map(str, found)])


def test_everything_public_says_what_it_is():
    """A docstring for every module, public function and public class."""
    silent = [f"{path}:1" for path, tree in TREES.items() if tree.body and not ast.get_docstring(tree)]
    silent += [
        f"{path}:{node.lineno} {node.name}"
        for path, tree in TREES.items()
        for node in public(tree)
        if not ast.get_docstring(node)
    ]
    assert not silent, "\n".join(["", *map(str, silent)])


def test_no_file_is_named_after_nothing():
    """A file is named after what a reader would search for."""
    found = [path for path in FILES if path.suffix == ".py" and {path.stem, path.parent.name} & VAGUE]
    assert not found, "\n".join(["", *map(str, found)])


def test_an_error_says_something():
    """`raise ValueError` alone leaves the learner with nothing; STYLE: what was expected, what came, what to do."""
    kinds = {"ValueError", "TypeError", "RuntimeError", "KeyError", "OSError", "FileNotFoundError", "IndexError"}
    mute = []
    for path, tree in TREES.items():
        for node in (n for n in ast.walk(tree) if isinstance(n, ast.Raise)):
            call = node.exc if isinstance(node.exc, ast.Call) else None
            name = call.func if call else node.exc
            if isinstance(name, ast.Name) and name.id in kinds and not (call and call.args):
                mute.append(f"{path}:{node.lineno} {name.id}")
    assert not mute, "\n".join(["", *map(str, mute)])


def test_nothing_is_imported_with_a_star():
    """A reader must see where a name comes from."""
    stars = [
        f"{path}:{node.lineno}"
        for path, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and any(name.name == "*" for name in node.names)
    ]
    assert not stars, "\n".join(["", *map(str, stars)])


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix in TEXT], ids=str)
def test_no_text_names_a_registry_or_a_machine(path):
    """Registries and mirrors are pip's settings; a path of one machine is noise on every other."""
    found = leaks((ROOT / path).read_text(encoding="utf-8", errors="replace"))
    assert found == [], f"in {path}"


# ---------------------------------------------------------------- the rules themselves


@pytest.mark.parametrize(
    "text",
    [
        "see https://files." + ".".join(REGISTRIES[1]) + "/x",
        "--index-url https://" + ".".join(REGISTRIES[0]) + "/simple",
        "File /home/" + "mary/course/x.py",
        "C:\\" + "Users\\mary\\x",
        "built in /work/" + "course/x.py",
        "found in /opt/" + "wheels",
        f"{ROOT}/x" if len(ROOT.parts) > 2 else "/opt/" + "wheels",
    ],
)
def test_a_leak_is_found(text):
    assert len(leaks("good\n" + text)) == 1
    assert leaks("good\n" + text)[0].startswith("2: ")


@pytest.mark.parametrize(
    "text",
    [
        "work/03_tokenization",
        "[your copy](../work/03_tokenization/x.ipynb)",
        "/opt/llm101/x.py",
        "the /home of",
        "copy.org",
        "a pypi package",
        "/tmp/x",
        "/work/",
    ],
)
def test_ordinary_text_is_no_leak(text):
    assert leaks(text) == []


def test_lines_are_counted_without_the_docstring():
    body = "\n".join(f"    x{i} = {i}" for i in range(37))
    tree = ast.parse(f'def f():\n    """One.\n\n    Two.\n    """\n{body}\n')
    assert code_lines(functions(tree)[0]) == 38
