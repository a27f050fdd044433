"""Of what a kernel sends as output, the grader's client passes on nothing that nbclient or a notebook trips over."""

import asyncio
import json
from queue import Empty

import pytest
import zmq.asyncio
from hypothesis import given, settings
from hypothesis import strategies as st
from jupyter_client.session import Session
from nbclient.client import NotebookClient
from nbclient.exceptions import CellExecutionComplete
from nbformat import v4, validate

from autograder.grading import wire
from autograder.grading.kernel_client import IOPUB, SHELL, GuardedChannel, GuardedOutput

KERNEL = Session(key=b"shared with the kernel, so no secret")
REQUEST = KERNEL.msg("execute_request")

GOOD = {
    "status": {"execution_state": "busy"},
    "stream": {"name": "stderr", "text": "a warning\n"},
    "display_data": {
        "data": {"text/plain": "1", "image/png": "iVBO"},
        "metadata": {"a": 1},
        "transient": {"display_id": "d"},
    },
    "execute_result": {"data": {"text/plain": "1"}, "metadata": {}, "execution_count": 3},
    "execute_input": {"code": "x", "execution_count": 3},
    "error": {"ename": "ValueError", "evalue": "x", "traceback": ["line 1", "line 2"]},
    "clear_output": {"wait": True},
}


@pytest.fixture(scope="module")
def socket():
    """A socket that every channel of these tests may hold; nothing is sent."""
    with zmq.asyncio.Context() as context, context.socket(zmq.SUB) as socket:
        yield socket


def channel(socket, kind=GuardedOutput):
    return kind(socket, Session(key=KERNEL.key))


def frames(kind, content, parent=REQUEST, session=KERNEL):
    return session.serialize(session.msg(kind, content, parent))


def test_every_kind_of_output_passes(socket):
    assert set(GOOD) == set(IOPUB)
    for kind, content in GOOD.items():
        message = channel(socket).accept(frames(kind, content))
        assert message["msg_type"] == message["header"]["msg_type"] == kind
        assert message["parent_header"] == {"msg_id": REQUEST["msg_id"]}
        assert all(content[key] == value for key, value in message["content"].items() if key != "metadata")


def test_a_later_cell_cannot_change_an_earlier_ones_output(socket):
    assert "transient" not in channel(socket).accept(frames("display_data", GOOD["display_data"]))["content"]
    assert channel(socket).accept(frames("update_display_data", GOOD["display_data"])) is None


@pytest.mark.parametrize(
    "kind", ["comm_open", "comm_msg", "comm_close", "input_request", "debug_event", "execute_reply", "x"]
)
def test_kinds_that_are_not_wanted_are_dropped(socket, kind):
    content = {"data": {"state": {}}, "comm_id": "c", "target_name": "jupyter.widget", "status": "ok"}
    assert channel(socket).accept(frames(kind, content)) is None


def test_replies_pass_on_the_shell_channel_and_only_there(socket):
    assert set(SHELL) == {"execute_reply", "kernel_info_reply", wire.REPLY}
    reply = frames("execute_reply", {"status": "ok", "execution_count": 2, "payload": [{"source": "set_next_input"}]})
    message = channel(socket, GuardedChannel).accept(reply)
    assert message["content"] == {"status": "ok", "execution_count": 2, "payload": [], "user_expressions": {}}
    assert channel(socket, GuardedChannel).accept(frames("stream", GOOD["stream"])) is None


def test_messages_that_are_not_signed_right_are_dropped(socket):
    other = Session(key=b"other")
    assert channel(socket).accept(frames("stream", GOOD["stream"], session=other)) is None
    good = frames("stream", GOOD["stream"])
    assert channel(socket).accept([good[0], b"", *good[2:]]) is None


@given(st.lists(st.binary(max_size=40), max_size=9))
def test_frames_of_junk_are_dropped(socket, junk):
    for parts in (junk, [b"<IDS|MSG>", *junk]):
        assert channel(socket).accept(parts) is None


def signed(*parts):
    parts = [part if isinstance(part, bytes) else json.dumps(part).encode() for part in parts]
    return [b"<IDS|MSG>", KERNEL.sign(parts), *parts]


HEADER = {"msg_id": "1", "msg_type": "stream", "session": "s", "username": "u", "version": "5.4"}
PARENT = {"msg_id": REQUEST["msg_id"]}


@pytest.mark.parametrize(
    "parts",
    [
        ([], PARENT, {}, {}),
        (HEADER | {"msg_type": ["stream"]}, PARENT, {}, GOOD["stream"]),
        (HEADER | {"msg_type": {}}, PARENT, {}, GOOD["stream"]),
        (HEADER | {"msg_id": 5}, PARENT, {}, GOOD["stream"]),
        (HEADER | {"date": "9999-99-99T99:99:99Z"}, PARENT, {}, {}),
        (HEADER, [], {}, GOOD["stream"]),
        (HEADER, {"msg_id": {}}, {}, GOOD["stream"]),
        (HEADER, PARENT, {}, b"[" * 100_000),
        (HEADER, PARENT, {}, b"NaN"),
        (HEADER, PARENT, {}, b'{"name": "stdout", "text": "' + b"x" * (9 << 20) + b'"}'),
        (HEADER | {"msg_type": "clear_output"}, PARENT, {}, []),
        (HEADER | {"version": "0"}, PARENT, {}, {}),
    ],
)
def test_malformed_messages_are_dropped(socket, parts):
    assert channel(socket).accept(signed(HEADER, PARENT, {}, GOOD["stream"]))
    assert channel(socket).accept(signed(*parts)) is None


leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10)
keys = st.sampled_from([*{key for content in GOOD.values() for key in content}, "text/plain", "display_id", "state"])
anything = st.recursive(leaves, lambda c: st.lists(c, max_size=3) | st.dictionaries(keys, c, max_size=5), max_leaves=12)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(sorted(IOPUB)), anything, st.dictionaries(keys, anything))
def test_nbclient_and_the_notebook_format_take_whatever_passes(socket, kind, content, changes):
    notebook = v4.new_notebook(cells=[v4.new_code_cell("x", metadata={"execution": {}})])
    client = NotebookClient(notebook)
    client.clear_before_next_output = False
    for sent in (content, GOOD[kind] | changes):
        message = channel(socket).accept(signed(HEADER | {"msg_type": kind}, PARENT, {}, sent))
        if message is not None:
            try:
                client.process_message(message, notebook.cells[0], 0)
            except CellExecutionComplete:
                assert message["content"] == {"execution_state": "idle"}
    validate(notebook)


def test_a_lone_surrogate_can_be_written_to_a_file(socket):
    message = channel(socket).accept(signed(HEADER, PARENT, {}, b'{"name": "stdout", "text": "\\ud800"}'))
    assert message["content"]["text"].encode("utf-8") == b"?"


def test_output_beyond_the_limit_is_cut_once_and_the_end_of_the_cell_still_comes(socket):
    output = channel(socket)
    output.most = 2000
    texts = []
    for _ in range(20):
        message = output.accept(frames("stream", {"name": "stdout", "text": "x" * 300}))
        texts += [message["content"]["text"]] if message else []
    assert "".join(texts).count("Cut off") == 1
    assert len("".join(texts)) < 2100
    assert output.accept(frames("display_data", GOOD["display_data"])) is None
    assert output.accept(frames("status", {"execution_state": "idle"}))["content"] == {"execution_state": "idle"}
    other = KERNEL.msg("execute_request")
    assert output.accept(frames("stream", GOOD["stream"], parent=other))["content"] == GOOD["stream"]


def test_a_display_beyond_the_limit_becomes_a_note(socket):
    output = channel(socket)
    output.most = 2000
    message = output.accept(frames("display_data", {"data": {"text/html": "y" * 5000}, "metadata": {}}))
    assert message["msg_type"] == message["header"]["msg_type"] == "stream"
    assert "yy" not in message["content"]["text"]


class Flood:
    """A socket that always has one more message."""

    def __init__(self, parts):
        self.parts, self.taken = parts, 0

    async def poll(self, timeout):
        return True

    async def recv_multipart(self):
        self.taken += 1
        if self.taken > 200_000:
            raise AssertionError("nothing else got a turn")
        return self.parts


@pytest.mark.parametrize("timeout", [None, 0.2])
def test_a_flood_of_junk_lets_other_tasks_and_time_limits_have_their_turn(socket, timeout):
    flooded = channel(socket)
    flooded.socket = Flood([b"junk"])
    waiting = flooded.get_msg(timeout) if timeout else asyncio.wait_for(flooded.get_msg(), 0.2)
    with pytest.raises((Empty, TimeoutError)):
        asyncio.run(waiting)


def test_draining_a_flood_comes_to_an_end(socket):
    flooded = channel(socket)
    flooded.socket = Flood([b"junk"])
    asyncio.run(flooded.drain())
    assert flooded.socket.taken > 0
