"""The thirty lessons: number, name, title, part, aspect and what each one needs. Lesson 00 draws its map from this.

The four aspects are those of Zhao et al. 2023, "A Survey of Large Language Models", arXiv:2303.18223, abstract.
"""

from dataclasses import dataclass
from pathlib import Path

from llm101.expect import one_of

ASPECTS = {
    "pre-training": "how a large model comes to be: text, architecture, optimisation, scale",
    "adaptation": "how it is made to do what people want: fine-tuning, instructions, preferences",
    "utilization": "how it is used as it is: prompts, context, retrieval, cheap running",
    "evaluation": "how we find out what it can do, and what it cannot",
}

FOUNDATIONS, TRANSFORMER, FAMILIES = "Foundations", "The Transformer", "Families of models"
LARGE, ADAPTING, SMALL, USING = "Going large", "Adapting", "Going small", "Using and judging"
PARTS = (FOUNDATIONS, TRANSFORMER, FAMILIES, LARGE, ADAPTING, SMALL, USING)

SHORTEST = ("00", "03", "05", "07", "11", "12", "13", "14", "18", "22")  # the shortest way to an aligned model


@dataclass(frozen=True)
class Lesson:
    """One lesson of the plan, written or not.

    Args:
        number: two digits, "03".
        name: last part of its folder, "tokenization".
        title: what it is about, in a few words.
        part: one of PARTS.
        aspects: one or more keys of ASPECTS.
        needs: numbers of the lessons to have read before.
    """

    number: str
    name: str
    title: str
    part: str
    aspects: tuple[str, ...]
    needs: tuple[str, ...]

    @property
    def folder(self) -> str:
        """'03_tokenization'."""
        return f"{self.number}_{self.name}"

    @property
    def notebook(self) -> str:
        """File name of the built notebook in lessons/: '03_tokenization.ipynb'."""
        return f"{self.folder}.ipynb"


def _lesson(folder: str, title: str, part: str, aspects: str, needs: str = "") -> Lesson:
    """A line of the table below: aspects and needs are separated by blanks."""
    number, name = folder.split("_", 1)
    return Lesson(number, name, title, part, tuple(aspects.split()), tuple(needs.split()))


LESSONS = (
    _lesson("00_start_here", "What an LLM is; the map", FOUNDATIONS, "pre-training adaptation utilization evaluation"),
    _lesson("01_machine_learning", "Learning from examples", FOUNDATIONS, "pre-training evaluation", "00"),
    _lesson("02_data", "Corpora: clean, mix, count", FOUNDATIONS, "pre-training", "01"),
    _lesson("03_tokenization", "Text to numbers", FOUNDATIONS, "pre-training", "00"),
    _lesson("04_embeddings", "Words as vectors; first LMs", FOUNDATIONS, "pre-training", "01 03"),
    _lesson("05_gradient_descent", "From SGD to AdamW", FOUNDATIONS, "pre-training", "01"),
    _lesson("06_losses", "Losses and regularisation", FOUNDATIONS, "pre-training", "05"),
    _lesson("07_attention", "Attention and its masks", TRANSFORMER, "pre-training", "06"),
    _lesson("08_positions", "Where a token stands", TRANSFORMER, "pre-training", "07"),
    _lesson("09_norms_and_blocks", "Norms, gates and blocks", TRANSFORMER, "pre-training", "07"),
    _lesson("10_transformer", "The whole; it translates", TRANSFORMER, "pre-training", "08 09"),
    _lesson("11_bert", "Reading in both directions", FAMILIES, "pre-training adaptation", "10"),
    _lesson("12_t5", "Text to text; GLM, UL2", FAMILIES, "pre-training adaptation", "10 11"),
    _lesson("13_gpt", "GPT-1 and GPT-2", FAMILIES, "pre-training adaptation", "10"),
    _lesson("14_gpt3", "Learning in context", FAMILIES, "pre-training utilization", "13"),
    _lesson("15_scaling_laws", "Scale and emergence", LARGE, "pre-training evaluation", "14"),
    _lesson("16_modern_llms", "LLaMA and its relatives", LARGE, "pre-training", "08 09 13"),
    _lesson("17_training_at_scale", "Many machines, few bits", LARGE, "pre-training", "05 16"),
    _lesson("18_peft", "LoRA, adapters, prefixes", ADAPTING, "adaptation", "13"),
    _lesson("19_prompting", "Prompts and chains", ADAPTING, "utilization", "14"),
    _lesson("20_black_box_tuning", "Tuning without gradients", ADAPTING, "adaptation utilization", "18 19"),
    _lesson("21_instruction_tuning", "To follow instructions", ADAPTING, "adaptation", "13 18"),
    _lesson("22_rlhf", "To follow preferences", ADAPTING, "adaptation", "21"),
    _lesson("23_quantization", "Fewer bits a weight", SMALL, "utilization", "16"),
    _lesson("24_distillation", "A student learns a teacher", SMALL, "utilization adaptation", "11"),
    _lesson("25_knowledge", "Where facts live; editing", USING, "utilization evaluation", "13"),
    _lesson("26_retrieval_and_tools", "Search, tools, pictures", USING, "utilization", "14"),
    _lesson("27_recommenders", "What to read or buy next", USING, "utilization adaptation", "12 13 19"),
    _lesson("28_evaluation", "Is it any good?", USING, "evaluation", "14"),
    _lesson("29_capstone", "Talk to your own model", USING, "adaptation utilization evaluation", "22 28"),
)


def lesson(number: str) -> Lesson:
    """The lesson of that number.

    Raises:
        ValueError: there is none.

    >>> lesson("03").notebook
    '03_tokenization.ipynb'
    """
    numbers = [entry.number for entry in LESSONS]
    return LESSONS[numbers.index(one_of("lesson", "number", number, numbers))]


def written(root: Path | None = None) -> tuple[str, ...]:
    """Numbers of the lessons that exist already; to the others there must be no link.

    Args:
        root: folder of the course, with course/ or lessons/ in it; None = the one around the package.
    """
    root = Path(__file__).resolve().parents[1] if root is None else Path(root)

    def exists(entry: Lesson) -> bool:
        text, notebook = root / "course" / entry.folder / "lesson.py", root / "lessons" / entry.notebook
        return text.exists() or notebook.exists()

    return tuple(entry.number for entry in LESSONS if exists(entry))


def by_aspect() -> dict[str, tuple[Lesson, ...]]:
    """Aspect -> its lessons, in order."""
    return {aspect: tuple(entry for entry in LESSONS if aspect in entry.aspects) for aspect in ASPECTS}
