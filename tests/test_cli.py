"""Does the command line do what it says, and end with one clear line where it cannot?"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from command_line import Run
from helpers import BUILDS, HANGS

import nnfast
import nnref
from nnfast.__main__ import main
from nnfast.cli import cli, console, training

# What the installed program does.
INSTALLED = "from nnfast.__main__ import main; main()"

WRONG_USAGE = {
    "no such command": ("learn",),
    "no such option": ("train", "--layers", "3"),
    "no examples": ("train", "--examples", "0"),
    "no epochs": ("train", "--epochs", "0"),
    "no neurons": ("compare", "--hidden", "0"),
    "no neurons in the second layer": ("compare", "--hidden", "5,0"),
    "neurons in letters": ("compare", "--hidden", "abc"),
    "an empty layer": ("train", "--hidden", "5,"),
    "too many neurons": ("train", "--hidden", "10001"),
    "not a number as lr": ("train", "--lr", "nan"),
    "infinite lr": ("train", "--lr", "inf"),
    "lr of 0": ("train", "--lr", "0"),
    "lr in letters": ("train", "--lr", "fast"),
    "negative seed": ("train", "--seed", "-1"),
    "seed too large": ("train", "--seed", str(2**64)),
    "unknown activation": ("train", "--activation", "sigmoid,swish"),
    "an activation too many": ("train", "--activation", "relu,relu"),
    "unknown output activation": ("train", "--output-activation", "relu"),
    "unknown loss": ("train", "--loss", "hinge"),
    "a loss that does not fit": ("train", "--loss", "cross_entropy", "--output-activation", "tanh"),
    "unknown optimizer": ("train", "--optimizer", "lion"),
    "negative weight decay": ("train", "--weight-decay", "-1"),
    "unknown schedule": ("train", "--schedule", "cosine"),
    "no examples in a batch": ("train", "--batch-size", "0"),
    "no patience": ("train", "--patience", "0"),
    "unknown rule": ("train", "--hidden-error", "guess"),
    "unknown start": ("train", "--init", "zeros"),
    "unknown backend": ("train", "--backend", "gpu"),
    "unknown type": ("train", "--dtype", "float16"),
    "no threads": ("train", "--threads", "0"),
    "too many threads": ("train", "--threads", "257"),
    "float32 of the oracle": ("train", "--backend", "ref", "--dtype", "float32"),
    "threads of the oracle": ("train", "--backend", "ref", "--threads", "2"),
    "a type for both backends": ("compare", "--dtype", "float64"),
    "nothing to query": ("query",),
    "no model to query": ("query", "--index", "3"),
    "negative index": ("query", "m", "--index", "-1"),
    "inputs in letters": ("query", "m", "--inputs", "1,x"),
    "infinite inputs": ("query", "m", "--inputs", "1,inf"),
    "inputs and index": ("query", "m", "--inputs", "1", "--index", "0"),
    "inputs and data": ("query", "m", "--inputs", "1", "--data", "digits"),
}


@pytest.mark.parametrize("arguments", WRONG_USAGE.values(), ids=WRONG_USAGE.keys())
def test_wrong_usage(run: Run, arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    # Wrong usage is seen before any data or model is read.
    monkeypatch.setattr(training, "load", pytest.fail)
    monkeypatch.setattr(nnfast.NeuralNetwork, "load", pytest.fail)
    finished = run(*arguments)
    assert finished.status == 2
    assert finished.out == ""
    assert "Error: " in finished.err.splitlines()[-1]


FAILURES = {
    "no data": (("train", "--data", "nowhere"), "nowhere: no such file or folder"),
    "empty folder": (("compare", "--data", "empty"), "empty: has no "),
    "not data": (("train", "--data", "text"), "text: line 1: "),
    "no folder for the model": (("train", "--model", "no/m"), "no: No such file or directory"),
    "a file as folder": (("train", "--model", "text/m"), "text/m: Not a directory"),
    "a folder as model": (("train", "--model", "empty"), "empty': got a folder or device, wants "),
    "no model": (("query", "nowhere"), "nowhere: No such file or directory"),
    "not a model": (("query", "text"), "text"),
    "no model to tell of": (("info", "nowhere"), "nowhere: No such file or directory"),
    "a folder to tell of": (("info", "empty"), "empty: "),
    "index out of range": (("query", "digits.model", "--index", "360"), "only 0 to 359"),
    "too few inputs": (("query", "digits.model", "--inputs", "1,2"), "inputs: got "),
    "another network": (("query", "small.model"), "has 2 inputs and 1 output, but digits"),
}


@pytest.mark.parametrize(("arguments", "message"), FAILURES.values(), ids=FAILURES.keys())
@pytest.mark.parametrize("as_json", [True, False])
def test_failures(
    run: Run,
    model: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    message: str,
    as_json: bool,
) -> None:
    monkeypatch.chdir(model.parent)
    Path("empty").mkdir()
    Path("text").write_text("to be or not to be\n")
    nnref.NeuralNetwork(2, 3, 1, 0.1).save("small.model")
    finished = run(*arguments, *["--json"] * as_json)
    assert finished.status == 1
    assert finished.out == ""
    assert finished.err.startswith("Error: ")
    assert finished.err.count("\n") == 1
    assert message in finished.err


@pytest.mark.parametrize("model", ["no/m", "."])
def test_a_model_that_cannot_be_saved_is_known_before_training(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, model: str
) -> None:
    monkeypatch.setattr(training, "load", pytest.fail)
    assert run("train", "--model", tmp_path / model).status == 1


def test_letters_are_not_called_a_range(run: Run) -> None:
    message = "Invalid value for '--epochs': 'ten' is not a valid whole number."
    assert message in run("train", "--epochs", "ten").err


def test_offline(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: object, **__: object) -> None:
        raise OSError("Name or service not known")

    monkeypatch.setattr("sklearn.datasets.fetch_openml", offline)
    finished = run("train", "--data", "mnist")
    assert finished.status == 1
    assert finished.err.startswith("Error: MNIST cannot be fetched")
    assert finished.err.count("\n") == 1


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_what_is_missing_is_said_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    for name in list(sys.modules):
        if name.split(".")[0] in ("click", "rich") or name.startswith("nnfast.cli"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(SystemExit) as end:
        main()
    printed = capsys.readouterr()
    assert end.value.code == 1
    assert printed.out == ""
    assert printed.err == (
        "nnfast: the command line needs click and rich: pip install click rich\n"
    )


def test_an_import_error_of_another_kind_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(sys.modules):
        if name.startswith("nnfast.cli"):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "nnfast.datasets", None)
    with pytest.raises(ModuleNotFoundError):
        main()


def program(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", *map(str, arguments)],
        capture_output=True,
        encoding="utf-8",
        env=os.environ | environment,
        timeout=HANGS,
        check=False,
    )


@pytest.mark.parametrize("start", [("-m", "nnfast"), ("-c", INSTALLED)], ids=["-m", "script"])
@pytest.mark.parametrize("command", [("info",), ("compare",), ("train", "--backend", "ref")])
def test_a_kernel_that_is_not_there_ends_in_one_line(
    start: tuple[str, str], command: tuple[str, ...]
) -> None:
    finished = program(*start, *command, NNFAST_KERNEL="avx9")
    wants = f"wants one of {', '.join(BUILDS)}"
    assert finished.stderr == f"Error: NNFAST_KERNEL: got 'avx9', {wants}\n"
    assert (finished.returncode, finished.stdout) == (2, "")


def test_a_kernel_that_is_not_there_hides_no_help() -> None:
    finished = program("-m", "nnfast", "--help", NNFAST_KERNEL="avx9")
    assert (finished.returncode, finished.stderr) == (0, "")


def test_importing_the_library_loads_no_command_line() -> None:
    seen = "import nnfast, sys; print({'click', 'rich', 'nnfast.cli'} & set(sys.modules))"
    assert program("-c", seen).stdout == "set()\n"


def test_runs_as_a_module() -> None:
    finished = program("-m", "nnfast", "--version")
    assert (finished.returncode, finished.stdout) == (0, f"nnfast {nnref.__version__}\n")


def test_streams_of_the_real_program(images: Path) -> None:
    finished = program("-m", "nnfast", "train", "--data", images, "--epochs", "1", "--json")
    assert json.loads(finished.stdout)["updates"] == 6
    assert finished.stderr.startswith("epoch 1 of 1")


def test_an_encoding_without_blocks(run: Run, images: Path) -> None:
    data, path = ("--data", images, "--epochs", "1"), images / "m"
    assert run("train", *data, "--model", path).status == 0
    query = ("query", path, "--data", images)
    for command, shows in ((query, "@@@"), (("compare", *data), "identical")):
        finished = program("-m", "nnfast", *command, PYTHONIOENCODING="ascii")
        assert (finished.returncode, finished.stderr) == (0, "")
        assert shows in finished.stdout


@pytest.mark.skipif(os.name == "nt", reason="a pipe breaks in another way there")
@pytest.mark.parametrize("options", [["info"], ["info", "--json"], ["--help"]])
def test_a_reader_that_has_enough(options: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    finished = subprocess.run(
        [sys.executable, "-P", "-m", "nnfast", *options],
        stdout=writer,
        stderr=subprocess.PIPE,
        timeout=HANGS,
        check=False,
    )
    os.close(writer)
    assert finished.stderr == b""


COMMANDS = [(), *((name,) for name in cli.commands)]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_shows_examples_and_fits(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    finished = run(*command, "-h")
    assert finished.status == 0
    assert "Examples:\n    nnfast " in finished.out
    assert max(map(len, finished.out.splitlines())) <= 80


def test_help_shows_the_whole_summary_of_each_command(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    listing = run("--help").out.partition("\nCommands:\n")[2]
    summaries = dict(line.split(maxsplit=1) for line in listing.splitlines())
    assert set(summaries) == set(cli.commands)
    for name, command in cli.commands.items():
        # The first line of the docstring, a sentence.
        assert summaries[name] == (command.help or "").splitlines()[0]
        assert summaries[name].endswith(".")
        assert "..." not in summaries[name]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is full")
@pytest.mark.parametrize(
    "arguments", [("--help",), ("train", "-h"), ("--version",), ("info",), ("info", "--json")]
)
def test_a_full_disk_is_said_in_one_line(arguments: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        finished = subprocess.run(
            [sys.executable, "-P", "-m", "nnfast", *arguments],
            stdout=full, stderr=subprocess.PIPE, text=True, timeout=HANGS, check=False,
            env={**os.environ, "LC_ALL": "C"},
        )  # fmt: skip
    assert (finished.returncode, finished.stderr) == (1, "Error: No space left on device\n")


def test_ctrl_c_while_the_program_starts_is_no_traceback(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("nnfast.__main__.importlib.import_module", interrupted)
    finished = run("info")
    assert (finished.status, finished.out, finished.err) == (130, "", "Interrupted\n")


@pytest.mark.parametrize("columns", ["0", "1", "19"])
def test_a_terminal_too_narrow_to_be_true_counts_as_usual(
    run: Run, model: Path, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    for command in (("info", model), ("query", model, "--index", "0"), ("backquery", model)):
        monkeypatch.setenv("COLUMNS", "80")
        usual = run(*command)
        monkeypatch.setenv("COLUMNS", columns)
        assert run(*command) == usual
    monkeypatch.setenv("COLUMNS", "20")
    assert console.stdout().width == 20


@pytest.mark.parametrize("name", ["new/", "new/."])
@pytest.mark.parametrize("option", ["--model", "--plot"])
def test_the_name_of_a_folder_is_not_taken_for_a_file(
    run: Run, tmp_path: Path, option: str, name: str
) -> None:
    path = f"{tmp_path}{os.sep}{name}"
    command = ("train",) if option == "--model" else ("backquery", "m")
    finished = run(*command, option, path)
    assert (finished.status, finished.out) == (2, "")
    assert f"{path!r} is not the name of a file." in finished.err
    assert list(tmp_path.iterdir()) == []


def test_plurals() -> None:
    assert console.plural(1, "epoch") == "1 epoch"
    assert console.plural(2000, "epoch") == "2,000 epochs"
