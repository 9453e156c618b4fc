"""How long derive takes for the proofs of tests/quality/claims, each in a process of its own.

Run as ``python benchmarks/derivations.py [REPEATS] [AREA ...]``; it prints the slowest ones.
There is no peer: no other tool derives rates for all parameters. The wanted figure is five seconds.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from statistics import median

CLAIMS = Path(__file__).parents[1] / "tests" / "quality" / "claims"
WANTED = 5.0
SHOWN = 12


def seconds(area: str, name: str) -> tuple[str, float]:
    """The status of one claim and the time it took, imports apart."""
    from theoryck.claims.reading import read_claim
    from theoryck.derive import prove

    data = tomllib.loads((CLAIMS / f"{area}.toml").read_text(encoding="utf-8"))
    table = next(t for t in data["claim"] if t["id"] == name)
    claim = read_claim({key: value for key, value in table.items() if key != "expect"})
    began = time.perf_counter()
    report = prove(claim, time.monotonic() + 60)
    return str(report.status), time.perf_counter() - began


def in_a_process(area: str, name: str) -> tuple[str, float]:
    """As :func:`seconds`, in a process of its own."""
    command = [sys.executable, __file__, "--one", area, name]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    status, taken = json.loads(done.stdout)
    return status, taken


def main(repeats: int, areas: list[str]) -> None:
    """Prints the table."""
    rows = []
    for file in sorted(CLAIMS.glob("*.toml")):
        if areas and file.stem not in areas:
            continue
        for table in tomllib.loads(file.read_text(encoding="utf-8"))["claim"]:
            if table.get("expect") != "proved":
                status, _ = in_a_process(file.stem, table["id"])
                if status == "proved":
                    print(f"{file.stem}: the near miss {table['id']} is proved", file=sys.stderr)
                continue
            runs = [in_a_process(file.stem, table["id"]) for _ in range(repeats)]
            rows.append((median(taken for _, taken in runs), runs[0][0], file.stem, table["id"]))
    rows.sort(reverse=True)
    proved = [row for row in rows if row[1] == "proved"]
    within = sum(row[0] <= WANTED for row in proved)
    print(
        f"{len(rows)} claims, {len(proved)} proved, {within} of them within {WANTED:g} s; "
        f"median {median(row[0] for row in rows):.2f} s. Medians of {repeats} runs; "
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}.\n"
    )
    print("| area | claim | status | seconds |\n| --- | --- | --- | --- |")
    for taken, status, area, name in rows[:SHOWN]:
        print(f"| {area.removeprefix('derive_')} | `{name}` | {status} | {taken:.1f} |")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(seconds(*sys.argv[2:4])))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 3, sys.argv[2:])
