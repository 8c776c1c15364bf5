"""Files of tokens: what is written is read, and a wrong file is refused by name."""

import numpy as np
import pytest

from llm101.train import Blocks, open_tokens, write_tokens

DOCUMENTS = [[3, 1, 4], [], [1, 5, 9, 2, 6]]
FLAT = [3, 1, 4, 0, 0, 1, 5, 9, 2, 6, 0]


@pytest.mark.parametrize(("vocab_size", "dtype"), [(11, "<u2"), (65536, "<u2"), (65537, "<u4"), (200_000, "<u4")])
def test_what_is_written_is_read(tmp_path, vocab_size, dtype):
    path = tmp_path / "t.npy"
    assert write_tokens(path, iter(DOCUMENTS), end=0, vocab_size=vocab_size) == 11
    tokens = open_tokens(path)
    assert isinstance(tokens, np.memmap)
    assert tokens.dtype == np.dtype(dtype)
    assert tokens.tolist() == FLAT
    assert np.load(path).tolist() == FLAT  # numpy's own reader
    assert list(tmp_path.iterdir()) == [path]


def test_the_largest_ids_survive(tmp_path):
    write_tokens(tmp_path / "a.npy", [[65535]], end=65534, vocab_size=65536)
    write_tokens(tmp_path / "b.npy", [[199_999]], end=65_536, vocab_size=200_000)
    assert open_tokens(tmp_path / "a.npy").tolist() == [65535, 65534]
    assert open_tokens(tmp_path / "b.npy").tolist() == [199_999, 65_536]


def test_a_bin_file_is_the_numbers_alone(tmp_path):
    np.array(FLAT, dtype="<u2").tofile(tmp_path / "t.bin")
    tokens = open_tokens(tmp_path / "t.bin", dtype="uint16")
    assert tokens.tolist() == FLAT
    assert Blocks(tokens, context=3, batch_size=1, shuffled=False)(1)[0].ids.tolist() == [[0, 0, 1]]


def test_many_tokens_fit_behind_the_same_header(tmp_path):
    n = write_tokens(tmp_path / "t.npy", ([7] * 99 for _ in range(1234)), end=0, vocab_size=8)
    assert n == 123_400 == len(open_tokens(tmp_path / "t.npy"))


@pytest.mark.parametrize(
    ("documents", "message"),
    [
        ([[1], [2, 11]], r"write_tokens: ids must be from 0 to 10; document 1 \(from 0\) has 11"),
        ([[-3]], r"write_tokens: ids must be from 0 to 10; document 0 \(from 0\) has -3"),
    ],
)
def test_an_id_that_does_not_fit_leaves_the_old_file(tmp_path, documents, message):
    path = tmp_path / "t.npy"
    write_tokens(path, [[5]], end=0, vocab_size=11)
    with pytest.raises(ValueError, match=f"^{message}"):
        write_tokens(path, documents, end=0, vocab_size=11)
    assert open_tokens(path).tolist() == [5, 0]


def test_wrong_arguments_of_writing(tmp_path):
    with pytest.raises(ValueError, match=r"^write_tokens: ending of the file must be one of .npy; got '.bin'"):
        write_tokens(tmp_path / "t.bin", DOCUMENTS, end=0, vocab_size=11)
    with pytest.raises(ValueError, match=r"^write_tokens: end must be at most 10; got 11"):
        write_tokens(tmp_path / "t.npy", DOCUMENTS, end=11, vocab_size=11)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"^open_tokens: no file .*missing.npy. Write one with"):
        open_tokens(tmp_path / "missing.npy")


def test_wrong_files_are_refused_by_name(tmp_path):
    def refused(name, message, **settings):
        with pytest.raises(ValueError, match=f"^open_tokens: {message}"):
            open_tokens(tmp_path / name, **settings)

    (tmp_path / "text.txt").write_text("hello")
    refused("text.txt", "ending of the file must be one of .npy, .bin; got '.txt'")
    (tmp_path / "odd.bin").write_bytes(b"12345")
    refused("odd.bin", r".*odd.bin must be a multiple of 2 bytes \(uint16\), above 0; it has 5", dtype="uint16")
    refused("odd.bin", "dtype of a .bin must be one of uint16, uint32; got ''")
    (tmp_path / "none.bin").write_bytes(b"")
    refused("none.bin", r".*none.bin must be a multiple of 4 bytes \(uint32\), above 0; it has 0", dtype="uint32")
    (tmp_path / "text.npy").write_text("this is no numpy file")
    refused("text.npy", ".*text.npy is no whole .npy file")
    (tmp_path / "empty.npy").write_bytes(b"")
    refused("empty.npy", ".*empty.npy is no whole .npy file")
    np.save(tmp_path / "two.npy", np.zeros((2, 3), dtype=np.uint16))
    refused("two.npy", r".*two.npy must hold one row of uint16 or uint32; it has shape \(2, 3\) of uint16")
    np.save(tmp_path / "float.npy", np.zeros(5))
    refused("float.npy", r".*float.npy must hold one row of uint16 or uint32; it has shape \(5,\) of float64")
    np.save(tmp_path / "signed.npy", np.zeros(5, dtype=np.int64))
    refused("signed.npy", r".* it has shape \(5,\) of int64")
    np.save(tmp_path / "objects.npy", np.array([{}, []], dtype=object), allow_pickle=True)
    refused("objects.npy", ".*objects.npy is no whole .npy file")
    write_tokens(tmp_path / "cut.npy", [[5] * 500], end=0, vocab_size=11)
    data = (tmp_path / "cut.npy").read_bytes()
    (tmp_path / "cut.npy").write_bytes(data[:-100])
    refused("cut.npy", ".*cut.npy is no whole .npy file")
