"""A fitted pipeline as C gives the answers of scikit-learn's pipeline, for raw inputs.

All the files below become one library, compiled in each way, as in test_export_c.py.
"""

import ctypes
import json
import random
import subprocess
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from c_compilers import COMPILERS, FLAGS, IS_X86_64, WAYS, compiled, needs_compiler
from helpers import bits, draw_numbers, files, kernel

pytest.importorskip("sklearn.callback")

from irises import LABELS, LENGTHS, SPECIES, classifier, ignoring_the_end, regressor
from sklearn.datasets import load_iris
from sklearn.decomposition import PCA
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, RobustScaler, StandardScaler

from nnfast.exchange import export_c, export_json, export_onnx, to_torch

pytestmark = [
    ignoring_the_end,
    pytest.mark.filterwarnings("ignore::nnfast.UnlikeInputsWarning"),
]

RAW = load_iris(return_X_y=True)[0]
TWO = SPECIES > 0
COUNTS = np.rint(RAW[:, 0])
# What would end a comment, a constant or a line of C; what C reads as another character.
HOSTILE = np.array(['*/ "};\n', "??/\\", "größe%s\ud8001"])[SPECIES]


def models() -> dict[str, Any]:
    """Return pipelines and estimators of every kind, fitted to raw inputs, by a name in C."""
    clipped = MinMaxScaler((-1, 2), clip=True)
    return {
        "texts": make_pipeline(StandardScaler(), classifier()).fit(RAW, HOSTILE),
        "alone": classifier(activation="tanh").fit(RAW, SPECIES - 1.0),
        "two": make_pipeline(StandardScaler(with_mean=False), clipped, classifier()).fit(RAW, TWO),
        "one": make_pipeline(StandardScaler(with_std=False), classifier()).fit(RAW, 0 * SPECIES),
        "several": make_pipeline(MinMaxScaler(), "passthrough", classifier()).fit(RAW, LABELS),
        "counts": make_pipeline(MinMaxScaler(), regressor(loss="poisson")).fit(RAW, COUNTS),
        "lengths": make_pipeline(StandardScaler(), StandardScaler(), regressor()).fit(RAW, LENGTHS),
        "length": regressor(hidden_layer_sizes=()).fit(RAW, RAW[:, 1]),
        "neither": make_pipeline(
            StandardScaler(with_mean=False, with_std=False), classifier(hidden_layer_sizes=())
        ).fit(RAW, TWO),
        "tied": undecided(classifier().fit(RAW, TWO)),
        "tied_three": undecided(classifier().fit(RAW, SPECIES)),
        "tied_several": undecided(classifier().fit(RAW, LABELS)),
    }


def undecided(model: Any) -> Any:
    """Give all classes the same probability."""
    model.coefs_ = [0.0 * matrix for matrix in model.coefs_]
    model.intercepts_ = [0.0 * vector for vector in model.intercepts_]
    return model


def exported(models: dict[str, Any], folder: Path) -> SimpleNamespace:
    """Write a C file of each model; its functions are NAME and, of a classifier, class_NAME."""
    sources = [folder / f"{name}.c" for name in models]
    for (name, model), source in zip(models.items(), sources, strict=True):
        classify = f"class_{name}" if hasattr(model, "predict_proba") else None
        export_c(model, source, function=name, classify=classify)
    return SimpleNamespace(folder=folder, models=models, sources=sources)


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    with warnings.catch_warnings(action="ignore"):
        return exported(models(), tmp_path_factory.mktemp("c"))


def raw_rows(flavours: tuple[str, ...], width: int = RAW.shape[1]) -> Any:
    """Return the irises, rows far beyond them, and rows of numbers that round in odd ways."""
    draws = random.Random(1)
    drawn = [draw_numbers(draws, flavour, width) for flavour in flavours for _ in range(40)]
    beyond = np.random.default_rng(1).uniform(-30.0, 40.0, (60, width))
    drawn_rows = np.array(drawn).reshape(-1, width)
    return np.vstack([RAW, beyond, drawn_rows[(abs(drawn_rows) < 1e100).all(axis=1)]])


def answers(library: ctypes.CDLL, name: str, rows: Any, like: Any) -> Any:
    """Return what the function of this name answers rows with, in the shape of what is expected."""
    query = library[name]
    query.restype, query.argtypes = None, [ctypes.c_void_p, ctypes.c_void_p]
    outputs = np.full(like.shape, np.nan, like.dtype)
    for row, output in zip(rows.copy(), outputs.reshape(len(rows), -1), strict=True):
        query(row.ctypes.data, output.ctypes.data)
    return outputs


def classes(library: ctypes.CDLL, name: str, model: Any, rows: Any) -> Any:
    """Return the labels that the file chooses for each row, as texts; or each label's 1 or 0."""
    decide, count = library[f"class_{name}"], len(model.classes_)
    decide.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    if model[-1]._multilabel if isinstance(model, Pipeline) else model._multilabel:
        chosen = np.full((len(rows), count), -1, np.intc)
        for row, labels in zip(rows, chosen, strict=True):
            decide(row.ctypes.data, labels.ctypes.data)
        return chosen
    return [labels_of(library, name, count)[decide(row.ctypes.data, None)] for row in rows]


def labels_of(library: ctypes.CDLL, name: str, count: int) -> list[str]:
    texts = (ctypes.c_char_p * count).in_dll(library, f"class_{name}_labels")
    return [bytes(text).decode() for text in texts]


def check_answers(family: SimpleNamespace, path: Path, rows: Any) -> None:
    library = ctypes.CDLL(str(path))
    for name, model in family.models.items():
        is_classifier = hasattr(model, "predict_proba")
        expected = model.predict_proba(rows) if is_classifier else model.predict(rows)
        assert bits(answers(library, name, rows, expected)) == bits(expected), name
        if is_classifier:
            chosen, predicted = classes(library, name, model, rows), model.predict(rows)
            if predicted.ndim == 1:
                predicted = [readable(label) for label in predicted]
            assert np.array_equal(chosen, predicted), name


def readable(label: Any) -> str:
    return str(label).encode("utf-8", "backslashreplace").decode()


@needs_compiler
@pytest.mark.parametrize(("compiler", "flags"), WAYS)
def test_answers_to_raw_inputs_are_the_pipelines_to_the_bit(
    family: SimpleNamespace, compiler: str, flags: str
) -> None:
    path = family.folder / f"{compiler}-{flags}.so"
    compiled(compiler, FLAGS[flags], "-shared", "-fPIC", "-o", path, *family.sources)
    check_answers(family, path, raw_rows(("usual", "wide", "special")))


@needs_compiler
@pytest.mark.skipif(not IS_X86_64, reason="elsewhere float32 has no one answer")
@pytest.mark.parametrize("flags", ["O0", "native"])
def test_float32_is_scaled_as_scikit_learn_scales_it(tmp_path: Path, flags: str) -> None:
    narrow = RAW.astype(np.float32)
    # Fitted to float64 each by itself, a scaler may meet narrower inputs.
    wide = MinMaxScaler((0.1, 0.9)).fit(RAW)
    with warnings.catch_warnings(action="ignore"), kernel("baseline"):
        models = {
            "standard": make_pipeline(StandardScaler(), classifier()).fit(narrow, TWO),
            "min_max": make_pipeline(MinMaxScaler(), classifier()).fit(narrow, LABELS),
            "mixed": make_pipeline(wide, regressor().fit(wide.transform(narrow), RAW[:, 0])),
        }
    family = exported(models, tmp_path)
    compiled(
        COMPILERS[0], FLAGS[flags], "-shared", "-fPIC", "-o", tmp_path / "it.so", *family.sources
    )
    check_answers(family, tmp_path / "it.so", raw_rows(("usual",)).astype(np.float32))


@needs_compiler
def test_labels_of_any_type_are_texts(tmp_path: Path) -> None:
    kinds = {
        "ints": np.array([-5, 7, 2**40]),
        "floats": np.array([-1.0, 0.0, 1e15]),
        "flags": np.array([False, True, True]),
        "objects": np.array(["?" * 5, "/*//", "\t\x7f\x01\U0001f600"], object),
    }
    models = {name: classifier().fit(RAW, labels[SPECIES]) for name, labels in kinds.items()}
    family = exported(models, tmp_path)
    compiled(
        COMPILERS[0], FLAGS["O3"], "-shared", "-fPIC", "-o", tmp_path / "it.so", *family.sources
    )
    library = ctypes.CDLL(str(tmp_path / "it.so"))
    for name, model in models.items():
        expected = [readable(label) for label in model.classes_]
        assert labels_of(library, name, len(expected)) == expected


@needs_compiler
def test_nan_has_no_class(family: SimpleNamespace) -> None:
    path = family.folder / "nan.so"
    compiled(COMPILERS[0], FLAGS["O3"], "-shared", "-fPIC", "-o", path, *family.sources)
    row = np.array([5.0, np.nan, 1.0, 1.0])
    decide = ctypes.CDLL(str(path))
    assert [
        decide[f"class_{name}"](ctypes.c_void_p(row.ctypes.data)) for name in ("texts", "two")
    ] == [-1, -1]


@needs_compiler
def test_the_program_reads_raw_inputs_and_prints_every_probability(family: SimpleNamespace) -> None:
    program = family.folder / "program"
    compiled(COMPILERS[0], [*FLAGS["O3"], "-DNETWORK_MAIN"], "-o", program, family.folder / "two.c")
    given = " ".join(repr(float(number)) for number in RAW[:3].flat)
    done = subprocess.run([program], input=given, capture_output=True, text=True, check=True)
    printed = np.array([line.split() for line in done.stdout.splitlines()], float)
    assert bits(printed) == bits(family.models["two"].predict_proba(RAW[:3]))


# What is written, whatever compiles it.


def head(family: SimpleNamespace, name: str) -> str:
    text = (family.folder / f"{name}.c").read_text(encoding="ascii")
    return " ".join(text.split("*/")[0].replace("\n *", " ").split())


def test_the_head_has_the_range_of_raw_inputs(family: SimpleNamespace) -> None:
    # After one scaler to its own limits, each column's ends are its own.
    said = head(family, "counts")
    assert "trained on inputs from 0 to 1 after scaling. Before it, that is:" in said
    for place, (low, high) in enumerate(zip(RAW.min(axis=0), RAW.max(axis=0), strict=True)):
        assert f"inputs[{place}] from {low:.6g} to {high:.6g}" in said
    # After two, the inverse of both; after none, the network's own.
    scalers = family.models["two"][:-1]
    ends = scalers.inverse_transform([[-1.0] * 4, [2.0] * 4])
    for place, (low, high) in enumerate(ends.T):
        assert f"inputs[{place}] from {low:.6g} to {high:.6g}" in head(family, "two")
    assert f"trained on inputs from {RAW.min():.6g} to {RAW.max():.6g}." in head(family, "alone")


def test_the_head_says_what_comes_before_and_after_the_network(family: SimpleNamespace) -> None:
    said = head(family, "two")
    assert "answers 4 inputs with 2 outputs" in said
    assert "raw: they go through StandardScaler and MinMaxScaler first" in said
    assert "what predict_proba returns" in said
    assert "int class_two(const double *inputs);" in said
    assert "extern const char *const class_two_labels[2];" in said
    sizes = 8 * (3 * 4 + 4 * 10 + 10 + 10 + 1), 8 * (4 + 10 + 2)
    assert (
        "The scalers and weights are {} bytes of constants. A call takes {}".format(*sizes) in said
    )
    assert "void class_several(const double *inputs, int *labels);" in head(family, "several")
    assert "what predict returns" in head(family, "counts")
    assert "class" not in head(family, "counts")
    assert "raw" not in head(family, "alone")


def test_a_network_takes_no_scikit_learn(tmp_path: Path) -> None:
    code = """
import json, sys
from nnfast import NeuralNetwork
from nnfast.exchange import export_c
export_c(NeuralNetwork(1, 1, 1, 0.1), sys.argv[1])
print(json.dumps("sklearn" in sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "it.c"], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) is False


# What is refused.

# The last step of some pipelines, which the test fits.
LAST = regressor(hidden_layer_sizes=1, max_iter=1)
SCALERS = "wants StandardScaler or MinMaxScaler: do what this step does outside of C, and export"
MODELS = "wants a NeuralNetwork, an estimator of nnfast.sklearn, or a Pipeline that ends in one"


class OtherScaler(StandardScaler):  # type: ignore[misc]
    pass


@pytest.mark.parametrize(
    ("model", "error", "says"),
    [
        (
            make_pipeline(PCA(2), StandardScaler(), LAST),
            TypeError,
            f"got the step 'pca', PCA(n_components=2), {SCALERS} the rest, pipeline[1:]",
        ),
        (
            make_pipeline(RobustScaler(), OtherScaler(), LAST),
            TypeError,
            f"got the step 'otherscaler', OtherScaler(), {SCALERS} the rest, pipeline[2:]",
        ),
        (
            make_pipeline(FunctionTransformer(), None, LAST),
            TypeError,
            "got the step 'functiontransformer', FunctionTransformer(), "
            f"{SCALERS} the rest, pipeline[1:]",
        ),
        (classifier(), ValueError, "before fit, wants it fitted"),
        (make_pipeline(StandardScaler(), LAST), ValueError, "got StandardScaler() before fit"),
        (
            Pipeline([("three", StandardScaler().fit(RAW[:, :3])), ("net", LAST)]),
            ValueError,
            "got the step 'three' for 3 columns, wants it for 4, which are the network's inputs",
        ),
        (StandardScaler(), TypeError, f"got StandardScaler(), {MODELS}"),
        (MLPClassifier(), TypeError, f"got MLPClassifier(), {MODELS}"),
        (make_pipeline(StandardScaler(), MLPClassifier()), TypeError, MODELS),
        (make_pipeline(StandardScaler(), "passthrough"), TypeError, MODELS),
    ],
)
def test_other_models_are_refused_with_the_cure(
    tmp_path: Path, model: Any, error: type[Exception], says: str
) -> None:
    LAST.fit(RAW, RAW[:, 0])
    with pytest.raises(error) as caught:
        export_c(model, tmp_path / "it.c")
    message = str(caught.value)
    assert type(caught.value) is error
    assert message.startswith("network: got ")
    assert says in message
    assert "\n" not in message
    assert len(message) < 250
    assert files(tmp_path) == {}


@pytest.mark.parametrize("export", [export_json, export_onnx, lambda model, _: to_torch(model)])
def test_other_forms_want_the_network_and_say_where_it_is(tmp_path: Path, export: Any) -> None:
    fitted = regressor(max_iter=1).fit(RAW, RAW[:, 0])
    for model, place in (
        (fitted, "estimator.network_"),
        (make_pipeline(StandardScaler(), fitted), "pipeline[-1].network_"),
    ):
        with pytest.raises(TypeError) as caught:
            export(model, tmp_path / "it")
        message = str(caught.value)
        assert message.startswith("network: got ")
        assert message.endswith(
            f", wants a NeuralNetwork: pass {place}, and scale the inputs yourself, since no "
            "scaler is in it, nor are the class labels"
        )
        assert "\n" not in message
    with pytest.raises(TypeError, match=r"wants a NeuralNetwork$"):
        export(MLPClassifier(), tmp_path / "it")
