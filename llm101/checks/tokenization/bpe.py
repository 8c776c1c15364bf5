"""The checks of lesson 03, byte-pair encoding. What each wrong answer is called stands beside the value it gives."""

from llm101.check import exercise
from llm101.checks.tokenization import oracles as o

HIDE = ("llm101.tokenizers",)

# ------------------------------------------------------------------------------------------------ count_pairs
ex = exercise(
    "03.count_pairs",
    title="Count adjacent pairs",
    points=2,
    names=("count_pairs",),
    mask=HIDE,
    hints=[
        "Which two symbols stand side by side at position i of a word? Where does i have to stop?",
        "zip(word, word[1:]) yields the pairs of one word, in order, with repetitions.",
        "Loop over words.items(); for each pair of the word add the word's count to the pair's entry.",
    ],
)


@ex.check(
    "a pair counts as often as its word",
    hint="Write down the pairs of the words in the call, each as often as its word occurs, and compare.",
)
def _(s, t):
    words: dict[o.Word, int] = {("l", "o", "w"): 5, ("l", "o", "g"): 2}
    t.eq(s.count_pairs(words), o.count_pairs(words), mistakes={
        "You added 1 for a word instead of its count.": o.count_pairs(words, weighted=False),
        "You counted single symbols, not pairs.": {"l": 7, "o": 7, "w": 5, "g": 2},
        "You left out the last pair of each word: the range stops one too early.": {("l", "o"): 7},
        "You put the words together and counted pairs across their borders.":
            o.count_pairs({("l", "o", "w", "l", "o", "g"): 1}),
    })  # fmt: skip


@ex.check("a pair can occur twice in a word", hint="('n', 'a') stands twice in ('n', 'a', 'n', 'a').")
def _(s, t):
    words: dict[o.Word, int] = {("n", "a", "n", "a"): 3}
    t.eq(s.count_pairs(words), o.count_pairs(words), mistakes={
        "You counted a pair at most once per word (a set, or `in`): count every occurrence.": o.count_pairs(words, once=True),
    })  # fmt: skip


@ex.check("no pair reaches across two words", hint="Start anew with each word; a word of one symbol has no pair.")
def _(s, t):
    words: dict[o.Word, int] = {("a",): 7, ("b", "c"): 2, ("c", "a"): 5}
    t.eq(s.count_pairs(words), o.count_pairs(words))
    t.eq(s.count_pairs({}), {}, "the result for no words")


@ex.check("random words", hint="Compare with a hand count of one of the words shown.")
def _(s, t):
    for seed in range(5):
        words = o.random_words(seed)
        t.eq(s.count_pairs(words), o.count_pairs(words))


# ------------------------------------------------------------------------------------------------- merge_pair
ex = exercise(
    "03.merge_pair",
    title="Merge a pair everywhere in a word",
    points=2,
    names=("merge_pair",),
    mask=HIDE,
    hints=[
        "Walk through the word with an index i that sometimes moves on by one and sometimes by two.",
        "While i < len(word): does word[i : i + 2] equal the pair?",
        "If it does, append the joined symbol and add 2 to i; if not, append word[i] and add 1.",
    ],
)


@ex.check(
    "joins the two symbols",
    hint="Go through the word of the call by hand: which symbols does your loop visit, and where does it end?",
)
def _(s, t):
    word = ("l", "o", "w", "e", "r")
    merged = s.merge_pair(word, ("l", "o"))
    t.true(
        not isinstance(merged, list),
        "merge_pair returned a list; it must return a tuple: words will be keys of a dict, and a list cannot be one",
    )
    t.eq(merged, ("lo", "w", "e", "r"), mistakes={
        "You kept the second half of the pair: after a match, move on by two.": ("lo", "o", "w", "e", "r"),
        "The last symbol got lost: the loop ends before it.": ("lo", "w", "e"),
    })  # fmt: skip
    t.eq(s.merge_pair(word, ("e", "r")), ("l", "o", "w", "er"), "the result for a pair at the end", mistakes={
        "The last symbol got lost: the loop ends before it.": ("l", "o", "w", "e"),
        "A pair at the very end was not merged: the loop ends before it.": word,
        "You kept the second half of the pair: after a match, move on by two.": ("l", "o", "w", "er", "r"),
    })  # fmt: skip


@ex.check("merges every occurrence", hint="Do not return after the first match.")
def _(s, t):
    word = ("n", "a", "n", "a", "s")
    t.eq(s.merge_pair(word, ("n", "a")), ("na", "na", "s"), mistakes={
        "Only the first occurrence was merged: go on after a match.": ("na", "n", "a", "s"),
    })  # fmt: skip


@ex.check("occurrences do not overlap", hint="A symbol that was merged is used up: ('a','a','a') holds ('a','a') once.")
def _(s, t):
    t.eq(s.merge_pair(("a", "a", "a"), ("a", "a")), ("aa", "a"), mistakes={
        "The middle symbol was used twice: after a match, move on by two.": ("aa", "aa"),
        "You merged from the right; by convention matches are found from the left.": ("a", "aa"),
        "You kept the second half of the pair: after a match, move on by two.": ("aa", "aa", "a"),
    })  # fmt: skip


@ex.check("symbols longer than one letter", hint="Compare whole symbols, not the letters of the joined word.")
def _(s, t):
    word = ("lo", "w", "l", "o", "w")
    t.eq(s.merge_pair(word, ("o", "w")), ("lo", "w", "l", "ow"), mistakes={
        "You replaced text in the joined word: the end of 'lo' is not the symbol 'o'. Compare whole symbols.": ("low", "l", "ow"),
    })  # fmt: skip
    for seed in range(5):
        for random_word in o.random_words(seed, "ab"):
            t.eq(s.merge_pair(random_word, ("a", "b")), o.merge_pair(random_word, ("a", "b")))


# -------------------------------------------------------------------------------------------------- learn_bpe
ex = exercise(
    "03.learn_bpe",
    title="Learn the merges",
    points=3,
    names=("learn_bpe",),
    mask=HIDE,
    hints=[
        "Spell every word as a tuple of its letters and '</w>', keep its count, and repeat: count, choose, merge.",
        "Two wishes at once, most frequent and then smallest, are one comparison of tuples: (-count, pair).",
        "After choosing, rebuild the dict of words with merge_pair applied to every word; then count again.",
    ],
)


@ex.check(
    "the classic four words",
    hint="Compare the first merge that differs: which pairs are most frequent then, and which of them sorts first?",
)
def _(s, t):
    t.eq(s.learn_bpe(o.CLASSIC, 7), o.learn_bpe(o.CLASSIC, 7), "the list of merges", mistakes={
        "A pair was counted once per distinct word: weigh it by the word's count.": o.learn_bpe(o.CLASSIC, 7, weighted=False),
        "Equally frequent pairs: the one that sorts FIRST wins, you took the last.": o.learn_bpe(o.CLASSIC, 7, last=True),
        "The end-of-word mark '</w>' is missing: spell every word with it.": o.learn_bpe(o.CLASSIC, 7, ending=False),
        "Equally frequent pairs: the one that SORTS first wins, you took the one that was counted first.": met_first(o.CLASSIC, 7),
        "'</w>' is one symbol: the word is (*word, '</w>'), not the letters of word + '</w>'.": o.learn_bpe({w + "</w>": n for w, n in o.CLASSIC.items()}, 7, ending=False),
        "You returned the merges together with something else: return only the list of merges.": (o.learn_bpe(o.CLASSIC, 7),),
        "You counted the pairs once and took the most frequent of them: count again after every merge.": top_pairs(o.CLASSIC, 7),
    })  # fmt: skip


def met_first(word_counts: dict[str, int], n: int) -> list[o.Pair]:
    """A mistake: ties go to the pair that was counted first, as max(counts, key=counts.get) has it."""
    words, merges = {o.spell(word): k for word, k in word_counts.items()}, []
    for _ in range(n):
        counts = o.count_pairs(words)
        merges.append(max(counts, key=lambda pair: counts[pair]))
        words = {o.merge_pair(word, merges[-1]): k for word, k in words.items()}
    return merges


def top_pairs(word_counts: dict[str, int], n: int) -> list[o.Pair]:
    """A mistake: the most frequent pairs of the first count, never counted again."""
    counts = o.count_pairs({o.spell(word): k for word, k in word_counts.items()})
    return sorted(counts, key=lambda pair: (-counts[pair], pair))[:n]


@ex.check("stops when every word is one symbol", hint="No pair left to count: return the merges learnt so far.")
def _(s, t):
    t.eq(s.learn_bpe({"ab": 3}, 11), [("a", "b"), ("ab", "</w>")], "the list of merges of {'ab': 3}")
    t.eq(s.learn_bpe({"ab": 1}, 11), [("a", "b"), ("ab", "</w>")], "the list of merges of {'ab': 1}", mistakes={
        "You stopped at pairs that occur once: go on as long as there is any pair.": [],
    })  # fmt: skip
    t.eq(s.learn_bpe({}, 5), [], "the list of merges of no words")
    t.eq(s.learn_bpe({"ab": 3}, 0), [], "the list of 0 merges")


@ex.check("random words", hint="Is the tie rule the one of the task, and is every word merged before the next count?")
def _(s, t):
    for seed in range(3):
        words = o.random_counts(seed)
        t.eq(s.learn_bpe(words, 13), o.learn_bpe(words, 13), "the list of merges")


# ------------------------------------------------------------------------------------------------- bpe_encode
ex = exercise(
    "03.bpe_encode",
    title="Encode a new word",
    points=3,
    names=("bpe_encode",),
    mask=HIDE,
    hints=[
        "Encoding replays training: of all pairs in the word that have a merge, which was learnt first?",
        "A dict from each pair to its place in `merges` answers that question fast.",
        "Repeat (pairs of the word, smallest rank, merge_pair) until no pair of the word has a rank.",
    ],
)


@ex.check("words made of learnt parts", hint="'lowest' was never seen, but 'low' and 'est</w>' were.")
def _(s, t):
    merges = o.learn_bpe(o.CLASSIC, 7)
    t.eq(s.bpe_encode("lowest", merges), ["low", "est</w>"], "the tokens of 'lowest'", mistakes={
        "The end-of-word mark is missing: spell the word with '</w>' first.": ["low", "est"],
        "Only one merge was made: repeat until no pair has a merge.": ["l", "o", "w", "es", "t", "</w>"],
    })  # fmt: skip
    t.eq(s.bpe_encode("zz", merges), ["z", "z", "</w>"], "the tokens of 'zz' (no merge applies)")


@ex.check(
    "the merge learnt first goes first",
    hint="Which pairs of the word have a merge, and which of these merges stands first in the list?",
)
def _(s, t):
    merges = [("b", "c"), ("a", "b")]
    t.eq(s.bpe_encode("abc", merges), ["a", "bc", "</w>"], "the tokens of 'abc'", mistakes={
        "Another pair than the one learnt first was merged (the leftmost? the one learnt last?): the smallest place in `merges` wins.": ["ab", "c", "</w>"],
    })  # fmt: skip


@ex.check(
    "a merge can become possible later",
    hint="`merges` may be any list: after each merge look at all pairs of the word again.",
)
def _(s, t):
    merges = [("ab", "c"), ("abc", "q"), ("b", "c"), ("a", "bc"), ("a", "b")]
    t.eq(s.bpe_encode("abcq", merges), o.encode("abcq", merges), "the tokens of 'abcq'", mistakes={
        "You went through the merges once, in order: a later merge can make an earlier one possible.": o.encode_one_pass("abcq", merges),
    })  # fmt: skip


@ex.check("random words", hint="Merge the chosen pair everywhere in the word, then choose again.")
def _(s, t):
    for seed in range(5):
        merges = o.learn_bpe(o.random_counts(seed), 13)
        for word in o.random_counts(seed + 100):
            t.eq(s.bpe_encode(word, merges), o.encode(word, merges), f"the tokens of {word!r}", mistakes={
                "You merged from left to right: the pair that was learnt first goes first.": o.encode_left_to_right(word, merges),
            })  # fmt: skip
