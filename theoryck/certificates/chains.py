"""Certificates that are chains of potentials: their exact check, and the JSON data of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from theoryck.algebra import NumberSystem
from theoryck.certificates.checker import CertificateError, exact
from theoryck.certificates.links import (
    Chain,
    Potential,
    check_end,
    check_link,
    check_start,
    links,
)
from theoryck.claims.claim import RateClaim
from theoryck.claims.expressions import Expr

KIND = "chain"
MAX_NAMES = 1000  # of one potential, or of the multipliers of one link
SEPARATOR = ","  # between the names of a pair, in text

Texts = Mapping[str, str]


@dataclass(frozen=True)
class LinkProof:
    """The multipliers of one link, exact numbers as text; ``completion`` as in
    :class:`theoryck.certificates.GoalCertificate`."""

    multipliers: Texts
    completion: tuple[str, ...] = ()


@dataclass(frozen=True)
class ChainCertificate:
    """Potentials V_0, ..., V_N and a proof of the start, of each link and of the end.

    ``potentials`` map names to exact numbers as text: ``h`` (f − f*), pairs such as ``s0,g`` (see
    :class:`theoryck.certificates.links.Seen`) and ``1``. ``weights`` belong to the terms of a
    minimum; a sum has none.
    """

    potentials: Sequence[Texts]
    proofs: Sequence[LinkProof]
    weights: Sequence[str] = ()


def potential(texts: Texts, numbers: NumberSystem) -> Potential:
    """A potential from its text."""
    values, gram, constant = {}, {}, numbers.integer(0)
    for name, text in texts.items():
        number = exact(text, numbers)
        left, comma, right = name.partition(SEPARATOR)
        if comma:
            gram[left, right] = number
        elif name == "1":
            constant = number
        else:
            values[name] = number
    return Potential(values, gram, constant)


def check_chain(chain: Chain, certificate: ChainCertificate) -> None:
    """Raise CertificateError unless the certificate proves the chain's claim.

    Raises:
        CertificateError: a wrong number of potentials or proofs, wrong weights, or a link whose
            inequality does not follow; the message says which.
        UndecidedError: in balls, something could not be told at the working precision.
    """
    numbers, count = chain.numbers, chain.length
    if len(certificate.potentials) != count + 1 or len(certificate.proofs) != count + 2:
        raise CertificateError(
            f"{len(certificate.potentials)} potentials and {len(certificate.proofs)} proofs; a "
            f"chain of {count} links has {count + 1} and {count + 2}"
        )
    weights = _weights(chain, certificate.weights)
    first, *between, last = certificate.proofs
    before = potential(certificate.potentials[0], numbers)
    with _where("the start"):
        check_start(chain.start, before, first.multipliers, first.completion)
    for k, proof in enumerate(between):
        with _where(f"link {k}"):
            link = chain.link(k)
            index = numbers.integer(k)
            paid = None
            if chain.measured.stands_at(index):
                paid = chain.quantity(index, link)
                paid = paid if weights is None else paid * next(weights)
            after = potential(certificate.potentials[k + 1], numbers)
            check_link(link, before, after, paid, proof.multipliers, proof.completion)
            before = after
    with _where("the end"):
        index = numbers.integer(count)
        paid = None
        if chain.measured.stands_at(index):
            paid = chain.last_quantity(index, chain.end)
            paid = paid if weights is None else paid * next(weights)
        check_end(chain.end, before, paid, last.multipliers, last.completion)


@contextmanager
def _where(part: str) -> Iterator[None]:
    """Says in a CertificateError which part of the chain it is about."""
    try:
        yield
    except CertificateError as error:
        raise CertificateError(f"{part}: {error}") from error


def _weights(chain: Chain, texts: Sequence[str]) -> Iterator[Any] | None:
    """The weights of a minimum: non-negative, with sum 1. A sum is measured as it stands."""
    numbers, measured = chain.numbers, chain.measured
    if measured.kind != "min":
        if texts:
            raise CertificateError("weights for a measure that is no minimum")
        return None
    count = numbers.to_integer(measured.last - measured.first) + 1
    if len(texts) != count:
        raise CertificateError(f"{len(texts)} weights for a minimum of {count} terms")
    weights = [exact(text, numbers) for text in texts]
    total = numbers.integer(0)
    for weight in weights:
        if numbers.sign(weight) < 0:
            raise CertificateError("a negative weight of the measure")
        total = total + weight
    if numbers.sign(total - 1) != 0:
        raise CertificateError("the weights of the measure do not sum to 1")
    return iter(weights)


def chain_document(
    claim: RateClaim, at: Texts, arithmetic: str, certificate: ChainCertificate
) -> dict[str, Any]:
    """The JSON data of a chain of potentials."""
    return {
        "format": 1,
        "kind": KIND,
        "claim": dict(claim.table),
        "at": dict(at),
        "arithmetic": arithmetic,
        "potentials": [dict(texts) for texts in certificate.potentials],
        "weights": list(certificate.weights),
        "proofs": [
            {"multipliers": dict(proof.multipliers), "completion": list(proof.completion)}
            for proof in certificate.proofs
        ],
    }


def verify_chain(
    data: Mapping[str, Any], claim: RateClaim, at: Mapping[str, Expr], numbers: NumberSystem
) -> tuple[str, ...]:
    """Check the data of a chain against the claim; give what it establishes, in words.

    Raises what :func:`check_chain` and :func:`links` raise.
    """
    if claim.relation != "<=":
        raise CertificateError("a chain of potentials bounds from above; the claim is an equality")
    chain = links(claim, at, numbers)
    certificate = _read(data, chain.length)
    check_chain(chain, certificate)
    where = ", ".join(f"{name} = {value}" for name, value in data["at"].items()) or "no parameters"
    return (
        f"The bound of claim {claim.id!r} holds at {where}: for every function that meets the "
        "assumptions, every admissible start and every dimension.",
        f"It follows from {chain.length + 1} potentials: the bound is at least the first, each is "
        "at least the next plus what is measured there, whatever the state, and the last is at "
        f"least what is measured at the end. Each of these {chain.length + 2} steps is a sum of "
        f"inequalities with non-negative multipliers and a square, in exact {numbers.name}.",
        "It does not establish the bound at other parameter values, nor that it is tight.",
    )


def _read(data: Mapping[str, Any], count: int) -> ChainCertificate:
    """The certificate in the data of a stranger, for a chain of ``count`` links."""
    return ChainCertificate(
        tuple(_texts(entry, "potentials") for entry in _list(data, "potentials", count + 1)),
        tuple(_proof(entry) for entry in _list(data, "proofs", count + 2)),
        tuple(_list(data, "weights", count + 1)),
    )


def _proof(entry: Any) -> LinkProof:
    if not isinstance(entry, dict):
        raise CertificateError("proofs: tables expected")
    completion = _list(entry, "completion", MAX_NAMES)
    if not all(isinstance(name, str) for name in completion):
        raise CertificateError("completion: names of inequalities expected")
    return LinkProof(_texts(entry.get("multipliers"), "multipliers"), tuple(completion))


def _list(data: Mapping[str, Any], name: str, most: int) -> list[Any]:
    found = data.get(name, [])
    if not isinstance(found, list) or len(found) > most:
        raise CertificateError(f"{name}: a list of at most {most} entries expected")
    return found


def _texts(entry: Any, what: str) -> Texts:
    if not isinstance(entry, dict) or len(entry) > MAX_NAMES:
        raise CertificateError(f"{what}: a table of at most {MAX_NAMES} names and numbers expected")
    return entry
