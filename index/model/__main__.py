"""Convert the package's model, as it was before training: `python -m index.model --output DIR`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from corpus.errors import ZhijianError
from index.model.directory import Precision, convert, trim, write_directory
from index.model.packed import find_packed_file, read_packed


def main(arguments: list[str] | None = None) -> int:
    """Build the model directory; return 0, or 1 where the weights can't be read."""
    parser = argparse.ArgumentParser(prog="python -m index.model", description=__doc__)
    parser.add_argument("--output", type=Path, required=True, help="the directory to write")
    parser.add_argument("--precision", type=Precision, choices=list(Precision), default=Precision.INT4)
    parser.add_argument("--untrimmed", action="store_true", help="keep the whole vocabulary")
    options = parser.parse_args(arguments)
    try:
        model = read_packed(find_packed_file())
        model = model if options.untrimmed else trim(model)
        write_directory(convert(model, options.precision), options.output)
    except ZhijianError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    size = sum(path.stat().st_size for path in options.output.rglob("*") if path.is_file())
    print(f"{options.output}: {model.shape.vocabulary} pieces, {options.precision}, {size / 1e6:.1f} MB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
