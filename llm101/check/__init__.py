"""Checks for the exercises: one definition, used in the notebook, in CI and by the grader.

For the learner: `check("03.merge")`, `hint("03.merge")`, `progress()`. For authors: `exercise`, see core.py.

Reading order: plain (values as plain data), difference and arrays (how two values differ), compare (what a check
says), student (the learner's namespace), core (exercises, running them), outcome, show, store, progress, mistakes;
then the grader: values, wire, worker, sandbox, grade.
"""

from llm101.check.core import Exercise, exercise
from llm101.check.progress import progress
from llm101.check.show import Report, check, hint

__all__ = ["Exercise", "Report", "check", "exercise", "hint", "progress"]
