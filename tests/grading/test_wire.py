"""What a kernel answers is read without trusting it: malformed answers are refused, arrays come back exactly."""

import io
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autograder.calls import Fault, Outcome
from autograder.grading import wire
from autograder.grading.wire import ProtocolError

DTYPES = ["?", *(f"{k}{n}" for k in "iu" for n in (1, 2, 4, 8)), "f2", "f4", "f8", "c8", "c16"]
arrays = st.sampled_from(DTYPES).flatmap(lambda d: hnp.arrays(d, hnp.array_shapes(min_dims=0, max_dims=5, min_side=0)))


def answer(values, token="t", seconds=0.1, changed=()):
    content, buffers = wire.pack_reply(token, Outcome(tuple(values), seconds, tuple(changed)))
    return content, buffers


def read(content, buffers, outputs=("dx", "dw"), names=("x", "w")):
    return wire.unpack_reply(content, buffers, "t", outputs, names)


@given(arrays)
def test_every_array_comes_back_exactly(array):
    got = wire.read_npy(wire.npy_bytes(array))
    assert got.dtype == array.dtype
    assert got.shape == array.shape
    assert got.tobytes() == array.tobytes()
    assert got.flags.owndata or got.base.flags.owndata


@given(st.binary(max_size=300))
def test_no_bytes_do_harm(data):
    for buffer in (data, wire.MAGIC + data, wire.npy_bytes(np.arange(3.0))[: len(data)]):
        with pytest.raises(ProtocolError):
            wire.read_npy(buffer)


@given(st.integers(0, 200), st.integers(0, 255))
def test_a_changed_byte_gives_an_array_of_the_same_size_or_a_refusal(place, value):
    data = bytearray(wire.npy_bytes(np.arange(9.0).reshape(3, 3)))
    data[place % len(data)] = value
    try:
        got = wire.read_npy(bytes(data))
    except ProtocolError:
        return
    assert got.nbytes == 72


def header(text, payload=b"", size=None):
    text = text.encode() + b"\n"
    return wire.MAGIC + (size or len(text)).to_bytes(2, "little") + text + payload


@pytest.mark.parametrize(
    "text",
    [
        "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<U2', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<M8', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '>f8', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<f8', 'fortran_order': True, 'shape': (1,), }",
        "{'descr': '<f3', 'fortran_order': False, 'shape': (1,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1 1), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'x': __import__('os'), }",
        "[" * 900,
    ],
)
def test_headers_are_matched_not_evaluated(text):
    with pytest.raises(ProtocolError):
        wire.read_npy(header(text, b"\0" * 8))


@pytest.mark.parametrize(
    "shape",
    ["0, 99999999999999999999", "1099511627776, 1099511627776", "0, " * 40 + "0", "0, 1099511627775, 1099511627775"],
)
def test_impossible_shapes_are_refused_before_anything_is_allocated(shape):
    with pytest.raises(ProtocolError):
        wire.read_npy(header(f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({shape}), }}"))


def test_a_header_longer_than_the_file_is_refused():
    with pytest.raises(ProtocolError):
        wire.read_npy(header("{'descr': '<f8', 'fortran_order': False, 'shape': (), }", b"\0" * 8, size=60000))


def test_truth_values_are_zero_or_one_whatever_bytes_come():
    data = wire.npy_bytes(np.zeros(4, bool))[:-4] + b"\x00\x01\x02\xff"
    got = wire.read_npy(data)
    assert got.view(np.uint8).tolist() == [0, 1, 1, 1]


def test_pickled_objects_are_refused():
    file = io.BytesIO()
    np.save(file, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    for data in (file.getvalue(), pickle.dumps(np.arange(3))):
        with pytest.raises(ProtocolError):
            wire.read_npy(data)


def test_arrays_and_faults_come_back_in_order_of_the_outputs():
    fault = Fault("exception", "f raised ValueError", "line 2, in f:  y = x[10]")
    outcome = read(*answer([fault, np.arange(3)], seconds=2, changed=["w", "secret"]))
    assert outcome.values[0] == fault
    np.testing.assert_array_equal(outcome.values[1], [0, 1, 2])
    assert outcome.seconds == 2
    assert outcome.changed == ("w",)


@pytest.mark.parametrize(
    "change",
    [
        {"token": "other"},
        {"token": None},
        {"values": []},
        {"values": [0]},
        {"values": [0, 1, 2]},
        {"values": [1, 0]},
        {"values": [0, 0]},
        {"values": [0, True]},
        {"values": [0, -1]},
        {"values": [0, 10**9]},
        {"values": [0, "1"]},
        {"values": [0, {"kind": "exception", "message": "m", "traceback": ""}]},
        {"values": {"0": 0, "1": 1}},
        {"values": None},
        {"seconds": math.nan},
        {"seconds": math.inf},
        {"seconds": -1},
        {"seconds": "1"},
        {"seconds": True},
        {"changed": "x"},
        {"changed": [1]},
        {"changed": None},
    ],
)
def test_an_answer_of_another_form_is_refused(change):
    content, buffers = answer([np.arange(3), np.arange(2)])
    read(content, buffers)
    with pytest.raises(ProtocolError):
        read(content | change, buffers)


@pytest.mark.parametrize("content", [None, [], "x", 5, {}])
def test_an_answer_that_is_no_answer_is_refused(content):
    with pytest.raises(ProtocolError):
        read(content, [])


@pytest.mark.parametrize("kind", ["timeout", "dead", "protocol", "passed", None, ["exception"]])
def test_a_kernel_cannot_report_what_only_the_grader_can_know(kind):
    fault = {"kind": kind, "message": "m", "traceback": ""}
    with pytest.raises(ProtocolError):
        read({"token": "t", "values": [fault, fault], "seconds": 0, "changed": []}, [])


@given(st.text(max_size=2000))
def test_texts_are_short_and_printable(text):
    fault = {"kind": "exception", "message": text, "traceback": text}
    (got,) = wire.unpack_reply(
        {"token": "t", "values": [fault], "seconds": 0, "changed": []}, [], "t", ["o"], []
    ).values
    assert len(got.message) <= 600
    assert all(c in "\n\t" or c.isprintable() or c.isspace() or ord(c) > 0x3000 for c in got.message)
    got.message.encode("utf-8")


def test_terminal_codes_are_removed_whole():
    assert wire.clean_text("\x1b[31mred\x1b[0m \x1b]0;title\x07end\x00\u202e", 100) == "red end"


def test_arguments_cross_unchanged():
    values = {"x": np.arange(4.0).reshape(2, 2), "n": 3, "p": (1, 2), "s": "same", "b": None, "e": 1e-5}
    buffers = []
    packed = wire.pack_arguments(values, buffers)
    got = wire.unpack_arguments(packed, [memoryview(b) for b in buffers])
    assert list(got) == list(values)
    np.testing.assert_array_equal(got.pop("x"), values.pop("x"))
    assert got == values
