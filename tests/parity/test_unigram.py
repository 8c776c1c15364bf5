"""Unigram against `sentencepiece` and `tokenizers`: the same vocabulary must give the same pieces."""

import inspect

import pytest
import sentencepiece
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

from llm101.tokenizers import lattice, unigram, unigram_em
from llm101.tokenizers.unigram import WHOLE, Unigram

PROSE = [
    line
    for module in (unigram, unigram_em, lattice)
    for line in inspect.getsource(module).replace("▁", "_").replace("<", "(").splitlines()
    if line
]
CORPUS = [*PROSE, "我是一个人类，我喜欢水果。", "你喜欢什么水果？", "naïve café résumé 3.14 2024 🙂"] * 2
LETTERS = "".join(sorted({char for line in CORPUS for char in line} - {"▁"}))

# Not ▁: there it is a space; not NUL: there it ends a string; not `<`: there `<s>` and `<0x41>` are always special.
texts = (
    st.text(LETTERS)
    | st.lists(st.sampled_from([word for line in CORPUS for word in line.split(" ")]), max_size=13).map(" ".join)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="▁\0<"))
)


def train(folder, **options):
    """A SentencePiece model without normalisation, and our reading of its pieces and scores."""
    (folder / "corpus.txt").write_text("\n".join(CORPUS), encoding="utf-8")
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "corpus.txt"),
        model_prefix=str(folder / "model"),
        model_type="unigram",
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        minloglevel=2,
        **options,
    )
    theirs = sentencepiece.SentencePieceProcessor(model_file=str(folder / "model.model"))
    pieces = [(theirs.id_to_piece(n), theirs.get_score(n)) for n in range(theirs.get_piece_size())]
    return theirs, Unigram(pieces, byte_fallback=options.get("byte_fallback", False))


OPTIONS = {
    "bytes": {"vocab_size": 900, "byte_fallback": True, "character_coverage": 0.98},
    "unknown": {"vocab_size": 500, "character_coverage": 0.98},
    "crossing": {"vocab_size": 700, "split_by_whitespace": False},
}


@pytest.fixture(scope="module", params=OPTIONS)
def pair(request, tmp_path_factory):
    return train(tmp_path_factory.mktemp(request.param), **OPTIONS[request.param])


def equally_good(ours, ids, other_ids):
    """They add in float32, so that of two cuts with the same score they may take the other one."""
    score = dict(enumerate(score for _, score in ours.pieces))
    return abs(sum(score[i] for i in ids) - sum(score[i] for i in other_ids)) < 1e-4


def test_the_best_cut_is_sentencepieces(pair):
    theirs, ours = pair
    ties = 0

    @given(texts)
    @settings(max_examples=400, derandomize=True, deadline=None)
    def same(text):
        nonlocal ties
        ids, other_ids = ours.encode(text), theirs.encode(text)
        if ids != other_ids:
            assert equally_good(ours, ids, other_ids), (ours.tokens(text), theirs.encode(text, out_type=str))
            ties += 1

    same()
    assert ties < 9
    for line in CORPUS:
        assert equally_good(ours, ours.encode(line), theirs.encode(line))


def test_decoding_is_sentencepieces(pair):
    theirs, ours = pair

    @given(texts)
    @settings(derandomize=True, deadline=None)
    def same(text):
        ids = [i for i in ours.encode(text) if i != 0]  # unknown is ` ⁇ ` there
        assert ours.decode(ids) == theirs.decode(ids)

    same()


def test_the_n_best_cuts_are_sentencepieces(pair):
    theirs, ours = pair
    for line in ["it was", "the best", "a 3.14 水果", "lattice.forward(x)"]:
        found = ours.n_best(line, 7)
        others = theirs.nbest_encode(line, nbest_size=7)
        score_of = {tuple(ids): score for ids, score in ours.n_best(line, 50)}
        assert [score_of[tuple(ids)] for ids in others] == pytest.approx([score for _, score in found], abs=1e-4)


def test_sampling_at_alpha_one_follows_sentencepieces_frequencies(tmp_path):
    """Their forward-filtering sampler and ours draw the same cuts equally often."""
    import random
    from collections import Counter

    theirs, ours = train(tmp_path, vocab_size=500)
    rng, n = random.Random(0), 3_000
    mine = Counter(tuple(ours.sample("the best", rng=rng, alpha=0.3)) for _ in range(n))
    drawn = Counter(tuple(theirs.encode("the best", enable_sampling=True, alpha=0.3, nbest_size=-1)) for _ in range(n))
    for ids, count in mine.most_common(5):
        assert abs(count - drawn[ids]) < 5 * (2 * n * 0.25) ** 0.5


def hugging_face(pieces, *, byte_fallback):
    made = Tokenizer(models.Unigram(pieces, 0, byte_fallback))
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=False)
    return made


@pytest.mark.parametrize("byte_fallback", [True, False])
def test_the_same_pieces_give_the_same_ids_in_tokenizers(byte_fallback, tmp_path):
    trained = Unigram.train(CORPUS, 900, byte_fallback=byte_fallback, character_coverage=0.98)
    made = hugging_face(trained.pieces, byte_fallback=byte_fallback)
    made.add_special_tokens(["<unk>", "<s>", "</s>"])
    made.save(str(tmp_path / "tokenizer.json"))
    ours = Unigram.from_tokenizers(tmp_path / "tokenizer.json")
    exported = trained.to_tokenizers()
    ties = 0

    @given(texts)
    @settings(max_examples=300, derandomize=True, deadline=None)
    def same(text):
        nonlocal ties
        ids = trained.encode(text)
        assert equally_good(trained, exported.encode(text).ids, ids)
        ties += exported.encode(text).ids != ids
        if not text.startswith(" "):
            assert equally_good(ours, made.encode(text).ids, ours.encode(text))
        if byte_fallback:
            assert exported.decode(ids) == text

    same()
    assert ties < 3


def test_the_exported_file_is_read_back(tmp_path):
    trained = Unigram.train(CORPUS, 900)
    trained.to_tokenizers().save(str(tmp_path / "tokenizer.json"))
    again = Unigram.from_tokenizers(tmp_path / "tokenizer.json")
    assert again.pieces == trained.pieces
    assert again.special_tokens == trained.special_tokens
    assert again.byte_fallback
    assert again.pattern == trained.pattern
    text = "\n".join(CORPUS)
    assert again.encode(text) == trained.encode(text)


def test_a_tokenizer_json_in_llamas_layout(tmp_path):
    trained = Unigram.train(["\n".join(CORPUS)], 900)
    made = Tokenizer(models.Unigram(trained.pieces, 0, True))
    made.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    made.save(str(tmp_path / "tokenizer.json"))
    ours = Unigram.from_tokenizers(tmp_path / "tokenizer.json")
    assert ours.pattern == WHOLE  # line breaks were followed by spaces
    for line in ["\n".join(CORPUS), " a  b", "我们喜欢 水果"]:
        assert equally_good(ours, ours.encode(line), made.encode(line).ids)


def test_a_tokenizer_trained_by_tokenizers(tmp_path):
    from tokenizers import trainers

    made = Tokenizer(models.Unigram())
    made.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    made.train_from_iterator(
        CORPUS,
        trainers.UnigramTrainer(
            vocab_size=400, unk_token="<unk>", special_tokens=["<unk>", "<pad>"], show_progress=False
        ),
    )
    made.save(str(tmp_path / "tokenizer.json"))
    ours = Unigram.from_tokenizers(tmp_path / "tokenizer.json")
    assert list(ours.special_tokens) == ["<unk>", "<pad>"]
    for line in PROSE:
        if not line.startswith(" ") and "▁" not in line:
            assert equally_good(ours, ours.encode(line), made.encode(line).ids)


def test_another_normalisation_is_refused(tmp_path):
    made = hugging_face([("<unk>", 0.0), ("a", -1.0)], byte_fallback=False)
    made.normalizer = normalizers.NFKC()
    made.save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(ValueError, match=r"got \['NFKC', 'Metaspace'\], which is not supported here"):
        Unigram.from_tokenizers(tmp_path / "tokenizer.json")
