"""Changes that leave a file's frame whole, so that what is in it is looked at.

Any changed byte of a header changes its length, of a gzipped file its sum: a file that is changed
without regard to that is refused at the door. Each variation is given the content, `change`, which
changes any bytes, and what decides.
"""

import gzip
import io
import json
import math
import random
import re
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

Change = Callable[[bytes], bytes]

ODD = [
    None, True, 0, 1, 2, -1, 1.5, -0.0, 5e-324, 1e-46, 1e39, 1e308, float("nan"), float("inf"),
    2**53, 2**53 + 1, 2**64 - 1, 2**64, 10**18, 10**400, "", "NaN", "-Infinity", "a\n\x1b[1m",
    "\ud800", "x" * 300, "sgd", "adam", "tanh", "relu", "sigmoid", "identity", "softmax",
    "exponential", "poisson", "he_normal", "bias_init", "drawn", "cross_entropy", "gradient",
    "scaled_normal", "float32", "F32", "dropout", "input_dropout", "updates", 0.5,
    [], {}, [[]], [1, 1],
]  # fmt: skip


def vary_model_file(content: bytes, change: Change, draws: random.Random) -> bytes:
    """Change the header as JSON or as text, or the data, and let the header's length be right."""
    length = int.from_bytes(content[:8], "little")
    header, data = content[8 : 8 + length], content[8 + length :]
    if draws.random() < 0.2:
        data = change(data)
    elif draws.random() < 0.2:
        header = change(header)
    else:
        header = vary_json(header, change, draws)
    return len(header).to_bytes(8, "little") + header + data


def vary_json(content: bytes, change: Change, draws: random.Random) -> bytes:
    """Change a value anywhere in a JSON object, also in one that is in a metadata's text."""
    try:
        tree = json.loads(content)
        metadata = tree.get("__metadata__", {})
        texts = [key for key in ("network", "reach", "record") if key in metadata]
        for key in texts:
            metadata[key] = json.loads(metadata[key])
    except (ValueError, TypeError, AttributeError, RecursionError):
        return change(content)
    vary_tree(tree, draws)
    for key in texts:
        if key in metadata:
            metadata[key] = json.dumps(metadata[key])
    return json.dumps(tree).encode()


def vary_record(content: bytes, change: Change, draws: random.Random) -> bytes:
    """Change a record, or the checkpoint that carries it."""
    vary = vary_json if content.startswith(b"{") else vary_model_file
    return vary(content, change, draws)


def vary_tree(tree: Any, draws: random.Random) -> None:
    """Replace a value by an odd one or by another of the tree, take it out, or put one more in."""
    places = list(places_in(tree))
    if not places:
        return
    inside, key = draws.choice(places)
    elsewhere, other = draws.choice(places)
    new = draws.choice([draws.choice(ODD), json.loads(json.dumps(elsewhere[other]))])
    what = draws.randrange(4)
    if what == 0:
        del inside[key]
    elif what == 1 and isinstance(inside, list):
        inside.insert(key, new)
    elif what == 1:
        inside[draws.choice(["", "more", str(other)])] = new
    else:
        inside[key] = new


def places_in(tree: Any) -> Any:
    """Yield every place in a tree, as what it is in and the key there."""
    keys = tree if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for key in keys:
        yield tree, key
        yield from places_in(tree[key])


def vary_data_file(content: bytes, change: Change, draws: random.Random) -> bytes:
    """Change what is in a packed file, a size in an IDX file and its data, or any file itself."""
    if content.startswith(b"\x1f\x8b") and draws.random() < 0.7:
        try:
            inside = vary_data_file(gzip.decompress(content), change, draws)
            return gzip.compress(inside, mtime=0)
        except (OSError, EOFError, zlib.error):
            pass
    if content.startswith(b"PK") and draws.random() < 0.7:
        return vary_npz(content, change, draws)
    if content.startswith((b"\0\0\x08\1", b"\0\0\x08\3")) and draws.random() < 0.5:
        return vary_idx(content, draws)
    return change(content)


def vary_npz(content: bytes, change: Change, draws: random.Random) -> bytes:
    """Change one of the arrays of an archive, and let its frame be right."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = [(name, archive.read(name)) for name in archive.namelist()]
    except Exception:  # zipfile's own errors, and those of each of its decompressors
        return change(content)
    again = io.BytesIO()
    changed = draws.randrange(len(files)) if files else 0
    with zipfile.ZipFile(again, "w", zipfile.ZIP_DEFLATED) as archive:
        for at, (name, data) in enumerate(files):
            entry = zipfile.ZipInfo(name)  # of a fixed date
            archive.writestr(entry, change(data) if at == changed else data)
    return again.getvalue()


def vary_idx(content: bytes, draws: random.Random) -> bytes:
    """Change one of the sizes, and let there be as much data as they promise."""
    header = 4 + 4 * content[3]
    sizes = [int.from_bytes(content[at : at + 4], "big") for at in range(4, header, 4)]
    sizes[draws.randrange(len(sizes))] = draws.choice([0, 1, 2, 3, 4, 5, 20])
    data = content[header:] or b"\0"
    promised = min(math.prod(sizes), 500)
    data = (data * promised)[:promised]
    return content[:4] + b"".join(size.to_bytes(4, "big") for size in sizes) + data


def vary_data_folder(content: bytes, change: Change, draws: random.Random) -> bytes:
    """Change one of the files, or a name."""
    parts = re.split(rb"(== .*\n)", content)
    at = draws.randrange(len(parts))
    parts[at] = vary_data_file(parts[at], change, draws)
    return b"".join(parts)


def vary_bytes(content: bytes, change: Change, draws: random.Random) -> bytes:
    """Change a file without a frame, or with too many kinds of them."""
    return change(content)


VARIATIONS: dict[str, Callable[[bytes, Change, random.Random], bytes]] = {
    "network_file": vary_model_file,
    "network_json": vary_json,
    "record": vary_record,
    "tensors": vary_model_file,
    "data_file": vary_data_file,
    "data_folder": vary_data_folder,
    "picture": vary_bytes,
}
