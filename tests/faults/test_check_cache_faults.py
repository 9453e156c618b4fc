"""The cache: what it keeps, and that nothing in it is believed without a second look."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from theoryck.check import cache as cache_module
from theoryck.check.cache import ReportCache
from theoryck.check.engines import ENGINES, ask
from theoryck.check.workers import Answer, Job
from theoryck.claims.reading import read_claim
from theoryck.verdict import EngineReport, Finding, Instance, Scope, Status

DERIVE, PEP, _ = ENGINES
TABLE = {
    "id": "gd",
    "parameters": {"L": "L > 0", "R": "R > 0", "N": "integer, N >= 1"},
    "method": "gradient_descent(step=1/L)",
    "assumptions": ["convex", "smooth(L)"],
    "initial": "norm(x[0] - x_star)**2 <= R**2",
    "measure": "f(x[N]) - f_star",
    "bound": "L*R**2/(4*N + 2)",
    "at": [{"L": 1, "R": 1, "N": 1}],
}
SUPPORTED = EngineReport("derive", Status.SUPPORTED, "numbers", seconds=0.1)
PROVED = EngineReport("derive", Status.PROVED, "a proof", Scope.ALL_PARAMETERS, seconds=29.0)


def job(**changes) -> Job:
    return Job(read_claim(TABLE | changes), None, ENGINES)


def keep(cache, engine, report, limit, about, *, in_time=True, settled=False) -> None:
    cache.put(about, engine, Answer(report, limit, in_time), settled)


@pytest.fixture
def cache(tmp_path):
    return ReportCache(tmp_path / "cache", 60.0)


def entries(cache):
    return sorted(cache.folder.rglob("*.json"))


def test_what_was_found_is_found_again(cache):
    keep(cache, DERIVE, PROVED, 30.0, job())
    assert cache.get(job(), DERIVE) == PROVED
    assert cache.get(job(), PEP) is None


def test_another_claim_is_another_entry(cache):
    keep(cache, DERIVE, PROVED, 30.0, job())
    assert cache.get(job(bound="L*R**2/(4*N + 3)"), DERIVE) is None
    assert cache.get(job(at=[{"L": 1, "R": 1, "N": 2}]), DERIVE) is None


def test_other_sources_or_methods_are_another_entry(cache, monkeypatch):
    keep(cache, DERIVE, PROVED, 30.0, job())
    assert replace(cache, methods_hash="other").get(job(), DERIVE) is None
    monkeypatch.setattr(cache_module, "sources_hash", lambda: "changed")
    assert cache.get(job(), DERIVE) is None


def test_an_answer_that_time_cut_short_is_not_kept(cache):
    for report in (
        replace(SUPPORTED, seconds=29.0),
        replace(SUPPORTED, status=Status.INCONCLUSIVE, seconds=16.0),
        replace(SUPPORTED, findings=(Finding("fault", "a crash"),)),
    ):
        keep(cache, DERIVE, report, 30.0, job())
        assert cache.get(job(), DERIVE) is None


def test_a_time_out_is_kept_where_nothing_depends_on_it(cache):
    late = replace(SUPPORTED, status=Status.INCONCLUSIVE, seconds=32.0)
    keep(cache, DERIVE, late, 30.0, job(), in_time=False)
    assert cache.get(job(), DERIVE) is None
    keep(cache, DERIVE, late, 30.0, job(), in_time=False, settled=True)
    assert cache.get(job(), DERIVE) == late
    assert replace(cache, budget=61.0).get(job(), DERIVE) is None


def test_more_time_asks_again_unless_the_answer_is_final(cache):
    longer = replace(cache, budget=600.0)
    keep(cache, DERIVE, SUPPORTED, 30.0, job())
    assert cache.get(job(), DERIVE) == SUPPORTED
    assert replace(cache, budget=1.0).get(job(), DERIVE) == SUPPORTED
    assert longer.get(job(), DERIVE) is None
    keep(cache, DERIVE, PROVED, 30.0, job())
    assert longer.get(job(), DERIVE) == PROVED


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b'{"format": 1}', b"\xff\xfe", b"[" * 100_000, b'{"format": 99}'],
)
def test_a_corrupted_entry_is_as_good_as_none(cache, content):
    keep(cache, DERIVE, PROVED, 30.0, job())
    (entry,) = entries(cache)
    entry.write_bytes(content)
    assert cache.get(job(), DERIVE) is None
    keep(cache, DERIVE, PROVED, 30.0, job())
    assert cache.get(job(), DERIVE) == PROVED


def test_a_changed_entry_is_not_believed(cache):
    keep(cache, DERIVE, replace(SUPPORTED, reason="none"), 30.0, job())
    (entry,) = entries(cache)
    entry.write_text(entry.read_text().replace('"supported"', '"proved"'))
    assert cache.get(job(), DERIVE) is None


@pytest.fixture(scope="module")
def certified() -> EngineReport:
    report = ask(PEP, job().claim, 60.0)
    assert report.instances[0].status is Status.PROVED
    return report


def test_a_certificate_is_checked_again(cache, certified):
    keep(cache, PEP, certified, 60.0, job())
    assert cache.get(job(), PEP) is not None


@pytest.mark.parametrize("spoil", ["multiplier", "claim", "at", "missing"])
def test_a_certificate_that_does_not_check_is_not_believed(cache, certified, spoil):
    (instance,) = certified.instances
    certificate = json.loads(json.dumps(instance.certificate))
    at = dict(instance.at)
    match spoil:
        case "multiplier":
            multipliers = certificate["goals"][0]["multipliers"]
            name = next(iter(multipliers))
            multipliers[name] = multipliers[name] + "0"
        case "claim":
            certificate["claim"]["bound"] = "L*R**2"
        case "at":
            at["N"] = "2"
        case "missing":
            certificate = {}
    spoilt = replace(certified, instances=(replace(instance, certificate=certificate, at=at),))
    keep(cache, PEP, spoilt, 60.0, job())
    assert entries(cache)
    assert cache.get(job(), PEP) is None


def test_a_folder_that_cannot_be_used_is_no_error(tmp_path):
    (tmp_path / "file").write_text("")
    cache = ReportCache(tmp_path / "file" / "cache", 60.0)
    keep(cache, DERIVE, PROVED, 30.0, job())
    assert cache.get(job(), DERIVE) is None
    cache.prune()


def test_the_oldest_entries_go_first(cache):
    import os

    for number in range(5):
        keep(cache, DERIVE, PROVED, 30.0, job(bound=f"L*R**2/{number + 2}"))
        newest = max(entries(cache), key=lambda path: path.stat().st_mtime_ns)
        os.utime(newest, (number, number))
    cache.prune(max_entries=2)
    assert sorted(path.stat().st_mtime for path in entries(cache)) == [3, 4]
    cache.prune(max_bytes=1)
    assert entries(cache) == []


def test_an_unserialisable_witness_is_not_kept(cache):
    class Odd:
        def __str__(self):
            raise ValueError("no text")

    instance = Instance({}, None, None, Status.REFUTED, witness={"x": Odd()})
    with pytest.raises(ValueError, match="no text"):
        keep(cache, PEP, replace(PROVED, engine="pep", instances=(instance,)), 1.0, job())
