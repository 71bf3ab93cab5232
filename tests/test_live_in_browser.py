"""The live page in a real browser, by mouse, touch and keyboard; the numbers are Python's bits.

Only where NNFAST_JAVASCRIPT names chromium, as `.ci/browser` does.
"""

import contextlib
import io
import json
import math
import re
import struct
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from chromium import chromium, faults_in
from drawn_digits import DIGITS
from javascript_engines import CHOSEN
from test_digest import STATED

import nnfast
from nnfast.datasets import digits
from nnfast.exchange import load_json
from nnfast.live import network_script, page
from nnfast.live.pages import START, joined
from nnref.explanation.markup import MINUS, TIMES

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext
    from playwright.sync_api import Page as Tab

pytestmark = pytest.mark.skipif(
    "chromium" not in CHOSEN, reason="a browser is only looked for by .ci/browser"
)

SIZES = {
    "laptop": (1280, 720),
    "projector": (1920, 1080),
    "phone": (390, 844),
    **{f"cell of {width}": (width, 760) for width in (480, 600, 760, 900)},
}
# All names of all classes of the browser.
NAMES = """() => {
    const classes = Object.getOwnPropertyNames(globalThis).filter((name) => /^[A-Z]/.test(name));
    return classes.flatMap((name) =>
        [globalThis[name], globalThis[name].prototype ?? {}].flatMap(Object.getOwnPropertyNames));
}"""
CIRCLE = "#data=circle&network=2-8-1&lr=0.3&seed=1&activation=tanh&hidden_error=gradient&bias=true"


@pytest.fixture(scope="module")
def browser() -> "Browser":
    return chromium()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("live") / "live.html"
    page().save(path)
    return path


Open = Callable[..., "Tab"]


@pytest.fixture
def open_page(browser: "Browser", file: Path) -> Iterator[Open]:
    """Open the page; whatever it is told off for fails the test."""
    contexts: list[tuple[BrowserContext, list[str]]] = []

    def open_page(
        hash_: str = "",
        path: Path = file,
        size: str = "laptop",
        clock: bool = False,
        **more: Any,
    ) -> "Tab":
        width, height = SIZES[size]
        context = browser.new_context(viewport={"width": width, "height": height}, **more)
        contexts.append((context, faults_in(context, path.as_uri())))
        if clock:  # one that the test turns, frame by frame
            context.clock.install()
            context.clock.pause_at(1e9)
        tab = context.new_page()
        tab.goto(path.as_uri() + hash_)
        return tab

    yield open_page
    for context, faults in contexts:
        context.close()
        assert not faults


def digest_of(tab: "Tab") -> str:
    return tab.locator("#digest").get_attribute("title") or ""


def updates_of(tab: "Tab") -> int:
    return int((tab.locator("#updates").text_content() or "").replace(",", ""))


def press(tab: "Tab", name: str, times: int) -> None:
    """Click a button so often, without waiting for frames in between."""
    clicks = """([name, times]) => {
        for (let n = 0; n < times; n++) document.getElementById(name).click();
    }"""
    tab.evaluate(clicks, [name, times])


def frames(tab: "Tab", count: int) -> None:
    """Turn the clock of a page that was opened with one."""
    tab.clock.run_for(16 * count)


def go_to(tab: "Tab", updates: int) -> None:
    """Move the handle of the curve, and farther than it reaches."""
    moving = """(range, updates) => {
        range.max = updates;
        range.value = updates;
        range.dispatchEvent(new Event("input"));
    }"""
    tab.locator("#scrubber").evaluate(moving, updates)


def wait_for_updates(tab: "Tab", count: int) -> None:
    words = "count => document.getElementById('updates').textContent.replaceAll(',', '') > count"
    tab.wait_for_function(words, arg=count)


def style_of(tab: "Tab", selector: str, name: str) -> str:
    reading = "(one, name) => getComputedStyle(one)[name]"
    return str(tab.locator(selector).first.evaluate(reading, name))


def trained(count: int, **options: Any) -> nnfast.NeuralNetwork:
    data = digits()
    network = nnfast.NeuralNetwork(64, 30, 10, 0.1, seed=1, **options)
    for n in range(count):
        place = n % len(data.train_inputs)
        network.train(data.train_inputs[place], data.train_targets[place])
    return network


def printed_by(script: str) -> str:
    """Run the page's script; return what it prints."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        exec(script, {})
    return output.getvalue().strip()


def script_of(tab: "Tab") -> str:
    return tab.locator("#script").text_content() or ""


def draw(tab: "Tab", digit: int, by_touch: bool = False) -> None:
    """Draw a digit onto the pad, with the mouse or with a finger."""
    box = tab.locator("#pad").bounding_box()
    assert box
    for line in DIGITS[digit]:
        points = [
            (
                box["x"] + box["width"] * (0.2 + 0.7 * x / 100),
                box["y"] + box["height"] * (0.1 + 0.8 * y / 100),
            )
            for x, y in line
        ]
        if by_touch:
            touch(tab, points)
            continue
        tab.mouse.move(*points[0])
        tab.mouse.down()
        for point in points[1:]:
            tab.mouse.move(*point, steps=2)
        tab.mouse.up()


def touch(tab: "Tab", points: list[tuple[float, float]]) -> None:
    session = tab.context.new_cdp_session(tab)

    def send(kind: str, *places: tuple[float, float]) -> None:
        touches = [{"x": x, "y": y} for x, y in places]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    send("touchStart", points[0])
    for (x, y), (to_x, to_y) in pairwise(points):
        for part in (0.5, 1.0):
            send("touchMove", (x + part * (to_x - x), y + part * (to_y - y)))
    send("touchEnd")
    session.detach()


def numbers_of(tab: "Tab", selector: str) -> list[float]:
    """Return numbers of which the page has all digits."""
    texts = tab.eval_on_selector_all(selector, "all => all.map(one => one.title)")
    return [float(text) for text in texts]


def bits(numbers: Any) -> bytes:
    return struct.pack(f"<{len(numbers)}d", *numbers)


# Training.


def test_an_epoch_has_the_stated_digest(open_page: Open) -> None:
    tab = open_page()
    go_to(tab, 1437)
    assert updates_of(tab) == 1437
    assert digest_of(tab) == STATED
    assert STATED.startswith(tab.locator("#digest").text_content() or "-")


def test_back_and_forward_are_exact(open_page: Open) -> None:
    tab = open_page()
    stepping = """count => Array.from({length: count}, () => {
        document.getElementById("step").click();
        return document.getElementById("digest").title;
    })"""
    seen = [digest_of(tab), *tab.evaluate(stepping, 120)]
    assert seen[100] == trained(100).digest()
    press(tab, "back", 57)
    assert (updates_of(tab), digest_of(tab)) == (63, seen[63])
    press(tab, "step", 57)
    assert digest_of(tab) == seen[120]
    press(tab, "back", 120)
    assert digest_of(tab) == seen[0]
    press(tab, "back", 1)
    assert updates_of(tab) == 0


def test_play_trains_as_python_does(open_page: Open) -> None:
    tab = open_page()
    tab.click("#play")
    wait_for_updates(tab, 300)
    tab.click("#play")
    count = updates_of(tab)
    assert digest_of(tab) == trained(count).digest()
    assert "Python" in (tab.locator("#proof").text_content() or "")
    assert "✓" in (tab.locator("#proof").text_content() or "")


def test_a_wrong_digest_is_noticed(open_page: Open, file: Path, tmp_path: Path) -> None:
    right = trained(100).digest()[:12]
    text = file.read_text(encoding="utf-8")
    assert text.count(right) == 1
    wrong = tmp_path / "wrong.html"
    wrong.write_text(text.replace(right, "0" * 12), encoding="utf-8")
    tab = open_page(path=wrong)
    press(tab, "step", 100)
    assert "parts from Python" in (tab.locator("#proof").text_content() or "")


def test_how_long_an_update_takes_here_and_there(open_page: Open) -> None:
    tab = open_page()
    tab.click("#play")
    wait_for_updates(tab, 500)
    tab.keyboard.press("Escape")
    tab.click("#python")
    said = tab.locator("#times").inner_text()
    assert all(name in said for name in ("nnref", "nnfast", "this browser"))


def test_the_script_on_the_page_names_itself_and_its_network(open_page: Open) -> None:
    tab = open_page()
    assert tab.evaluate("nnfast.network.digest()") == digest_of(tab)
    assert tab.evaluate("nnfast.NeuralNetwork === NeuralNetwork")
    assert tab.evaluate("Object.keys(nnfast)") == ["NeuralNetwork", "network"]


def test_no_method_is_called_that_exists_nowhere(open_page: Open) -> None:
    script = joined(START)
    called = set(re.findall(r"(?<!\.)\.(\w+)\(", script.removeprefix(network_script())))
    methods = re.findall(r"^ +(?:static |async )*(\w+)\(.*\{$", script, re.MULTILINE)
    properties = re.findall(r"(\w+)(?: =|:) ", script)
    ours = {*methods, *properties}
    theirs = open_page().evaluate(NAMES)
    assert called - ours - set(theirs) == set()
    assert "showTraining" in called & set(methods)


# One update, taken apart.


@pytest.mark.parametrize(
    ("phase", "known"),
    [
        ("ask", "hidden_outputs[3] = sigmoid("),
        ("errors", "output_errors[0] = targets[0]"),
        (
            "back",
            f"hidden_errors[3] = sum over k of weights_hidden_output[3][k] {TIMES} output_err",
        ),
        ("deltas", "hidden_deltas[3]"),
        ("steps", f"hidden_steps[3] = lr {TIMES} hidden_deltas[3]"),
        ("moved", "new_weights_input_hidden[20][3] = weights_input_hidden[20][3]"),
    ],
)
def test_each_phase_has_its_formula(open_page: Open, phase: str, known: str) -> None:
    tab = open_page()
    press(tab, "step", 1)
    tab.get_by_role("button", name=phase, exact=True).click()
    assert known in (tab.locator(".formula").text_content() or "")


def test_only_what_is_known_by_then_is_shown(open_page: Open) -> None:
    tab = open_page(reduced_motion="reduce")
    press(tab, "step", 1)
    errors = tab.locator(".neuron .error")
    for phase, count in (("1", 0), ("2", 0), ("3", 30)):
        tab.keyboard.press(phase)
        assert errors.locator("visible=true").count() == count
    outputs = tab.locator(".output .error")
    for phase, count in (("1", 0), ("2", 10)):
        tab.keyboard.press(phase)
        assert outputs.locator("visible=true").count() == count


@pytest.mark.parametrize(("phase", "name"), [(3, "errors"), (4, "deltas"), (5, "steps")])
@pytest.mark.parametrize("rule", ["split", "gradient"])
def test_phases_put_their_numbers_on_all_neurons(
    open_page: Open, phase: int, name: str, rule: str
) -> None:
    tab = open_page(f"#hidden_error={rule}", reduced_motion="reduce")
    press(tab, "step", 1)
    tab.keyboard.press(str(phase))
    data = digits()
    step = trained(0, hidden_error=rule).explain(data.train_inputs[0], data.train_targets[0])
    sent = "deltas" if rule == "gradient" and name == "errors" else name
    for selector, key in ((".neuron", f"hidden_{name}"), (".output", f"output_{sent}")):
        shown = tab.locator(f"{selector} .error").all_inner_texts()
        assert [signed(text) for text in shown] == [rounded(number) for number in step[key]]


def signed(text: str) -> float:
    arrow, size = text.split()
    return float(size.replace(MINUS, "-")) * {"▲": 1, "▼": -1}[arrow]


def rounded(number: float) -> float:
    return float(f"{number:.2f}" if abs(number) >= 0.005 else f"{number:.0e}")


def test_a_question_lights_the_weights_where_there_is_ink(open_page: Open) -> None:
    tab = open_page(reduced_motion="reduce")
    press(tab, "step", 1)
    tab.keyboard.press("1")
    data = digits()
    flows = data.train_inputs[0][:, None] * trained(0).weights[0]
    for j in (0, 13, 29):
        assert_coloured(tab, f".neuron:nth-child({j + 1}) canvas", flows[:, j], abs(flows).max())


def assert_coloured(tab: "Tab", selector: str, values: Any, largest: float) -> None:
    """The pixels of a canvas go from the ground to the colour of the sign."""
    pixels = tab.locator(selector).evaluate(f"one => ({PIXELS})(one)")
    assert_mixed(tab, pixels, enumerate(values), largest)


def assert_mixed(
    tab: "Tab", pixels: list[int], values: Iterable[tuple[int, float]], largest: float
) -> None:
    reading = """["--cell", "--plus", "--minus"].map((name) =>
        getComputedStyle(document.documentElement).getPropertyValue(name).trim())"""
    ground, plus, minus = (
        [int(text[at : at + 2], 16) for at in (1, 3, 5)] for text in tab.evaluate(reading)
    )
    for at, value in values:
        share = min(1.0, abs(value) / largest)
        full = plus if value >= 0 else minus
        wanted = [low + (high - low) * share for low, high in zip(ground, full, strict=True)]
        assert pixels[4 * at : 4 * at + 3] == pytest.approx(wanted, abs=1)


# By way of another canvas, since a browser complains of one that is read often.
PIXELS = """(one) => {
    const {width, height} = one;
    const context = Object.assign(document.createElement("canvas"), {width, height})
        .getContext("2d", {willReadFrequently: true});
    context.drawImage(one, 0, 0);
    return Array.from(context.getImageData(0, 0, width, height).data);
}"""


def test_why_a_weight_rose(open_page: Open) -> None:
    tab = open_page()
    press(tab, "step", 1)
    before = trained(0)
    data = digits()
    step = before.explain(data.train_inputs[0], data.train_targets[0])
    change = step["weight_changes_input_hidden"][20][3]
    assert numbers_of(tab, ".change .number") == [
        change,
        before.weights[0][20][3],
        trained(1).weights[0][20][3],
    ]
    story = tab.locator(".story").text_content() or ""
    assert "weights_input_hidden[20][3] " + ("rises" if change > 0 else "falls") in story
    assert "its target is" in story
    both = numbers_of(tab, ".rules .number")
    other = trained(0, hidden_error="gradient").explain(data.train_inputs[0], data.train_targets[0])
    assert both == [change, other["weight_changes_input_hidden"][20][3]]


# Drawing.


@pytest.mark.parametrize("by_touch", [False, True], ids=["mouse", "touch"])
def test_drawn_digits_get_the_answers_of_query(open_page: Open, by_touch: bool) -> None:
    tab = open_page(has_touch=by_touch)
    go_to(tab, 200)
    network = trained(200)
    for digit in DIGITS:
        tab.click("#clear")
        draw(tab, digit, by_touch)
        inputs = numbers_of(tab, ".cell")
        assert max(inputs) > 0.5
        assert bits(numbers_of(tab, ".output .value")) == bits(network.query(inputs))


def test_a_trained_network_reads_what_is_drawn(open_page: Open) -> None:
    tab = open_page("#updates=14370")
    right = 0
    for digit in DIGITS:
        tab.click("#clear")
        draw(tab, digit)
        right += f"reads a {digit}," in (tab.locator("#answer").text_content() or "")
    assert right >= 8


def test_a_drawn_digit_can_be_learnt(open_page: Open) -> None:
    tab = open_page()
    press(tab, "step", 5)
    draw(tab, 4)
    inputs = numbers_of(tab, ".cell")
    tab.select_option("#target", "7")
    tab.click("#learn")
    network = trained(5)
    targets = [0.01] * 10
    targets[7] = 0.99
    network.train(inputs, targets)
    assert digest_of(tab) == network.digest() == printed_by(script_of(tab))


def test_nothing_is_unlike_what_it_was_trained_on_without_being_said(open_page: Open) -> None:
    tab = open_page()
    go_to(tab, 300)
    tab.click("#clear")
    assert tab.locator(".warning").text_content() != ""


# Editing, and the script.


def test_an_edit_by_one_ulp(open_page: Open) -> None:
    tab = open_page()
    press(tab, "step", 3)
    tab.get_by_role("button", name="+1 ulp").click()
    press(tab, "step", 40)
    network = trained(3)
    network.weights[0][20][3] = math.nextafter(network.weights[0][20][3], math.inf)
    data = digits()
    for n in range(3, 43):
        network.train(data.train_inputs[n], data.train_targets[n])
    assert digest_of(tab) == network.digest() == printed_by(script_of(tab))
    differ = sum(
        int((mine != theirs).sum())
        for mine, theirs in zip(network.weights, trained(43).weights, strict=True)
    )
    assert (tab.locator("#apart").text_content() or "").startswith(f"{differ:,} of 2,220 weights")


def test_edits_come_back_with_their_place(open_page: Open) -> None:
    tab = open_page()
    press(tab, "step", 10)
    tab.fill("#weight", "0.25")
    tab.press("#weight", "Enter")
    press(tab, "step", 10)
    after = digest_of(tab)
    press(tab, "back", 15)
    assert digest_of(tab) == trained(5).digest()
    press(tab, "step", 15)
    assert digest_of(tab) == after == printed_by(script_of(tab))


def test_a_weight_that_is_no_number(open_page: Open) -> None:
    tab = open_page()
    before = digest_of(tab)
    tab.fill("#weight", "much")
    tab.press("#weight", "Enter")
    said = tab.locator("#weight-error").text_content()
    assert said == 'The weight: got "much", wants a finite number.'
    assert digest_of(tab) == before


# Files and links.


def test_saved_and_opened(open_page: Open, tmp_path: Path) -> None:
    tab = open_page()
    press(tab, "step", 20)
    with tab.expect_download() as download:
        tab.click("#save")
    saved = tmp_path / "network.json"
    download.value.save_as(saved)
    digest = digest_of(tab)
    assert load_json(saved).digest() == digest
    press(tab, "step", 5)
    tab.set_input_files("#file", saved)
    tab.wait_for_function("document.getElementById('updates').textContent === '0'")
    assert digest_of(tab) == digest
    press(tab, "step", 2)
    assert printed_by(script_of(tab)) == digest_of(tab)


def test_a_hostile_file_gets_one_line(open_page: Open, tmp_path: Path) -> None:
    tab = open_page()
    before = digest_of(tab)
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps({"format": "<img src=x onerror=alert(1)>"}))
    tab.set_input_files("#file", bad)
    tab.wait_for_selector("#message:visible")
    text = tab.locator("#message").text_content() or ""
    assert text.startswith("bad.json: format: got ")
    assert "\n" not in text
    assert digest_of(tab) == before


def test_a_link_brings_the_session_back(open_page: Open) -> None:
    recipe = "#data=digits&network=64-12-10&lr=0.2&seed=7&hidden_error=gradient"
    tab = open_page(f"{recipe}&updates=50&edit=20 0 1 2 0.5")
    network = nnfast.NeuralNetwork(64, 12, 10, 0.2, seed=7, hidden_error="gradient")
    data = digits()
    for n in range(50):
        if n == 20:
            network.weights[0][1][2] = 0.5
        network.train(data.train_inputs[n], data.train_targets[n])
    assert digest_of(tab) == network.digest() == printed_by(script_of(tab))
    tab.click("#link")
    link = tab.locator("#link-text").input_value()
    other = open_page("#" + link.partition("#")[2])
    assert digest_of(other) == digest_of(tab)


@pytest.mark.parametrize(
    ("link", "message"),
    [
        ("#data=%3Cscript%3E", 'The link: data: got "<script>", wants one of digits, '),
        ("#network=64-0-10", "The link: hnodes: got 0, wants "),
        ("#network=64-30", "The link: network: wants inputs, hidden neurons and outputs"),
        ("#updates=99999999999", "The link: updates: got "),
        ("#edit=1 2 3 4 5", "The link: edit: got update 1, wants "),
        ("#edit=0 2 3 4 5", "The link: edit: there is no weight"),
        ("#seed=1e9", "The link: seed: got "),
        ("#activation=evil", "The link: activation: got "),
    ],
)
def test_a_wrong_link_gets_one_line(open_page: Open, link: str, message: str) -> None:
    tab = open_page(link)
    assert (tab.locator("#message").text_content() or "").startswith(message)
    assert digest_of(tab) == trained(0).digest()


# Points in the plane.


def test_points_are_learnt_and_added(open_page: Open) -> None:
    tab = open_page(CIRCLE)
    press(tab, "step", 30)
    assert printed_by(script_of(tab)) == digest_of(tab)
    tab.click("#plane", position={"x": 100, "y": 60})
    assert updates_of(tab) == 0
    press(tab, "step", 98)
    assert printed_by(script_of(tab)) == digest_of(tab)
    assert script_of(tab).count("\n    [") == 2 * 97


def test_points_can_be_pasted(open_page: Open) -> None:
    tab = open_page()
    tab.click("#new")
    tab.select_option("[name=data]", "points")
    tab.fill("[name=csv]", "x,y,class\n0.1,0.2,1\n-0.5,0.3,0\n0.4,0.4,2\n")
    tab.get_by_role("button", name="Make it").click()
    assert "line 4: got" in (tab.locator(".maker .message").text_content() or "")
    tab.fill("[name=csv]", "x,y,class\n0.1,0.2,1\n-0.5,0.3,0\n")
    tab.get_by_role("button", name="Make it").click()
    press(tab, "step", 9)
    assert printed_by(script_of(tab)) == digest_of(tab)


@pytest.mark.parametrize("name", ["xor", "circle", "moons", "spirals"])
def test_presets_learn(open_page: Open, name: str) -> None:
    tab = open_page()
    tab.click("#new")
    tab.select_option("[name=data]", name)
    tab.get_by_role("button", name="Make it").click()
    go_to(tab, 9000)
    assert "100.0 %" in (tab.locator(".controls").text_content() or "")


# By keyboard alone, and for everybody.


def test_by_keyboard_alone(open_page: Open) -> None:
    tab = open_page()
    tab.locator("body").press("Enter")
    tab.keyboard.press("Enter")
    assert updates_of(tab) == 2
    tab.keyboard.press("Backspace")
    assert (updates_of(tab), digest_of(tab)) == (1, trained(1).digest())
    tab.keyboard.press("Space")
    wait_for_updates(tab, 50)
    tab.keyboard.press("Escape")
    count = updates_of(tab)
    assert digest_of(tab) == trained(count).digest()
    tab.keyboard.press("3")
    assert tab.locator(".phase[aria-pressed=true]").text_content() == "back"
    tab.locator(".cell").first.focus()
    tab.keyboard.press("ArrowRight")
    tab.keyboard.press("9")
    inputs = numbers_of(tab, ".cell")
    assert inputs[1] == 1.0
    assert bits(numbers_of(tab, ".output .value")) == bits(trained(count).query(inputs))
    tab.locator(".neuron[tabindex='0']").focus()
    tab.keyboard.press("ArrowDown")
    assert tab.locator(".neuron.chosen").count() == 1
    assert tab.locator(".neuron").nth(6).get_attribute("aria-pressed") == "true"


def test_all_digits_of_a_number_are_there_on_focus(open_page: Open) -> None:
    tab = open_page()
    press(tab, "step", 1)
    number = tab.locator(".change .number").first
    number.focus()
    shown = number.evaluate("one => getComputedStyle(one, '::after').content")
    assert (number.get_attribute("title") or "-") in shown


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("hash_", ["#updates=400", CIRCLE], ids=["digits", "circle"])
def test_nothing_is_cut(open_page: Open, size: str, hash_: str) -> None:
    tab = open_page(hash_, size=size)
    width, height = SIZES[size]
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    if width > 1080:
        assert tab.evaluate("document.documentElement.scrollHeight") <= height
    beyond = """all => all.filter((one) => {
        const box = one.closest(".card, header, .controls").getBoundingClientRect();
        const { left, right, width } = one.getBoundingClientRect();
        return width > 0 && (left < box.left || right > box.right);
    }).map((one) => one.outerHTML)"""
    assert tab.eval_on_selector_all("main *, header *, .controls *", beyond) == []


def test_both_rules_are_in_sight_however_long_the_story(open_page: Open) -> None:
    tab = open_page("#updates=1437")
    press(tab, "step", 3)
    why = "document.querySelector('.why')"
    assert tab.evaluate(f"{why}.scrollHeight > {why}.clientHeight + 100")
    box = tab.locator(".rules").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= tab.viewport_size["height"]


@pytest.mark.parametrize("size", ["phone", "cell of 480", "cell of 760"])
def test_the_images_keep_their_size_where_there_is_little_room(open_page: Open, size: str) -> None:
    widths = "all => all.map((one) => one.getBoundingClientRect().width)"
    tab = open_page(size=size)
    least = min(tab.eval_on_selector_all(".neuron canvas", widths))
    assert least >= {"phone": 32, "cell of 480": 40, "cell of 760": 48}[size]
    assert min(tab.eval_on_selector_all(".pad", widths)) >= 180


# What is drawn while it plays.


@pytest.mark.parametrize("hash_", ["", CIRCLE], ids=["digits", "circle"])
def test_each_frame_shows_the_network_as_it_is(open_page: Open, hash_: str, tmp_path: Path) -> None:
    tab = open_page(hash_)
    tab.click("#play")
    wait_for_updates(tab, 50)
    at = 0 if hash_ == "" else -1  # the first image, or the plane
    looking = f"""() => new Promise((done) => {{
        const seen = [];
        const look = () => {{
            const canvases = [...document.querySelectorAll("#plane, .neuron canvas")];
            seen.push([nnfast.network.toJSON(), ({PIXELS})(canvases.at({at}))]);
            if (seen.length < 8) requestAnimationFrame(look);
            else done(seen);
        }};
        requestAnimationFrame(look);
    }})"""
    seen = tab.evaluate(looking)
    assert len({text for text, _ in seen}) == len(seen)
    for text, pixels in seen:
        (tmp_path / "network.json").write_text(text, encoding="utf-8")
        network = load_json(tmp_path / "network.json")
        if hash_ == "":
            weights = network.weights[0]
            assert_mixed(tab, pixels, enumerate(weights[:, 0]), abs(weights).max())
        else:
            answers = [
                (at, network.query(place)[0] - 0.5) for at, place in in_plane(tab, pixels, 101)
            ]
            assert_mixed(tab, pixels, answers, 0.5)


def in_plane(tab: "Tab", pixels: list[int], pace: int = 1) -> list[tuple[int, tuple[float, float]]]:
    """Return every so many of the pixels of the circle's plane, and where they are."""
    (points,) = re.findall(r"^inputs = (\[.*?\n\])", script_of(tab), re.DOTALL | re.MULTILINE)
    most = 1.15 * max(
        abs(number) for place in json.loads(points.replace(",\n]", "\n]")) for number in place
    )
    side = math.isqrt(len(pixels) // 4)
    along = [most * (2 * (n + 0.5) / side - 1) for n in range(side)]
    places = [(x, -y) for y in along for x in along]
    return list(enumerate(places))[::pace]


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu"])
@pytest.mark.parametrize("hidden", ["8", "6-4"])
def test_the_plane_is_what_query_answers(open_page: Open, activation: str, hidden: str) -> None:
    link = CIRCLE.replace("tanh", activation).replace("2-8-1", f"2-{hidden}-1")
    tab = open_page(f"{link}&updates=300")
    pixels = tab.locator("#plane").evaluate(PIXELS)
    asked = in_plane(tab, pixels)
    asking = "places => places.map((place) => nnfast.network.query(place)[0] - 0.5)"
    answers = tab.evaluate(asking, [place for _, place in asked])
    assert_mixed(tab, pixels, enumerate(answers), 0.5)
    outputs = "nnfast.network._engine.network[0].outputs"
    neuron = "places => places.map((place) => (nnfast.network.query(place), OUTPUTS[3]))"
    small = tab.locator(".neuron canvas").nth(3).evaluate(PIXELS)
    middle, most = (0.5, 0.5) if activation == "sigmoid" else (0.0, 1.0)
    said = tab.evaluate(neuron.replace("OUTPUTS", outputs), [p for _, p in in_plane(tab, small)])
    assert_mixed(tab, small, enumerate(number - middle for number in said), most)


def test_texts_wait_while_it_plays(open_page: Open) -> None:
    tab = open_page(clock=True)
    tab.locator("#speed").fill("2")
    assert "60 a second" in tab.locator(".speed").inner_text()
    tab.evaluate("""() => {
        globalThis.texts = [];
        const watcher = new MutationObserver(() => texts.push(performance.now()));
        const all = {subtree: true, childList: true, characterData: true};
        watcher.observe(document.getElementById("page"), all);
    }""")
    tab.click("#play")
    for _ in range(60):
        tab.clock.run_for(16)
    tab.wait_for_function("document.getElementById('updates').textContent > 40")
    assert 5 < len(set(tab.evaluate("texts"))) < 20


def test_the_curve_stays_short(open_page: Open) -> None:
    tab = open_page("#data=xor&network=2-4-1&lr=0.5&seed=1")
    tab.evaluate("""() => {
        const kept = CanvasRenderingContext2D.prototype.lineTo;
        CanvasRenderingContext2D.prototype.lineTo = function (x, y) {
            if (this.canvas.className === "curve") (globalThis.places ??= []).push(x);
            kept.call(this, x, y);
        };
    }""")
    go_to(tab, 6000)
    places = tab.evaluate("places")
    assert 2 * 500 < len(places) <= 2 * 1000
    width = tab.locator(".curve").evaluate("one => one.width")
    assert max(places) == pytest.approx(width - 4, abs=width / 100)


# Motion.

STROKES = """
    globalThis.strokes = [];
    const {moveTo, lineTo, drawImage} = CanvasRenderingContext2D.prototype;
    let from = 0;
    const note = (context, x, y, rightwards = 0) => {
        if (context.canvas.className !== "motion") return;
        strokes.push([document.querySelector(".net").dataset.phase, x, y, rightwards]);
    };
    Object.assign(CanvasRenderingContext2D.prototype, {
        moveTo(x, y) { note(this, x, y); from = x; moveTo.call(this, x, y); },
        lineTo(x, y) { note(this, x, y, x - from); lineTo.call(this, x, y); },
        drawImage(image, ...box) {
            if (box.length === 4) note(this, box[0] + box[2] / 2, box[1] + box[3] / 2);
            drawImage.call(this, image, ...box);
        },
    });
"""


def test_an_update_is_seen_to_flow_through_the_whole_network(open_page: Open) -> None:
    tab = open_page("#network=64-9-5-10&lr=0.1&seed=1", clock=True)
    tab.evaluate(STROKES)
    press(tab, "step", 1)
    assert tab.evaluate("strokes.length") == 0
    frames(tab, 450)
    strokes = tab.evaluate("strokes")
    order = list(dict.fromkeys(phase for phase, *_ in strokes))
    assert order == ["ask", "errors", "back", "moved"]
    assert min(rightwards for phase, _, _, rightwards in strokes if phase == "ask") >= 0
    assert max(rightwards for phase, _, _, rightwards in strokes if phase == "back") <= 0
    for selector, reached in (
        (".cells", "ask"),
        (".neuron canvas", "ask back moved"),
        (".dot", "ask back moved"),
        (".output", "ask errors back moved"),
    ):
        boxes = tab.locator(selector).evaluate_all(
            "all => all.map((one) => one.getBoundingClientRect().toJSON())"
        )
        for box in boxes:
            assert {phase for phase, x, y, _ in strokes if is_in(box, x, y)} >= set(reached.split())
    assert tab.locator(".motion").is_hidden()
    assert tab.locator(".net").get_attribute("data-phase") == "moved"


def is_in(box: dict[str, float], x: float, y: float) -> bool:
    beside = 3  # pixels
    return (
        box["left"] - beside <= x <= box["right"] + beside
        and box["top"] - beside <= y <= box["bottom"] + beside
    )


def test_a_point_is_seen_to_go_to_every_small_plane(open_page: Open) -> None:
    tab = open_page(CIRCLE, clock=True)
    tab.evaluate("""() => {
        globalThis.places = [];
        const {arc} = CanvasRenderingContext2D.prototype;
        CanvasRenderingContext2D.prototype.arc = function (x, y, ...rest) {
            places.push([x, y]);
            arc.call(this, x, y, ...rest);
        };
    }""")
    press(tab, "step", 1)
    frames(tab, 60)
    places = tab.evaluate("places")
    for box in tab.locator(".neuron canvas").evaluate_all(
        "all => all.map((one) => one.getBoundingClientRect().toJSON())"
    ):
        assert any(is_in(box, x, y) for x, y in places)


def test_while_it_moves_the_page_is_complete(open_page: Open) -> None:
    tab = open_page(clock=True)
    pressing = """name => {
        document.getElementById(name).click();
        const [digest, script] = ["digest", "script"].map((id) => document.getElementById(id));
        return [digest.title, script.textContent];
    }"""
    for name, count in (("step", 1), ("step", 2), ("back", 1), ("step", 2)):
        digest, script = tab.evaluate(pressing, name)
        assert digest == trained(count).digest() == printed_by(script)
        frames(tab, 20)
    assert tab.locator(".net").get_attribute("data-phase") == "ask"
    tab.locator(".neuron").nth(7).click()
    assert tab.locator(".motion").is_hidden()


def test_motion_can_be_switched_off(open_page: Open) -> None:
    tab = open_page(clock=True)
    for name, moves in (("step", True), ("#motion", False), ("#motion", True)):
        if name == "#motion":
            tab.locator(name).click()
        press(tab, "step", 1)
        frames(tab, 10)
        assert tab.locator(".motion").is_visible() == moves
        tab.keyboard.press("2")
        frames(tab, 10)
        assert tab.locator(".motion").is_visible() == moves


def test_less_motion_where_it_is_asked_for(open_page: Open) -> None:
    tab = open_page(reduced_motion="reduce", clock=True)
    assert not tab.locator("#motion").is_checked()
    press(tab, "step", 1)
    frames(tab, 10)
    assert tab.locator(".motion").is_hidden()
    assert style_of(tab, ".neuron canvas", "transitionDuration") == "0s"


# How many points of the lines are on an image.
CROSSING = """() => {
    const lines = document.querySelector(".lines").getBoundingClientRect();
    const boxes = [...document.querySelectorAll(".neuron canvas, .neuron .bar")].map((one) =>
        one.getBoundingClientRect());
    const points = [...document.querySelectorAll(".line")].flatMap((path) =>
        Array.from({length: 200}, (_, n) =>
            path.getPointAtLength((path.getTotalLength() * (n + 1)) / 201)));
    return points.filter(({x, y}) => boxes.some((box) =>
        x + lines.left > box.left && x + lines.left < box.right - 1
        && y + lines.top > box.top && y + lines.top < box.bottom)).length;
}"""


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("hash_", ["", CIRCLE], ids=["digits", "circle"])
def test_lines_pass_beside_the_images(open_page: Open, hash_: str, size: str) -> None:
    tab = open_page(hash_, size=size)
    count = tab.locator(".neuron").count()
    for j in (0, count // 2, count - 1):
        tab.locator(".neuron").nth(j).click()
        assert tab.evaluate(CROSSING) == 0


@pytest.mark.parametrize("size", ["laptop", "projector", "phone"])
@pytest.mark.parametrize("hidden", [64, 100, 200])
def test_many_images_are_large_enough_and_none_is_cut(
    open_page: Open, hidden: int, size: str
) -> None:
    tab = open_page(f"#network=64-{hidden}-10", size=size, reduced_motion="reduce")
    boxes = "all => all.map((one) => one.getBoundingClientRect().toJSON())"
    least = min(box["width"] for box in tab.locator(".neuron canvas").evaluate_all(boxes))
    assert least >= {"laptop": 28, "projector": 40, "phone": 25}[size]
    for selector in ("main", ".net-card"):
        beyond = tab.locator(selector).evaluate("one => one.scrollHeight - one.clientHeight")
        assert beyond <= 0, selector
    for j in (hidden - 1, 0):  # chosen, it is in sight, and so are the outputs where its lines end
        tab.get_by_label("to neuron").fill(str(j))
        tab.keyboard.press("Enter")
        if size == "phone":  # where the page scrolls
            tab.locator(".neuron").nth(j).scroll_into_view_if_needed()
            continue
        (net,) = tab.locator(".net").evaluate_all(boxes)
        for box in tab.locator(".neuron.chosen canvas, .output").evaluate_all(boxes):
            assert net["top"] <= box["top"] < box["bottom"] <= net["bottom"]
        assert tab.evaluate(CROSSING) == 0


def test_lines_follow_what_scrolls(open_page: Open) -> None:
    tab = open_page("#network=64-200-10")
    ends = """() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => {
        const [line] = document.querySelectorAll(".line");
        const {x, y} = line.getPointAtLength(line.getTotalLength());
        const {left, top} = document.querySelector(".lines").getBoundingClientRect();
        const box = document.querySelector(".output").getBoundingClientRect();
        done([x + left - box.left, y + top - (box.top + box.bottom) / 2]);
    })))"""
    for far in (0, 300, 90):
        tab.locator(".net").evaluate("(net, far) => { net.scrollTop = far; }", far)
        assert tab.evaluate(ends) == pytest.approx([0, 0], abs=1)


def test_arrows_go_from_image_to_image_however_many_there_are(open_page: Open) -> None:
    tab = open_page("#network=64-200-10")
    places = "all => all.map((one) => one.offsetLeft)"
    lefts = tab.locator(".neuron").evaluate_all(places)
    tab.locator(".neuron").first.focus()
    tab.keyboard.press("ArrowDown")
    below = lefts.index(lefts[0], 1)
    assert tab.locator(".neuron").nth(below).get_attribute("aria-pressed") == "true"


def test_only_what_is_in_sight_moves(open_page: Open) -> None:
    tab = open_page("#network=64-200-10", clock=True)
    tab.evaluate(STROKES)
    press(tab, "step", 1)
    box = tab.locator(".net").bounding_box()
    assert box
    extent = """left => {
        const downs = strokes.splice(0).filter(([, x]) => x > left).map(([, , y]) => y);
        return downs.reduce(([low, high], y) => [Math.min(low, y), Math.max(high, y)],
            [Infinity, -Infinity]);
    }"""
    for _ in range(25):  # all six phases
        frames(tab, 10)
        low, high = tab.evaluate(extent, box["x"])
        assert box["y"] <= low
        assert high <= box["y"] + box["height"]


@pytest.mark.parametrize("size", ["laptop", "phone"])
def test_the_chosen_weight_is_marked_in_its_image(open_page: Open, size: str) -> None:
    tab = open_page(size=size)
    tab.locator(".cell").nth(29).click()
    tab.locator(".neuron").nth(7).click()
    image = tab.locator(".neuron").nth(7).locator("canvas").bounding_box()
    mark = tab.locator(".mark").bounding_box()
    assert image
    assert mark
    side = (image["width"] - 2) / 8
    wanted = image["x"] + 1 + 5 * side, image["y"] + 1 + 3 * side, side, side
    assert tuple(mark.values()) == pytest.approx(wanted, abs=0.1)
    tab.locator(".output").nth(2).click()
    assert tab.locator(".mark").count() == 0


def test_in_a_frame_as_in_a_notebook(open_page: Open, tmp_path: Path) -> None:
    notebook = tmp_path / "notebook.html"
    notebook.write_text(f"<link rel=icon href='data:,'>{page()._repr_html_()}", encoding="utf-8")
    tab = open_page(path=notebook)
    frame = tab.frames[-1]
    frame.wait_for_selector("#step")
    frame.click("#step")
    assert frame.locator("#digest").get_attribute("title") == trained(1).digest()


def test_each_frame_goes_on_with_its_own_session(open_page: Open, tmp_path: Path) -> None:
    made = page()
    shown = [made._repr_html_(), made._repr_html_(), page()._repr_html_()]
    notebook = tmp_path / "notebook.html"
    notebook.write_text(f"<link rel=icon href='data:,'>{''.join(shown)}", encoding="utf-8")
    tab = open_page(path=notebook)
    wanted = [trained(count).digest() for count in (1, 2, 0)]
    for frame, count in zip(tab.frames[1:], (1, 2, 0), strict=True):
        frame.wait_for_selector("#step")
        for _ in range(count):
            frame.click("#step")
    # As a notebook does when it moves its outputs: each frame is built anew, and in another order.
    building = "all => all.reverse().forEach(one => document.body.append(one.cloneNode()))"
    tab.eval_on_selector_all("iframe", building)
    seen = []
    for frame in tab.frames[4:]:
        frame.wait_for_selector("#step")
        seen.append(frame.locator("#digest").get_attribute("title"))
    assert seen == wanted[::-1]


def test_each_tab_goes_on_with_its_own_session(open_page: Open) -> None:
    tabs = [open_page()]
    tabs.append(tabs[0].context.new_page())
    tabs[1].goto(tabs[0].url)
    with tabs[0].expect_popup() as opened:  # which begins with a copy of what the tab has stored
        tabs[0].evaluate("open(location.href)")
    tabs.append(opened.value)
    for count, tab in enumerate(tabs, 1):
        press(tab, "step", count)
    for count, tab in enumerate(tabs, 1):
        tab.reload()
        assert digest_of(tab) == trained(count).digest()


def test_a_file_does_not_bring_the_session_before_it_back(open_page: Open, tmp_path: Path) -> None:
    tab = open_page("#updates=3")
    saved = tmp_path / "network.json"
    saved.write_text(tab.evaluate("nnfast.network.toJSON()"), encoding="utf-8")
    tab.goto(tab.url.partition("#")[0])
    tab.reload()
    assert digest_of(tab) == trained(3).digest()
    tab.set_input_files("#file", saved)
    tab.wait_for_function("document.getElementById('updates').textContent === '0'")
    tab.reload()
    assert (updates_of(tab), digest_of(tab)) == (0, trained(0).digest())


def test_a_network_of_python_goes_on_in_the_page(open_page: Open, tmp_path: Path) -> None:
    network = nnfast.NeuralNetwork(64, 8, 10, 0.1, seed=5, optimizer="adam", bias=True)
    data = digits()
    network.fit(data.train_inputs[:30], data.train_targets[:30])
    path = tmp_path / "mine.html"
    page(network).save(path)
    tab = open_page(path=path)
    press(tab, "step", 3)
    for n in range(3):
        network.train(data.train_inputs[n], data.train_targets[n])
    assert digest_of(tab) == network.digest() == printed_by(script_of(tab))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("hash_", ["#updates=400", CIRCLE], ids=["digits", "circle"])
def test_axe_finds_nothing(open_page: Open, scheme: str, hash_: str) -> None:
    from axe_playwright_python.sync_playwright import Axe

    tab = open_page(hash_, color_scheme=scheme)
    press(tab, "step", 1)
    report = Axe().run(tab)
    assert report.violations_count == 0, report.generate_report()


def test_by_touch_alone(open_page: Open) -> None:
    tab = open_page(size="phone", has_touch=True, is_mobile=True)
    for _ in range(3):
        tab.tap("#step")
    tab.tap("#back")
    assert (updates_of(tab), digest_of(tab)) == (2, trained(2).digest())
    tab.locator(".neuron").nth(7).tap()
    assert tab.locator(".neuron.chosen").get_attribute("aria-label", timeout=1000)
    assert tab.locator(".which input").nth(1).input_value() == "7"
    tab.locator(".output").nth(4).tap()
    assert tab.locator(".which select").input_value() == "1"
    tab.get_by_role("button", name="back", exact=True).tap()
    assert tab.locator(".phase[aria-pressed=true]").text_content() == "back"
    tab.locator(".cell").nth(10).tap()
    inputs = numbers_of(tab, ".cell")
    assert bits(numbers_of(tab, ".output .value")) == bits(trained(2).query(inputs))
    tab.get_by_role("button", name="+1 ulp").tap()
    assert (tab.locator("#apart").text_content() or "").startswith("1 of 2,220 weights")
    tab.tap("#play")
    wait_for_updates(tab, 50)
    tab.tap("#play")
    assert printed_by(script_of(tab)) == digest_of(tab)
