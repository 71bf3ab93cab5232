"""What is done on the live page has the bits of the oracle, whatever it is; without a browser."""

import contextlib
import io
import math
from typing import Any

import numpy as np
from helpers import amount
from hypothesis import example, given, settings
from hypothesis import strategies as st
from javascript_engines import Engine
from live_scripts import run

import nnfast
import nnref

POINTS = [(0.5, -0.25, 1), (-1.0, 0.75, 0), (0.1, 0.2, 1), (0.0, -0.5, 0), (0.3, 0.9, 1)]
INPUTS = [[x, y] for x, y, _ in POINTS]
TARGETS = [[0.99 if label else 0.01] for _, _, label in POINTS]
LAYERS = 2, 3, 1
LINK = "#data=points&network=2-3-1&lr=0.5&seed=3&points=" + " ".join(
    str(number) for point in POINTS for number in point
)
WEIGHTS = [(0, 0, 0), (0, 1, 2), (1, 2, 0)]

# Do each deed in turn, and say after each how things stand.
DO = """
    const asked = readLink(link);
    const session = sessionFor(asked, pointsAs("points", asked.points));
    const start = { network: session.start, text: null };
    const standing = deeds.map(([name, ...given]) => {
      if (name === "step") for (let n = 0; n < given[0]; n++) session.step();
      else session[name](...given);
      const { updates, network, curve, farthest, isPlain } = session;
      return { updates, digest: network.digest(), differ: session.differing(), curve, farthest,
        isPlain };
    });
    const page = { session, start };
    const again = readLink(linkOf(page));
    const other = sessionFor(again, pointsAs("points", again.points));
    const before = session.updates > 0 ? session.beforeLast().digest() : null;
    return { standing, script: scriptOf(page), linked: other.network.digest(), before,
      after: session.network.digest() };
"""


class Session:
    """What JavaScript's session should be, done anew from the first update each time."""

    def __init__(self) -> None:
        self.updates = 0
        self.edits: list[tuple[int, tuple[int, int, int], float]] = []
        self.own: dict[int, tuple[list[float], list[float]]] = {}
        self.farthest = 0

    def step(self, count: int) -> None:
        self.updates += count

    def goTo(self, updates: int) -> None:  # noqa: N802 (as in JavaScript)
        self.updates = updates

    def edit(self, layer: int, i: int, j: int, value: float) -> None:
        self.forget()
        place = layer, i, j
        self.edits = [edit for edit in self.edits if edit[:2] != (self.updates, place)]
        self.edits.append((self.updates, place, value))

    def learn(self, inputs: list[float], targets: list[float]) -> None:
        self.forget()
        self.own[self.updates] = inputs, targets
        self.updates += 1

    def forget(self) -> None:
        self.edits = [edit for edit in self.edits if edit[0] <= self.updates]
        self.own = {at: example for at, example in self.own.items() if at < self.updates}

    def network(self, updates: int, edited: bool = True) -> nnref.NeuralNetwork:
        network = nnref.NeuralNetwork(*LAYERS, 0.5, seed=3)
        taken = 0
        for update in range(updates + 1):
            for at, (layer, i, j), value in self.edits if edited else []:
                if at == update:
                    network.weights[layer][i][j] = value
            if update == updates:
                break
            if update in self.own:
                network.train(*self.own[update])
            else:
                network.train(INPUTS[taken % 5], TARGETS[taken % 5])
                taken += 1
        return network

    def differ(self) -> int:
        pair = (flat(self.network(self.updates, edited)) for edited in (True, False))
        return sum(mine != theirs for mine, theirs in zip(*pair, strict=True))


def flat(network: Any) -> list[bytes]:
    return [
        np.float64(weight).tobytes() for rows in network.weights for row in rows for weight in row
    ]


def judged(network: Any) -> tuple[float, float]:
    """Return the loss and the share that is right, added up as the page does it."""
    loss, right = 0.0, 0
    for inputs, (target,) in zip(INPUTS, TARGETS, strict=True):
        (output,) = network.query(inputs)
        loss += 0.5 * (target - output) * (target - output)
        right += (output > 0.5) == (target > 0.5)
    return loss / 5, right / 5


def printed_by(script: str) -> str:
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(script, {})
    return output.getvalue().strip()


EDIT = "edit", (0, 1, 2), 0.25
LEARN = "learn", [0.5, 1.0], [0.99]
number = st.floats(-2.0, 2.0)
deed = st.one_of(
    st.tuples(st.just("step"), st.integers(1, 60)),
    st.tuples(st.just("goTo"), st.integers(0, 130)),
    st.tuples(st.just("edit"), st.sampled_from(WEIGHTS), number),
    st.tuples(st.just("learn"), st.lists(number, min_size=2, max_size=2), st.just([0.99])),
)


@settings(max_examples=amount(100, quick=12))
@given(deeds=st.lists(deed, min_size=1, max_size=6))
@example(deeds=[("step", 4), LEARN, ("goTo", 4), EDIT, ("step", 3)])
@example(deeds=[("step", 3), EDIT, ("step", 2), LEARN, ("goTo", 1)])
@example(deeds=[("edit", (0, 0, 0), -0.0)])
@example(deeds=[("step", 60), LEARN, EDIT, ("step", 60), EDIT, ("goTo", 58), LEARN, ("step", 9)])
def test_whatever_is_done_the_bits_are_those_of_python(engine: Engine, deeds: list[Any]) -> None:
    deeds = [
        ["edit", *values[0], values[1]] if name == "edit" else [name, *values]
        for name, *values in deeds
    ]
    got = run(engine, DO, link=LINK, deeds=deeds)
    session = Session()
    for (name, *values), standing in zip(deeds, got["standing"], strict=True):
        getattr(session, name)(*values)
        network = session.network(session.updates)
        assert standing["updates"] == session.updates
        assert standing["digest"] == network.digest()
        assert standing["isPlain"] == (not session.edits and not session.own)
        is_edited = any(at <= session.updates for at, _, _ in session.edits)
        assert standing["differ"] == (session.differ() if is_edited else 0)
        assert standing["farthest"] >= session.updates
    for point in standing["curve"]:
        at = session.network(point["updates"])
        assert (point["loss"], point["right"]) == judged(at), point
    assert got["linked"] == got["after"] == printed_by(got["script"]) == network.digest()
    if session.updates > 0:
        assert got["before"] == session.network(session.updates - 1).digest()


# Single cases: what deeds at random do not come to.


def test_of_a_long_session_every_other_copy_is_let_go(engine: Engine) -> None:
    program = """
        const network = new NeuralNetwork(2, 2, 1, 0.5, { seed: 3 });
        const session = new Session(network, pointsAs("p", points));
        session.goTo(45000);
        const count = session.copies.length;
        const paces = new Set(session.copies.map(({ updates }) => updates % session.pace));
        session.goTo(44950);
        return { count, pace: session.pace, paces: [...paces], digest: session.network.digest() };
    """
    got = run(engine, program, points=POINTS)
    network = nnfast.NeuralNetwork(2, 2, 1, 0.5, seed=3)
    network.fit(INPUTS, TARGETS, epochs=44_950 // 5)
    assert got["digest"] == network.digest()
    assert got["pace"] == 200
    assert got["paces"] == [0]
    assert got["count"] <= 400


def test_how_far_an_edit_has_reached_is_said_after_each_epoch(engine: Engine) -> None:
    program = """
        const network = new NeuralNetwork(2, 3, 1, 0.5, { seed: 3 });
        const session = new Session(network, pointsAs("p", points));
        const said = [apartOf(session)];
        session.goTo(3);
        session.edit(0, 1, 2, neighbour(session.network.weights[0][1][2], 1));
        said.push(apartOf(session));
        for (let n = 0; n < 12; n++) session.step();
        return [...said, apartOf(session)];
    """
    session = Session()
    session.step(3)
    value = session.network(3).weights[0][1][2]
    session.edit(0, 1, 2, math.nextafter(value, math.inf))
    counts = []
    for updates in (5, 10, 15):
        session.updates = updates
        counts.append(session.differ())
    words = "of 9 weights differ from the run without your edit"
    epochs = "".join(f" · epoch {n}: {count}" for n, count in enumerate(counts, 1))
    assert run(engine, program, points=POINTS) == [
        "",
        f"1 {words}",
        f"{counts[-1]} {words}{epochs}",
    ]


def test_a_negative_zero_is_another_number_than_zero(engine: Engine) -> None:
    program = """
        const network = new NeuralNetwork(2, 3, 1, 0.5, { seed: 3 });
        network.weights[0][0][0] = 0;
        const session = new Session(network, pointsAs("p", points));
        session.edit(0, 0, 0, -0);
        return session.differing();
    """
    assert run(engine, program, points=POINTS) == 1


def test_a_link_keeps_negative_zeros(engine: Engine) -> None:
    program = """
        const network = new NeuralNetwork(2, 3, 1, 0.5, { seed: 3 });
        const session = new Session(network, pointsAs("points", points));
        session.edit(0, 0, 0, -0);
        session.learn([-0, 1], [-0]);
        const asked = readLink(linkOf({ session, start: { network, text: null } }));
        const numbers = [asked.points[0][0], asked.edits[0].value, ...asked.learned[0].slice(1)];
        return numbers.map((number) => Object.is(number, -0));
    """
    got = run(engine, program, points=[(-0.0, 1.0, 1), *POINTS])
    assert got == [True, True, True, False, True]
