"""Change one field of a certificate or a witness: `verify` rejects it, or it is still true.

Every document here is tight: no multiplier, share or coordinate has room. So a change that is
accepted is one after which the document holds for a reason that can be told, and these are listed.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pytest

from theoryck.certificates import verify
from theoryck.errors import TheoryckError

Path = tuple[Any, ...]

DESCENT = {
    "id": "gd",
    "parameters": {"L": "L > 0", "R": "R > 0", "N": "integer, N >= 1"},
    "method": "gradient_descent(step=1/L)",
    "assumptions": ["convex", "smooth(L)"],
    "initial": "norm(x[0] - x_star)**2 <= R**2",
    "measure": "f(x[N]) - f_star",
    "bound": "L*R**2/(4*N + 2)",
}
AT = {"L": "2", "R": "3", "N": "1"}
PROOF = {
    "weights": ["1"],
    "multipliers": {
        "curvature(y1,y0)": "443447/885531",
        "curvature(x_star,y1)": "664489/885531",
        "curvature(y0,y1)": "664489/885531",
        "initial(0)": "1/3",  # L/6
        "curvature(x_star,y0)": "221042/885531",
    },
    "completion": [],
}
RUN = {
    "dimension": 1,
    "vectors": {"d": ["3"], "g0": ["2"], "g1": ["2"]},
    "values": {"h0": "5", "h1": "3"},
}


def document(kind: str, claim: dict[str, Any], at: dict[str, str], **content: Any) -> dict:
    return {
        "format": 1,
        "kind": kind,
        "claim": {**claim, "at": [at]},
        "at": at,
        "arithmetic": "rationals",
    } | content


# ‖g0 + g1‖² <= L⟨g0 + g1, x0 + x1 - 2x*⟩ for quadratics: (1, 1) on both sides of (LX - G)ᵀG ⪰ 0
SPECTRUM = {
    "id": "two-gradients",
    "parameters": {"L": "L > 0", "R": "R > 0"},
    "method": "gradient_descent(step=1/(2*L))",
    "assumptions": ["quadratic", "smooth(L)"],
    "initial": "norm(x[0] - x_star)**2 <= R**2",
    "measure": "norm(grad(x[0]) + grad(x[1]))**2",
    "bound": "L*dot(grad(x[0]) + grad(x[1]), x[0] + x[1] - 2*x_star)",
}
# a clipped step is at most step·threshold long
CLIPPED = {
    "id": "clipped",
    "parameters": {"s": "s > 0", "t": "t > 0", "R": "R > 0"},
    "method": "clipped_gd(step=s, threshold=t)",
    "assumptions": ["convex", "smooth(1)"],
    "initial": "norm(x[0] - x_star)**2 <= R**2",
    "measure": "norm(x[1] - x[0])**2",
    "bound": "s**2*t**2",
}
SHORT = {"s": "2", "t": "3", "R": "5"}

DOCUMENTS = {
    "bound": document("upper-bound", DESCENT, AT, goals=[PROOF]),
    "equality": document(
        "upper-bound", DESCENT | {"relation": "=="}, AT, goals=[PROOF], attained=RUN
    ),
    "gap": document(
        "gap",
        DESCENT | {"relation": "==", "bound": "L*R**2/(4*N + 1)"},
        AT,
        goals=[PROOF],
        share="5/6",
    ),
    "witness": document("witness", DESCENT | {"bound": "0.99*L*R**2/(4*N + 2)"}, AT, **RUN),
    "matrix": document(
        "upper-bound",
        SPECTRUM,
        {"L": "2", "R": "1"},
        goals=[
            {
                "weights": ["1"],
                "multipliers": {
                    "spectrum(y0,y0)": "1",
                    "spectrum(y1,y0)": "2",
                    "spectrum(y1,y1)": "1",
                },
                "completion": [],
            }
        ],
    ),
    "cases": document(
        "upper-bound",
        CLIPPED,
        SHORT,
        goals=[
            {"weights": ["1"], "multipliers": {"case(0)": "4"}, "completion": []},
            {"weights": ["1"], "multipliers": {"length(u0)": "36"}, "completion": []},
        ],
    ),
    # ½x² from x₀ = 5: the gradient 5 is longer than the threshold
    "witness with cases": document(
        "witness",
        CLIPPED | {"bound": "0.99*s**2*t**2"},
        SHORT,
        dimension=1,
        cases=[False],
        vectors={"d": ["5"], "g0": ["5"], "u0": ["1"]},
        values={"h0": "25/2"},
    ),
}

NUMBER = re.compile(r"-?[0-9]+(/[0-9]+)?")


def leaves(node: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every leaf of a JSON tree."""
    if isinstance(node, dict | list):
        for key, child in node.items() if isinstance(node, dict) else enumerate(node):
            yield from leaves(child, (*path, key))
    else:
        yield path, node


def mutants(leaf: Any) -> Iterator[Any]:
    """Small changes of one leaf: of a number, of a flag, of each number and sign in a text."""
    if isinstance(leaf, bool):
        yield not leaf
    elif isinstance(leaf, int):
        yield from (leaf + 1, leaf - 1, -leaf)
    elif NUMBER.fullmatch(leaf):
        value = Fraction(leaf)
        for new in (value * Fraction(101, 100), value * Fraction(99, 100), -value, value + 1, 0):
            if new != value:
                yield str(new)
    else:
        for found in re.finditer(r"(?<![A-Za-z0-9_.])[0-9]+", leaf):
            for new in (int(found[0]) + 1, max(int(found[0]) - 1, 0)):
                yield leaf[: found.start()] + str(new) + leaf[found.end() :]
        for found in re.finditer(r" [-+<>]=? |==|\*\*|\*|/", leaf):
            for sign in (" - ", " + ", " <= ", " >= ", "*", "/"):
                if sign != found[0]:
                    yield leaf[: found.start()] + sign + leaf[found.end() :]


def structural(node: Any, path: Path = ()) -> Iterator[tuple[Path, str, Any]]:
    """Entries left out, doubled or renamed, in every table and list."""
    if isinstance(node, dict):
        for key, child in node.items():
            rest = {k: v for k, v in node.items() if k != key}
            yield path, f"no {key}", rest
            renamed = re.sub(r"[0-9]+", lambda m: str(int(m[0]) + 1), key)
            if renamed != key:
                yield path, f"{key} -> {renamed}", {**rest, renamed: child}
            yield from structural(child, (*path, key))
    elif isinstance(node, list):
        for place, child in enumerate(node):
            yield path, f"no [{place}]", node[:place] + node[place + 1 :]
            yield path, f"[{place}] twice", [*node[: place + 1], *node[place:]]
            yield from structural(child, (*path, place))


def replaced(document: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    if not path:
        return copy.deepcopy(value)
    new = copy.deepcopy(document)
    place = new
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return new


def all_mutants(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every mutant, with what was changed."""
    for path, leaf in leaves(document):
        for new in mutants(leaf):
            yield f"{'.'.join(map(str, path))}: {new}", replaced(document, path, new)
    for path, what, new in structural(document):
        yield f"{'.'.join(map(str, path))}: {what}", replaced(document, path, new)


def verifies(document: dict[str, Any]) -> bool:
    """Anything but a TheoryckError is a failure of the test."""
    try:
        verify(document)
    except TheoryckError:
        return False
    return True


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_document_itself_verifies(name: str) -> None:
    assert verify(DOCUMENTS[name]).refutes == (name.startswith(("witness", "gap")))


DISTANCE = re.compile(r"norm\(x\[0\] [-+] x_star\)")


def value_of(text: str, at: dict[str, Any]) -> Any:
    """An expression of the claims above (their text and ours, no stranger's)."""
    exact = re.sub(r"[0-9.]+", lambda m: f"Fraction({m[0]!r})", text)
    names = {name: Fraction(value) for name, value in at.items()}
    return eval(exact, {"Fraction": Fraction, **names})


def descent_is_true(document: dict[str, Any]) -> bool:
    """The known worst case L·r²/6 of one step 1/L from ‖x₀ − x*‖ <= r, against what is said."""
    claim, at = document["claim"], document["at"]
    step = re.fullmatch(r"gradient_descent\(step=(.*)\)", claim["method"])
    start = re.fullmatch(r"norm\(x\[0\] - x_star\)\*\*2 <= (.*)", claim.get("initial", ""))
    # a witness has x* and f* in the origin, so that their signs do not matter
    signs = "[-+]" if document["kind"] == "witness" else "-"
    same = re.fullmatch(rf"f\(x\[N\]\) {signs} f_star", claim["measure"])
    refuting = document["kind"] == "witness"  # in a larger class it is one too
    enough = {*claim["assumptions"]} <= {"convex", "smooth(L)"}
    if not (step and same and enough and (refuting or len({*claim["assumptions"]}) == 2)):
        return False
    if value_of(step[1], at) * Fraction(at["L"]) != 1 or Fraction(at["N"]) != 1:
        return False
    bound = value_of(claim["bound"], at)
    if document["kind"] == "witness":  # from x0 = 3 and x* = 0, f falls to 3
        return bound < 3 and value_of(DISTANCE.sub("3", claim.get("initial", "True")), at) is True
    if start is None:
        return False
    worst = Fraction(at["L"]) * value_of(start[1], at) / 6
    equality = claim.get("relation") == "=="
    match document["kind"]:
        case "upper-bound":
            return bound == worst if equality else bound >= worst
        case "gap":
            share = Fraction(document["share"])
            return equality and share < 1 and worst <= share * bound
    return False


SMOOTH = ("smooth(1)", "smooth(2)")


def clipped_is_true(document: dict[str, Any]) -> bool:
    """The longest step is s·t, for a gradient that is long enough."""
    claim, at = document["claim"], document["at"]
    if claim["method"] != CLIPPED["method"]:
        return False
    # the bound holds whatever is assumed; ½x² is in every class that is named
    if document["kind"] == "witness" and not {*claim["assumptions"]} <= {"convex", *SMOOTH}:
        return False
    length = re.sub(r"norm\(x\[1\] - x\[1\]\)", "0", claim["measure"])
    measure = value_of(re.sub(r"norm\(x\[1\] - x\[0\]\)", "(s*t)", length), at)
    bound = value_of(claim["bound"], at)
    return bound < measure if document["kind"] == "witness" else bound >= measure


def matrix_is_true(document: dict[str, Any]) -> bool:
    """‖g‖² <= L⟨g, x⟩ for g = Qx and Q ⪯ L, at any start and step."""
    claim, at = document["claim"], document["at"]
    curved = re.fullmatch(r"smooth\((.*)\)", claim["assumptions"][-1])
    factor, _, rest = claim["bound"].partition("*dot")
    same = rest == SPECTRUM["bound"].partition("*dot")[2]
    if not (curved and same and "quadratic" in claim["assumptions"]):
        return False
    return (
        claim["measure"] == SPECTRUM["measure"]
        and value_of(curved[1], at) == value_of(factor, at)
        and document["kind"] == "upper-bound"
    )


TRUTHS = {
    "bound": descent_is_true,
    "equality": descent_is_true,
    "gap": descent_is_true,
    "witness": descent_is_true,
    "matrix": matrix_is_true,
    "cases": clipped_is_true,
    "witness with cases": clipped_is_true,
}
# what may change without a change of what is established: how the parameters are declared (the
# instance is checked against it), the claim's own instances, a table that may be left out
EMPTY = re.compile(r"claim\.parameters|claim\.at|claim: no at|goals\.[01]: no completion")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_changed_document_is_rejected_or_still_true(name: str) -> None:
    original = DOCUMENTS[name]
    count = 0
    for where, mutant in all_mutants(original):
        count += 1
        if verifies(mutant) and not EMPTY.match(where):
            assert mutant["kind"] == original["kind"], where
            assert TRUTHS[name](mutant), where
    assert count > 100


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_number_of_the_proof_or_the_run_has_room(name: str) -> None:
    """Beside the claim and its instance, only a larger share leaves a document true."""
    for path, leaf in leaves(DOCUMENTS[name]):
        if path[0] in ("goals", "vectors", "values", "attained", "cases", "dimension"):
            for new in mutants(leaf):
                assert not verifies(replaced(DOCUMENTS[name], path, new)), (path, new)
