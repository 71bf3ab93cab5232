"""Look for a file that a loader does not treat as it should: fuzz.py TARGET SECONDS FOLDER.

With atheris, which is libFuzzer for Python. It starts from the target's seeds and from what is in
the folder, where it adds every input that takes a new path through the code. An input that fails
is printed with the traceback and left in the current folder as crash-..., oom-... or timeout-...
"""

import random
import sys
import tempfile
import warnings
from hashlib import sha1
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["nnref", "nnfast", "PIL"]):
    import targets
    from variations import VARIATIONS

# Files that are never on a disk, where the system has such a place.
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
# Of one input; all seeds take a hundredth of it.
MOST_SECONDS = 10
# The packages themselves take a fifth of it.
MOST_MEGABYTES = 1024
MOST_BYTES = 4096


def main(name: str, seconds: int, found: str) -> None:
    """Fuzz one target until it fails or the time is over."""
    target, vary = targets.TARGETS[name], VARIATIONS[name]
    # As in the test suite: a warning is a mistake.
    warnings.simplefilter("error")

    def try_out(content: bytes) -> None:
        with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
            try:
                target(content, Path(folder))
            except BaseException:
                # As libFuzzer does and by the same name, if no alarm of its own ends it before.
                Path(f"crash-{sha1(content).hexdigest()}").write_bytes(content)
                raise

    def mutate(content: bytes, longest: int, seed: int) -> bytes:
        draws = random.Random(seed)
        if draws.random() < 0.2:
            return atheris.Mutate(content, longest)
        return vary(content, lambda part: atheris.Mutate(part, longest), draws)[:longest]

    options = {
        "max_total_time": seconds,
        "timeout": MOST_SECONDS,
        "rss_limit_mb": MOST_MEGABYTES,
        "max_len": MOST_BYTES,
        "print_final_stats": 1,
    }
    flags = [f"-{option}={value}" for option, value in options.items()]
    folders = [found, str(targets.SEEDS / name)]
    atheris.Setup([sys.argv[0], *flags, *folders], try_out, custom_mutator=mutate)
    atheris.Fuzz()


if __name__ == "__main__":
    if len(sys.argv) != 4 or sys.argv[1] not in targets.TARGETS:
        sys.exit(f"usage: fuzz.py TARGET SECONDS FOLDER, TARGET: {', '.join(targets.TARGETS)}")
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
