"""The command ``theoryck``.

Exit codes of ``theoryck check``: see :func:`theoryck.check.run.exit_code`; 130 after Ctrl-C.
Nothing heavy is imported here before it is needed, so that ``--help`` is quick.
"""

from __future__ import annotations

import io
import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from theoryck import __version__
from theoryck.errors import TheoryckError

if TYPE_CHECKING:
    from theoryck.check.engines import Engine
    from theoryck.check.run import Outcome
    from theoryck.check.workers import Store
    from theoryck.report.evidence import Place

INTERRUPTED = 130
EXIT_CODES = """\b
Exit codes:
  0  nothing refuted, nothing unlike its `expect`
  1  a claim is refuted and was not expected to be, or is unlike its `expect`
  2  a file cannot be read as claims, or a claim is invalid and was not expected
     to be (this goes before 1), or the command line is wrong
  3  none of these, but a claim without `expect` is inconclusive
"""
DERIVE_CODES = """\b
Exit codes:
  0  every claim is derived
  1  a claim is refuted, which was not expected
  2  the file cannot be read, has no such claim, or a claim is invalid
  3  none of these, but a claim is not derived
"""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="theoryck")
def cli() -> None:
    """A type-checker for convergence theorems: a claim goes in, a verdict comes out."""


def _engines(context: click.Context, parameter: click.Parameter, value: str) -> tuple[Engine, ...]:
    from theoryck.check.engines import UnknownEngineError, select

    try:
        return select([name.strip() for name in value.split(",") if name.strip()])
    except UnknownEngineError as error:
        raise click.BadParameter(str(error)) from error


def _seconds(context: click.Context, parameter: click.Parameter, value: float) -> float:
    if not 0 < value < float("inf"):
        raise click.BadParameter(f"a positive number of seconds expected, got {value}")
    return value


@cli.command(epilog=EXIT_CODES)
@click.argument("paths", nargs=-1, required=True, metavar="FILE_OR_FOLDER...")
@click.option("--json", "json_file", metavar="OUT", help="Write the report as JSON; - for stdout.")
@click.option(
    "--engine",
    "engines",
    metavar="NAME,...",
    default="derive,pep,simulate",
    show_default=True,
    callback=_engines,
    help="The engines to ask.",
)
@click.option(
    "--budget",
    metavar="SECONDS",
    type=float,
    default=60.0,
    show_default=True,
    callback=_seconds,
    help="The time for one claim, shared by the engines.",
)
@click.option(
    "--solver",
    metavar="NAME",
    help="The solver that pep uses.  [default: chosen by the size of the program]",
)
@click.option(
    "--jobs",
    metavar="N",
    type=click.IntRange(min=1),
    help="How many claims to check at once.  [default: the number of processors]",
)
@click.option(
    "--methods",
    "methods_file",
    metavar="FILE",
    help="A Python file with methods of yours that the claims may name. It is run.",
)
@click.option("--no-cache", is_flag=True, help="Neither believe nor keep reports of other runs.")
@click.option(
    "--evidence",
    metavar="DIR",
    help="Where certificates and witnesses go.  [default: beside the JSON file]",
)
@click.option("--table", metavar="OUT.md", help="Write the table of verdicts in Markdown.")
@click.pass_context
def check(context: click.Context, /, **arguments: Any) -> None:
    """Check the claims in files, and in the *.toml files below folders."""
    context.exit(_check(**arguments))


def _check(
    paths: tuple[str, ...],
    json_file: str | None,
    engines: tuple[Engine, ...],
    budget: float,
    solver: str | None,
    jobs: int | None,
    methods_file: str | None,
    no_cache: bool,
    evidence: str | None,
    table: str | None,
) -> int:
    from theoryck.check.run import Options, check_paths, exit_code
    from theoryck.report.terminal import print_report, progress_bar

    for option, file in (("--json", json_file), ("--table", table)):
        if file not in (None, "-"):
            _must_be_writable(option, Path(file))
    if solver is not None:
        engines = _with_solver(engines, solver)
    store = None if no_cache else _store(budget, methods_file)
    options = Options(engines, budget, jobs, methods_file, store)
    with progress_bar(sys.stderr) as progress:
        outcome = check_paths(paths, options, progress)
    if json_file is not None or evidence is not None:
        _write_json(outcome, json_file, evidence)
    if table is not None:
        _write_table(outcome, paths, Path(table))
    for problem in outcome.problems:
        click.echo(f"theoryck: {problem.file}: {problem.message}", err=True)
    with _quiet_pipe():
        print_report(outcome, sys.stderr if json_file == "-" else sys.stdout)
    return exit_code(outcome)


def _with_solver(engines: tuple[Engine, ...], solver: str) -> tuple[Engine, ...]:
    from theoryck.check.engines import with_solver

    try:
        return with_solver(engines, solver)
    except TheoryckError as error:
        raise click.BadParameter(str(error), param_hint="'--solver'") from error


def _must_be_writable(option: str, file: Path) -> None:
    """Said now and not when the work is done."""
    folder = file.parent
    if file.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        what = "is a folder" if file.is_dir() else f"{folder} is no folder that can be written to"
        raise click.BadParameter(f"{file}: {what}", param_hint=f"'{option}'")


def _store(budget: float, methods_file: str | None) -> Store:
    from theoryck.check.cache import ReportCache, default_folder, methods_hash
    from theoryck.check.extensions import load_vocabulary

    load_vocabulary(methods_file)  # a methods file that cannot be used is told of first
    cache = ReportCache(default_folder(), budget, methods_hash(methods_file))
    cache.prune()
    return cache


def _write_json(outcome: Outcome, json_file: str | None, evidence: str | None) -> None:
    from theoryck.report.json_report import report_data, to_json

    text = to_json(report_data(outcome, __version__, _place(json_file, evidence)))
    if json_file == "-":
        with _quiet_pipe():
            # the JSON is UTF-8 whatever the terminal speaks
            sys.stdout.buffer.write(text.encode("utf-8"))
            sys.stdout.buffer.flush()
    elif json_file is not None:
        Path(json_file).write_text(text, encoding="utf-8")


def _place(json_file: str | None, evidence: str | None) -> Place:
    from theoryck.report.evidence import Embedded, Folder

    on_disk = json_file not in (None, "-")
    base = Path(json_file).parent if json_file is not None and on_disk else Path()
    if evidence is not None:
        return Folder(Path(evidence), base)
    return Folder(base, base) if on_disk else Embedded()


def _write_table(outcome: Outcome, paths: tuple[str, ...], file: Path) -> None:
    from theoryck.report.markdown import markdown

    command = shlex.join(["theoryck", "check", *paths, "--table", str(file)])
    file.write_text(markdown(outcome, command), encoding="utf-8")


@cli.command()
@click.argument("certificate", metavar="CERTIFICATE.json")
@click.option("--methods", "methods_file", metavar="FILE", help="As for check.")
@click.pass_context
def verify(context: click.Context, certificate: str, methods_file: str | None) -> None:
    """Check a certificate or a witness again, with exact arithmetic and no solver; what runs with
    noise refute is run again, with seeds of its own and with a new one.

    Exit codes: 0 it establishes what it says; 1 it does not; 2 it cannot be read.
    """
    from theoryck.check.documents import UnreadableError, verify_file

    try:
        established = verify_file(certificate, methods_file)
    except UnreadableError as error:
        click.echo(f"theoryck: {error}", err=True)
        context.exit(2)
    except TheoryckError as error:
        click.echo(f"{certificate}: does not hold: {error}")
        context.exit(1)
    for line in established.lines:
        click.echo(line)


@cli.command()
@click.argument("witness", metavar="WITNESS.json")
@click.argument("out", metavar="OUT.png|svg|pdf")
@click.option("--methods", "methods_file", metavar="FILE", help="As for check.")
@click.pass_context
def plot(context: click.Context, witness: str, out: str, methods_file: str | None) -> None:
    """Draw a witness of one or two dimensions: the function and the run that breaks the bound.

    It is verified first. Exit codes: 0 drawn; 1 the witness does not hold; 2 it cannot be read
    or drawn, or OUT cannot be written.
    """
    from theoryck.check.documents import UnreadableError
    from theoryck.report.plots import PlotError, plot_file

    try:
        plot_file(witness, out, methods_file)
    except (UnreadableError, PlotError) as error:
        click.echo(f"theoryck: {error}", err=True)
        context.exit(2)
    except TheoryckError as error:
        click.echo(f"{witness}: does not hold: {error}")
        context.exit(1)


@cli.command(epilog=DERIVE_CODES)
@click.argument("file", metavar="FILE")
@click.option("--id", "ids", metavar="ID", multiple=True, help="Only this claim; may be repeated.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "latex", "mathml"]),
    default="text",
    show_default=True,
    help="How the derivations are written; latex and mathml are whole documents.",
)
@click.option("--out", metavar="FILE", help="Where to write.  [default: standard output]")
@click.option(
    "--budget",
    metavar="SECONDS",
    type=float,
    default=20.0,
    show_default=True,
    callback=_seconds,
    help="The time for one claim.",
)
@click.option("--methods", "methods_file", metavar="FILE", help="As for check.")
@click.option(
    "--optimise",
    "parameter",
    metavar="PARAMETER",
    help="Find the value of a parameter (a step) that minimises the derived bound.",
)
@click.option(
    "--reach",
    "level",
    metavar="EPSILON",
    help="Find how many iterations bring the derived bound down to a level.",
)
@click.pass_context
def derive(context: click.Context, /, **arguments: Any) -> None:
    """Print the derivation of each claim: every step, its rule, and how it was checked."""
    context.exit(_derive(**arguments))


def _derive(
    file: str,
    ids: tuple[str, ...],
    form: str,
    out: str | None,
    budget: float,
    methods_file: str | None,
    parameter: str | None,
    level: str | None,
) -> int:
    from theoryck.check.extensions import load_vocabulary
    from theoryck.report.derivations import Format, render
    from theoryck.report.derived import Wish, derived_pages, worst

    if out is not None:
        _must_be_writable("--out", Path(out))
    wish = Wish(budget, parameter, level)
    pages = derived_pages(file, ids, load_vocabulary(methods_file), wish)
    text = render([page for page, _ in pages], Format(form))
    if out is None:
        with _quiet_pipe():
            click.echo(text, nl=False)
    else:
        Path(out).write_text(text, encoding="utf-8")
    return worst(code for _, code in pages)


@cli.command()
@click.argument("file", metavar="FILE")
@click.argument("first", metavar="ID")
@click.argument("second", metavar="ID")
@click.option(
    "--budget",
    metavar="SECONDS",
    type=float,
    default=20.0,
    show_default=True,
    callback=_seconds,
    help="The time for the comparison.",
)
@click.option("--methods", "methods_file", metavar="FILE", help="As for check.")
@click.pass_context
def compare(context: click.Context, /, **arguments: Any) -> None:
    """Say where the bound of one claim is below that of another, as functions of the parameters.

    Two rates are compared by their bounds, two complexities by their numbers of iterations.
    Exit codes: 0 compared; 2 a claim is not there or has no such bound; 3 not decided.
    """
    context.exit(_compare(**arguments))


def _compare(file: str, first: str, second: str, budget: float, methods_file: str | None) -> int:
    from theoryck.check.extensions import load_vocabulary
    from theoryck.report.compared import comparison_lines

    decided, lines = comparison_lines(file, first, second, load_vocabulary(methods_file), budget)
    with _quiet_pipe():
        for line in lines:
            click.echo(line)
    return 0 if decided else 3


@cli.command()
@click.argument("name", required=False, metavar="[ASSUMPTION]")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "latex"]),
    default="text",
    show_default=True,
    help="How it is written.",
)
@click.option("--methods", "methods_file", metavar="FILE", help="As for check.")
def explain(name: str | None, form: str, methods_file: str | None) -> None:
    """Explain an assumption or a method: definition, conventions, and what follows from what.

    Without an argument: the list of them.
    """
    from theoryck.check.extensions import load_vocabulary
    from theoryck.report.explained import catalogue, explained

    vocabulary = load_vocabulary(methods_file)
    text = catalogue(vocabulary) if name is None else explained(name, vocabulary, form)
    with _quiet_pipe():
        click.echo(text, nl=False)


@cli.command()
def schema() -> None:
    """Print the JSON Schema of the report that `check --json` writes."""
    from theoryck.report.json_report import schema as published
    from theoryck.report.json_report import to_json

    click.echo(to_json(published()), nl=False)


@contextmanager
def _quiet_pipe() -> Iterator[None]:
    """A reader that has seen enough (``| head``) is no error."""
    try:
        yield
    except BrokenPipeError:
        # what is still buffered must not fail again when the process ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def finish(command: Callable[[], int | None]) -> NoReturn:
    """Runs the command and ends the process with its exit code, whatever happens."""
    code = 0
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that cannot print ∇ prints its code
            stream.reconfigure(errors="backslashreplace")
    try:
        code = command() or 0
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("theoryck: interrupted", err=True)
        code = INTERRUPTED
    except (TheoryckError, OSError) as error:
        click.echo(f"theoryck: {error}", err=True)
        code = 2
    sys.exit(code)


def main(arguments: list[str] | None = None) -> NoReturn:
    """The entry point."""
    finish(lambda: cli.main(arguments, prog_name="theoryck", standalone_mode=False))
