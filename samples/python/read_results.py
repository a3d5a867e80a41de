"""Reads result folders of interp with pandas: layer x position, the strongest heads, two runs side by side, metadata.

Make the folders first:

    interp patch --model demo --clean "Mary met John . Mary" --corrupted "Anna met John . Mary" \
        --answer met --wrong saw --sites resid_pre,z --out results
    interp patch ... --direction noise --out noise

Then: python3 read_results.py results [noise]. Needs pandas and pyarrow.
"""

import json
import pathlib
import sys

import pandas as pd
import pyarrow.feather

CELL = ["prompt", "hook", "layer", "head", "pos"]


def layer_by_position(patching: pd.DataFrame) -> pd.DataFrame:
    """The effect of the stream at each layer and position, averaged over prompts."""
    stream = patching[patching["site"].astype(str) == "resid_pre"]
    return stream.pivot_table(index="layer", columns="pos", values="effect")


def top_heads(summary: pd.DataFrame, count: int = 5) -> pd.DataFrame:
    """The heads with the largest mean effect."""
    heads = summary[summary["site"].astype(str) == "z"]
    top = heads.loc[heads["mean"].abs().nlargest(count).index].copy()
    top["name"] = [f"L{int(row.layer)}H{int(row.head)}" for row in top.itertuples()]
    return top[["name", "mean", "ci_low", "ci_high", "q"]]


def side_by_side(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    """The effects of two runs, cell by cell."""
    parts = [frame[CELL + ["effect"]].astype({"hook": str}) for frame in (one, other)]
    return parts[0].merge(parts[1], on=CELL, suffixes=("_one", "_other"))


def main(folders: list[str]) -> None:
    first = pathlib.Path(folders[0])
    manifest = json.loads((first / "manifest.json").read_text())
    print({table["name"]: table["rows"] for table in manifest["tables"]})
    patching = pd.read_feather(first / "patching.arrow")
    metadata = pyarrow.feather.read_table(first / "patching.arrow").schema.metadata
    print("result", metadata[b"interp.result_sha256"].decode())
    print(layer_by_position(patching))
    print(top_heads(pd.read_feather(first / "patching_summary.arrow")))
    if len(folders) > 1:
        both = side_by_side(patching, pd.read_feather(pathlib.Path(folders[1]) / "patching.arrow"))
        assert len(both) == len(patching), "the runs have other cells"
        print(both)


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1:])
