"""What a file is, by its first bytes, whatever its name says."""

GZIP_MARK = b"\x1f\x8b"
ZIP_MARK = b"PK"
TAR_MARK, TAR_PLACE = b"ustar", 257  # not at the start
# Two zeros, and the type of the numbers.
IDX_MARKS = tuple(bytes([0, 0, kind]) for kind in (0x08, 0x09, 0x0B, 0x0C, 0x0D, 0x0E))
BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # of text in UTF-8, as Excel writes it

_WITH_SAVEZ = "with numpy.savez as x_train, y_train, x_test and y_test"
_SAVE_ARRAYS = f"save its arrays {_WITH_SAVEZ}"
_PICKLE = (
    "a pickle, which could run any code when it is read",
    f"if you trust it, load it and {_SAVE_ARRAYS}",
)
_ARFF = "an ARFF file", "save it as CSV, the label first"
_JSON = "JSON", "save it as CSV, the label first"
_PACKED = "a packed file", "unpack it"
_PICTURE = "a picture", "give it to nnfast.images.read_digit or nnfast query"
_UTF_16 = "text in UTF-16", "save it as CSV in UTF-8"

UNREAD = {
    b"\x80": _PICKLE,
    # Of the first protocols: a tuple or what is text, a list, a dict, an array.
    b"(": _PICKLE,
    b"]q": _PICKLE,
    b"}q": _PICKLE,
    b"cnumpy": _PICKLE,
    b"PAR1": ("a Parquet file", f"open it with pandas or polars, and {_SAVE_ARRAYS}"),
    b"ARROW1": ("an Arrow file", f"open it with pandas or polars, and {_SAVE_ARRAYS}"),
    b"@": _ARFF,
    b"%": _ARFF,
    b"\x93NUMPY": ("one NumPy array", f"save all four arrays {_WITH_SAVEZ}"),
    b"\x89HDF": ("an HDF5 file", f"open it with h5py, and {_SAVE_ARRAYS}"),
    b"MATLAB": ("a MATLAB file", f"open it with scipy.io.loadmat, and {_SAVE_ARRAYS}"),
    b"{": _JSON,
    b"[": _JSON,
    b"<": ("a web page, as failed downloads leave it", "download the data again"),
    b"version https://git-lfs": ("a pointer of Git LFS", "get the file itself with git lfs pull"),
    b"\xff\xfe": _UTF_16,
    b"\xfe\xff": _UTF_16,
    b"\x89PNG": _PICTURE,
    b"\xff\xd8\xff": _PICTURE,
    TAR_MARK: _PACKED,
    b"BZh": _PACKED,
    b"\xfd7zXZ": _PACKED,
    b"7z\xbc\xaf": _PACKED,
    b"\x28\xb5\x2f\xfd": _PACKED,
    GZIP_MARK: ("gzip within gzip", "unpack it"),
}
"""What files that are not read begin with, what they are, and what to do."""

BEGINNING = 512  # bytes that are enough to know a file


def why_unread(beginning: bytes) -> str | None:
    """Return what to say of a file that begins so, or None if it may be one that is read."""
    start = beginning.removeprefix(BYTE_ORDER_MARK).lstrip(b" \t\r\n")
    if beginning.startswith(TAR_MARK, TAR_PLACE):
        start = TAR_MARK
    for mark, (kind, cure) in UNREAD.items():
        if start.startswith(mark):
            return f"is {kind}: {cure}"
    return None
