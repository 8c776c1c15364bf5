"""What came of one check: a Result, and the sentence for whatever the learner's code raised."""

import io
import traceback
from collections.abc import Sequence
from dataclasses import dataclass

from llm101.check.compare import CheckFailed, exception_names, exception_text, told

PRINTED = 1000  # characters kept of what the learner's code prints during a check

ADVICE = {
    "RecursionError": "the function calls itself without end: is there a case in which it stops?",
    "UnboundLocalError": "a variable is read before it gets a value",
    "SystemExit": "the code ends Python itself: return instead",
    "IndexError": "a position outside the list",
}


@dataclass
class Result:
    """One check's outcome; status is pass, fail, error or todo. Everything from `message` on is for reading only."""

    name: str
    status: str
    points: float
    max_points: float
    message: str = ""
    call: str = ""
    expected: str = ""
    got: str = ""
    hint: str = ""
    hidden: bool = False
    seconds: float = 0.0
    printed: str = ""


class Tail(io.TextIOBase):
    """A stand-in for sys.stdout that keeps the first PRINTED characters and forgets the rest."""

    def __init__(self) -> None:
        self.text = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.text += str(text)[: PRINTED - len(self.text)]
        return len(text)


def explain(e: BaseException, result: Result, names: Sequence[str], hint: str) -> None:
    """Set status, message, expected, got and hint of `result` from what a check raised.

    Args:
        e: CheckFailed = a wrong answer; NotImplementedError or the NameError of a required name = to do;
            anything else = an error in the learner's code.
        result: changed in place.
        names: what the exercise asks the learner to define.
        hint: the check's own, used unless the mistake has a name.
    """
    if isinstance(e, CheckFailed):
        result.status, result.message = "fail", e.message
        result.expected, result.got, result.hint = e.expected, e.got, e.mistake or hint
        return
    name, text = exception_names(e)[0], exception_text(e)
    missing = told(e, "name") if name == "NameError" else None
    if name == "NotImplementedError":
        result.status, result.message = "todo", _unfinished(e, names)
    elif isinstance(missing, str) and missing in names:
        result.status, result.message = "todo", f"`{missing}` is not defined yet: run the cell that defines it"
    else:
        result.status, result.message = "error", f"{name}: {text}"
        if missing:
            result.message += ": run the cell that defines it, or check the spelling"
        elif name in ADVICE:
            result.message += f" ({ADVICE[name]})"
        result.got, result.hint = where(e), hint


def _unfinished(e: BaseException, names: Sequence[str]) -> str:
    """`not implemented yet`, with the function's name when it is another exercise's."""
    frames = _learner_frames(e)
    if frames and (function := frames[-1].name) not in (*names, "<module>"):
        return f"`{function}`, which is used here, is not implemented yet"
    return "not implemented yet"


def where(e: BaseException) -> str:
    """The innermost line of the learner's notebook: `in merge, line 3: return pairs[i]`. "" if there is none."""
    if isinstance(place := told(e, "where"), str) and place:
        return place
    frames = _learner_frames(e)
    return f"in {frames[-1].name}, line {frames[-1].lineno}: {frames[-1].line or ''}"[:300] if frames else ""


def _learner_frames(e: BaseException) -> list[traceback.FrameSummary]:
    """Frames of notebook cells: ipykernel's files, IPython's, and those of the package's own runners."""
    frames = traceback.extract_tb(e.__traceback__)
    return [f for f in frames if "ipykernel_" in f.filename or f.filename.startswith(("<cell", "<ipython"))]
