"""Frames arrive whole or not at all, and nobody waits for ever."""

import contextlib
import os
import struct
import threading
import time

import pytest

from llm101.check.wire import MAX_BLOB, MAX_JSON, receive, send


@pytest.fixture
def pipe():
    reading, writing = os.pipe()
    yield reading, writing
    for fd in (reading, writing):
        with contextlib.suppress(OSError):
            os.close(fd)


def soon(seconds=5.0):
    return time.monotonic() + seconds


def test_a_frame_larger_than_the_pipe(pipe):
    reading, writing = pipe
    head, blobs = {"a": "é" * 70_001}, [b"x" * 300_007, b"", b"yz"]
    thread = threading.Thread(target=send, args=(writing, head, blobs), kwargs={"deadline": soon()})
    thread.start()
    assert receive(reading, deadline=soon()) == (head, b"".join(blobs))
    thread.join()


def test_frames_keep_their_borders(pipe):
    reading, writing = pipe
    for n in range(3):
        send(writing, {"n": n}, [bytes([n])])
    assert [receive(reading) for _ in range(3)] == [({"n": n}, bytes([n])) for n in range(3)]


def test_silence_has_a_deadline(pipe):
    started = time.monotonic()
    with pytest.raises(TimeoutError, match="no answer in time"):
        receive(pipe[0], deadline=soon(0.2))
    assert 0.15 < time.monotonic() - started < 3


def test_half_a_frame_has_a_deadline(pipe):
    os.write(pipe[1], struct.pack("<II", 100, 0) + b"half")
    with pytest.raises(TimeoutError, match="no answer in time"):
        receive(pipe[0], deadline=soon(0.2))


def test_a_reader_that_does_not_read_has_a_deadline(pipe):
    with pytest.raises(TimeoutError, match="stopped listening"):
        send(pipe[1], {}, [b"x" * (1 << 20)], deadline=soon(0.2))


def test_the_end_is_noticed(pipe):
    os.write(pipe[1], struct.pack("<II", 100, 0) + b"half")
    os.close(pipe[1])
    with pytest.raises(EOFError, match="process ended"):
        receive(pipe[0], deadline=soon())


@pytest.mark.parametrize("sizes", [(MAX_JSON + 1, 0), (0, MAX_BLOB + 1), (2**32 - 1, 2**32 - 1)])
def test_sizes_are_checked_before_memory_is_taken(pipe, sizes):
    os.write(pipe[1], struct.pack("<II", *sizes))
    with pytest.raises(ValueError, match=f"{sizes[0]:,} \\+ {sizes[1]:,} bytes is too large"):
        receive(pipe[0], deadline=soon())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"[1]", "expected a JSON object; got list"),
        (b"{", "Expecting"),
        (b"[" * 100_000, "nested too deeply|Expecting|too deep"),
    ],
)
def test_only_a_json_object_is_a_head(pipe, text, message):
    thread = threading.Thread(target=os.write, args=(pipe[1], struct.pack("<II", len(text), 0) + text))
    thread.start()
    with pytest.raises(ValueError, match=message):
        receive(pipe[0], deadline=soon())
    os.close(pipe[0])
    thread.join()
