"""Claim files from strangers: each abuse is a clear error, and none costs more than reading."""

import signal
import sys
import tracemalloc
from contextlib import contextmanager

import pytest

from theoryck.claims import InvalidClaim, limits, read_claim, read_file
from theoryck.errors import ClaimError

HEAD = (
    'format = 1\n[[claim]]\nid = "a"\nkind = "identity"\nparameters = { x = "", N = "integer" }\n'
)


@contextmanager
def alarm(seconds):
    """Interrupts what hangs; the limit is far above what the machine needs."""

    def ring(*_):
        raise TimeoutError(f"not done in {seconds} s")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def claim_with(expression):
    return f'{HEAD}lhs = """{expression}"""\nrhs = "1"\n'


def error_in(tmp_path, text):
    path = tmp_path / "claims.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with alarm(60):
        try:
            entries = read_file(path).entries
        except ClaimError as error:
            return error
    assert isinstance(entries[0], InvalidClaim)
    return entries[0].errors[0]


EXPRESSIONS = {
    "power tower": ("9**9**9", "more than 1000 digits"),
    "power tower over a name": ("x**9**9**9", "more than 1000 digits"),
    "nested powers of a name": ("((x**1000)**1000)**1000", "exponent"),
    "tower of exponentials": ("exp(exp(exp(exp(10))))", "more than 1000 digits"),
    "rounded exponential": ("floor(exp(10**6))", "more than 1000 digits"),
    "hyperbolic tower": ("sinh(cosh(sinh(100)))", "more than 1000 digits"),
    "long digits": ("9" * 5000, "more than 1000 digits"),
    "huge decimal exponent": ("1e999999999", "more than 1000 digits"),
    "tiny decimal exponent": ("1e-999999999", "more than 1000 digits"),
    "horizon in a range": ("sum_over(k, 0, 10**12, k)", "terms"),
    "nested ranges": ("sum_over(a, 1, 10**4, sum_over(b, 1, 10**4, a*b))", "terms"),
    "ranges that grow": ("sum_over(a, 1, 10**4, sum_over(b, 1, a**3, b))", "terms"),
    "long text": ("x + " * 3000 + "x", "12001 characters"),
    "nested parentheses": ("(" * 4000 + "x" + ")" * 4000, "nested brackets"),
    "nested calls": ("abs(" * 1000 + "x" + ")" * 1000, "nested brackets"),
    "nested brackets": ("x[" * 4000, "nested brackets"),
    "signs": ("-" * 9000 + "x", "signs in a row"),
    "signs apart": ("- " * 4000 + "x", "signs in a row"),
    "long sum": ("+".join("x" * 1000), "levels"),
    "long power": ("**".join("x" * 900), "levels"),
    "long comparison": ("<".join("x" * 900), "comparison"),
    "many tokens": ("x," * 4000, "tokens"),
    "many arguments": (f"max({','.join('x' * 900)}, (x, x))", "comma"),
    "import": ("__import__('os').system('true')", "strings"),
    "attribute": ("x.__class__", "attributes"),
    "code": ("print(1)", "unknown function"),
    "NUL by escape": ("\\u0000", "NUL"),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_expressions_that_ask_for_too_much(tmp_path, name):
    text, problem = EXPRESSIONS[name]
    error = error_in(tmp_path, claim_with(text))
    assert problem in str(error)
    assert error.place.claim == "a"
    assert error.place.key == "lhs"


PARTS = ".".join(f"a{i}" for i in range(2000))
DOCUMENTS = {
    "empty": ("", "`format` is missing"),
    "no format": ('[[claim]]\nid = "a"\n', "`format` is missing"),
    "another format": ("format = 2\n[[claim]]\n", "format 2"),
    "format as a float": ("format = 1.0\n[[claim]]\n", "format"),
    "format as a truth": ("format = true\n[[claim]]\n", "format true"),
    "no claims": ("format = 1\n", "no claims"),
    "empty claims": ("format = 1\nclaim = []\n", "no claims"),
    "a single claim": ("format = 1\n[claim]\n", "[[claim]]"),
    "another name": ("format = 1\n[[claims]]\n", "'claim'"),
    "claims as numbers": ("format = 1\nclaim = [1]\n", "a table is needed"),
    "not TOML": ("format = 1\n[[claim\n", "not TOML"),
    "a key twice": ('format = 1\n[[claim]]\nid = "a"\nid = "b"\n', "not TOML"),
    "a date": (f"{HEAD}lhs = 1979-05-27\nrhs = 1\n", "a date"),
    "no such date": (f"{HEAD}lhs = 1979-02-31\n", "not TOML"),
    "NUL": (f'{HEAD}lhs = "\0"', "line 6 holds a NUL"),
    "bad UTF-8": (b'format = 1\n[[claim]]\nid = "\xff"', "line 3 is not UTF-8"),
    "UTF-16": ("format = 1".encode("utf-16"), "not UTF-8"),
    "million characters in a line": (f'{HEAD}text = "{"x" * 900_000}"\n', "characters"),
    "over the size": (b"#" * 2_000_000, "bytes"),
    "nested arrays": ("format = 1\na = " + "[\n" * 90_000, "nested too deeply"),
    "nested tables": ("format = 1\na = " + "{a = " * 3000, "nested too deeply"),
    "dotted keys": ("format = 1\n" + f"{PARTS} = 1\n" * 40, "dots"),
    "dotted headers": ("format = 1\n" + f"[{PARTS}]\n" * 40, "dots"),
    "quoted dotted keys": ("format = 1\n" + '"a b".' * 3000 + "a = 1\n", "dots"),
    "hidden dotted keys": (f'format = 1\na = {{a = """\n"""", {PARTS}="x"}}\n' * 9, "dots"),
    "many quotes": ("format = 1\n" + ('"' * 19_000 + "." * 40 + "\n") * 40, "not TOML"),
    "huge integer": (f"{HEAD}lhs = {'9' * 15_000}\n", "digits"),
    "long integer": (f"{HEAD}lhs = {'9' * 4_000}\nrhs = 1\n", "digits"),
    "huge float": (f"{HEAD}lhs = 1e999999999\nrhs = 1\n", "digits"),
    "not a number": (f"{HEAD}lhs = nan\nrhs = 1\n", "no number"),
    "infinite": (f"{HEAD}lhs = inf\nrhs = 1\n", "'oo'"),
    "too many claims": ("format = 1\n" + "[[claim]]\n" * 1001, "more than 1000 claims"),
}  # fmt: skip


@pytest.mark.parametrize("name", DOCUMENTS)
def test_files_that_are_no_claims(tmp_path, name):
    text, problem = DOCUMENTS[name]
    error = error_in(tmp_path, text)
    assert problem in str(error)
    assert str(tmp_path) in str(error)


def test_a_huge_file_is_not_read(tmp_path):
    path = tmp_path / "claims.toml"
    with path.open("wb") as stream:
        stream.truncate(100 * 2**20)
    tracemalloc.start()
    try:
        with alarm(60), pytest.raises(ClaimError, match="bytes"):
            read_file(path)
        assert tracemalloc.get_traced_memory()[1] < 10 * 2**20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", [".", "missing.toml", "missing/claims.toml", "a\0b"])
def test_what_is_no_file(tmp_path, name):
    with pytest.raises(ClaimError) as caught:
        read_file(f"{tmp_path}/{name}")
    assert caught.value.place.file == f"{tmp_path}/{name}"


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such device")
def test_a_device_is_not_opened():
    with alarm(60), pytest.raises(ClaimError, match="not a file"):
        read_file("/dev/zero")


def test_values_that_ask_for_too_much():
    table = {"id": "a", "kind": "identity", "rhs": "1"}
    integer = {**table, "parameters": {"N": "integer, N >= 1"}, "lhs": "N"}
    with alarm(60):
        for value in (10**12, "10**12", 10**30, "9**900"):
            with pytest.raises(ClaimError, match="beyond 1000000"):
                read_claim({**integer, "at": [{"N": value}]})
        nested = "sum_over(i, 1, N, sum_over(j, 1, i, i*j))"
        with pytest.raises(ClaimError, match="terms"):
            read_claim({**integer, "lhs": nested, "at": [{"N": 10**6}]})
        assert read_claim({**integer, "lhs": nested, "at": [{"N": 10**3}]})
        tower = {**integer, "lhs": "((2**N)**N)**N - N**(N**N)"}
        assert read_claim({**tower, "at": [{"N": 10**6}] * 3})
        with pytest.raises(ClaimError, match="more than 1000 entries"):
            read_claim({**integer, "at": [{"N": 1}] * 1001})
        constrained = {"N": "integer, N >= 1", "x": "x < (2**N)**N"}
        read_claim({**integer, "parameters": constrained, "at": [{"N": 10**6, "x": 1}]})


def test_the_work_on_many_instances_is_bounded():
    long = " + ".join(["N"] * 140)
    with alarm(60):
        read_claim(
            {
                "id": "a",
                "kind": "identity",
                "parameters": {"N": "integer, N >= 1"},
                "lhs": long,
                "rhs": f"({long})*({long})*({long})",
                "at": [{"N": 10**6}] * limits.MAX_ENTRIES,
            }
        )


def test_a_full_stack_is_no_traceback():
    def deep(levels):
        if levels:
            return deep(levels - 1)
        return read_claim(
            {"id": "a", "kind": "identity", "lhs": "(" * 90 + "1" + ")" * 90, "rhs": 1}
        )

    assert deep(100)
