"""The tables and the rows of the embedded engine, kept for the engines of another environment.

python -m tests.conformance.reference FOLDER
"""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.conformance.analyses import ANALYSES
from tests.conformance.orders_made import make, opened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.conformance.analyses import Rows


def reference_of(data: Path) -> Mapping[str, Rows]:
    """Every analysis by the embedded engine alone."""
    base = opened(data)
    return {name: analysis(base) for name, analysis in ANALYSES.items()}


def main() -> None:
    """Write the reference of every size into a folder."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for size in (4_000, 100_000):
        data = make(folder / f"data-{size}", size)
        (folder / f"{size}.pickle").write_bytes(pickle.dumps(reference_of(data)))


if __name__ == "__main__":
    main()
