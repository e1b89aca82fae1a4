"""The commands of `zhijian eval`. Results go to stdout, progress to stderr; a check that fails ends with status 1."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from eval.baseline import BASELINE
from eval.evaluate import OWN_QUESTIONS
from eval.exchange_commands import export_questions, import_questions
from eval.result import Result, check_writable, read_result, write_result, write_text
from index.types import Mode
from service.progress import progress_bar
from service.settings import Settings, read_settings

app = typer.Typer(
    name="zhijian eval", invoke_without_command=True, pretty_exceptions_enable=False, add_completion=False
)


Questions = Annotated[Path, typer.Option(help="Labelled questions, JSON Lines.", show_default="the project's own")]
InMode = Annotated[Mode | None, typer.Option(help="Which channels score.", show_default="hybrid")]
Model = Annotated[str | None, typer.Option(help="Another encoder, a sentence-transformers name or path.")]
Run = Annotated[Path | None, typer.Option(help="Score this TREC run, made elsewhere.")]
Url = Annotated[str | None, typer.Option(help="Score the service that runs at this address.")]
Beir = Annotated[Path | None, typer.Option(help="Index this BEIR folder and score its queries.")]
Split = Annotated[str | None, typer.Option(help="The split of the BEIR folder.", show_default="test")]
Out = Annotated[Path | None, typer.Option(help="Write the result file here.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Robustness = Annotated[bool, typer.Option("--robustness", help="Ask everything again under disturbances.")]


# What an option that names the system or the set leaves no room for.
_WITHOUT = {
    "--url": ("--beir", "--run", "--model", "--robustness"),
    "--beir": ("--questions", "--robustness"),
    "--run": ("--mode", "--model", "--robustness"),
}


app.command("export")(export_questions)
app.command("import")(import_questions)


@app.callback()
def evaluate(
    context: typer.Context,
    questions: Annotated[
        Path | None, typer.Option(help="Labelled questions, JSON Lines; the project's own by default.")
    ] = None,
    beir: Beir = None,
    split: Split = None,
    run: Run = None,
    url: Url = None,
    mode: InMode = None,
    model: Model = None,
    robustness: Robustness = False,
    out: Out = None,
    as_json: AsJson = False,
) -> None:
    """Score ranking, refusals and answers: of the built index, a BEIR folder, a TREC run or a running service."""
    _check_use(context)
    if context.invoked_subcommand:
        return
    if out:
        _check_out(out, questions, run)
    asked, mode, split = questions or OWN_QUESTIONS, mode or Mode.HYBRID, split or "test"
    if url is not None:
        result = _evaluate_url(url, asked, mode)
    elif run:
        result = _score_beir_run(run, beir, split) if beir else _score_run(run, asked)
    elif beir:
        result = _evaluate_beir(beir, split, mode, model)
    else:
        result = _evaluate_own(asked, mode, model, robustness)
    if out:
        write_result(out, result)
    _show_result(result, as_json)


@app.command("compare")
def compare_runs(
    files: Annotated[list[Path], typer.Argument(help="Result files or TREC runs; the first is compared with each.")],
    questions: Questions = OWN_QUESTIONS,
    as_json: AsJson = False,
) -> None:
    """Compare runs: paired randomisation tests, effect sizes, wins and losses, and the questions that changed."""
    from eval.compare import compare

    if len(files) < 2:
        raise typer.BadParameter("give two files at least")
    comparisons = compare([(str(file), _read_run(file, questions)) for file in files])
    if as_json:
        _print_json([comparison.to_json() for comparison in comparisons])
    else:
        print("\n\n".join(comparison.to_text() for comparison in comparisons))


@app.command("report")
def write_report(
    result: Annotated[
        Path | None, typer.Argument(help="A result file; without one, the project's own questions are asked now.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where to write the page.")] = Path("report.html"),
    baseline: Annotated[
        Path, typer.Option(help="The result file to compare with.", show_default="the committed one")
    ] = BASELINE,
) -> None:
    """Write a report as one HTML file, in Chinese and English, to read in a browser or on paper."""
    from eval.html_report import html_report

    _check_out(out, result, baseline)
    before = read_result(baseline) if baseline.exists() or baseline != BASELINE else None
    shown = read_result(result) if result else _evaluate_own(OWN_QUESTIONS, Mode.HYBRID, None, robustness=True)
    write_text(out, html_report(shown, before))
    print(out)


@app.command("ablation")
def ablate(
    questions: Questions = OWN_QUESTIONS,
    models: Annotated[
        list[str] | None, typer.Option("--model", help="Another encoder to try; may be given again.")
    ] = None,
    readme: Annotated[Path | None, typer.Option(help="Put the table into this file, between its markers.")] = None,
) -> None:
    """Measure what each channel, each step of understanding and each encoder brings; print the table."""
    from corpus.readers import read_corpus
    from eval.ablation import run_ablation
    from eval.ablation_table import around_table, replace_table
    from eval.evaluate import read_questions
    from index.encoder import open_encoder

    if readme:
        check_writable(readme)
        around_table(readme)
    settings = read_settings()
    lists = read_corpus(settings.corpus)
    practices = {practice.id for practice_list in lists for practice in practice_list.practices}
    asked, _ = read_questions(questions, practices)
    others = {_model_name(model): open_encoder(model, settings.threads) for model in models or []}
    with progress_bar() as progress:
        table = run_ablation(lists, asked, open_encoder(None, settings.threads), others, progress).markdown()
    if readme:
        replace_table(readme, table)
        print(readme)
    else:
        print(table)


@app.command()
def gate(
    accepting: Annotated[bool, typer.Option("--accept", help="Make what is measured now the baseline.")] = False,
    questions: Questions = OWN_QUESTIONS,
    baseline: Annotated[Path, typer.Option(help="The baseline.", show_default="the committed one")] = BASELINE,
) -> None:
    """Hold the figures against the baseline: status 1 where one fell beyond its interval."""
    from eval.baseline import accept, check

    if accepting:
        check_writable(baseline)
    result = _evaluate_anew(questions)
    if accepting:
        accept(result, baseline)
        print(baseline)
        return
    verdict = check(result, baseline)
    print(verdict.to_text())
    if not verdict.passed:
        raise typer.Exit(1)


def _check_use(context: typer.Context) -> None:
    """Refuse options that would be left unused."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    given = {
        f"--{name.removeprefix('as_')}" for name, source in sources.items() if source and source.name == "COMMANDLINE"
    }
    if given and context.invoked_subcommand:
        raise typer.BadParameter(f"{min(given)} stands before {context.invoked_subcommand}, where it has no effect")
    for source, others in _WITHOUT.items():
        for option in others:
            if {source, option} <= given:
                raise typer.BadParameter(f"{source} does not go with {option}")
    if "--split" in given and "--beir" not in given:
        raise typer.BadParameter("--split goes with --beir alone")


def _check_out(out: Path, *sources: Path | None) -> None:
    """Refuse a file that can't be written, or that the same command reads: labels are somebody's work."""
    check_writable(out)
    if any(source and source.exists() and out.exists() and out.samefile(source) for source in sources):
        raise typer.BadParameter(f"--out {out} would overwrite a file that is read")


def _evaluate_url(url: str, questions: Path, mode: Mode) -> Result:
    from eval.evaluate import evaluate_url

    with progress_bar() as progress:
        return evaluate_url(url, questions, mode, progress)


def _score_beir_run(run: Path, beir: Path, split: str) -> Result:
    from eval.evaluate import evaluate_beir_run

    return evaluate_beir_run(run, beir, split)


def _score_run(run: Path, questions: Path) -> Result:
    from corpus.readers import read_corpus
    from eval.evaluate import evaluate_run

    return evaluate_run(run, read_corpus(read_settings().corpus), questions)


def _read_run(path: Path, questions: Path) -> Result:
    """Return a result file as it is, and anything else as a TREC run for the questions."""
    from eval.lines import read_lines

    _, first = next(read_lines(path), (0, ""))
    return read_result(path) if first.lstrip().startswith("{") else _score_run(path, questions)


def _evaluate_own(questions: Path, mode: Mode, model: str | None, robustness: bool) -> Result:
    from eval.evaluate import evaluate_questions
    from index.snapshot import current
    from service.library import open_library

    settings = _settings(model)
    with progress_bar() as progress:
        retriever = open_library(settings, progress)
        snapshot = current(settings.home)
        return evaluate_questions(retriever, questions, mode, progress, snapshot=snapshot, robustness=robustness)


def _evaluate_anew(questions: Path) -> Result:
    """Evaluate a snapshot built for it: one that lies about may be of other code."""
    import tempfile

    from eval.evaluate import evaluate_questions
    from service.library import rebuild_library

    with tempfile.TemporaryDirectory(prefix="zhijian-gate-") as home, progress_bar() as progress:
        retriever = rebuild_library(read_settings(home=Path(home)), progress)
        return evaluate_questions(retriever, questions, progress=progress)


def _evaluate_beir(directory: Path, split: str, mode: Mode, model: str | None) -> Result:
    from eval.evaluate import evaluate_beir
    from index.encoder import open_encoder

    settings = read_settings(model=model)
    with progress_bar() as progress:
        encoder = open_encoder(settings.model, settings.threads)
        return evaluate_beir(directory, encoder, settings.home, mode, progress, split=split)


def _print_json(values: Any) -> None:
    print(json.dumps(values, ensure_ascii=False, indent=2))


def _show_result(result: Result, as_json: bool) -> None:
    from eval.report import to_json, to_text

    if as_json:
        _print_json(to_json(result))
    else:
        print(to_text(result))


def _model_name(model: str) -> str:
    """Return what a table calls an encoder: a directory by its name, not by where it lies on this machine."""
    path = Path(model).expanduser()
    return path.resolve().name if path.is_dir() else model


def _settings(model: str | None) -> Settings:
    """Return the settings; another encoder gets a home of its own, so that the index in service stays."""
    import hashlib

    settings = read_settings()
    if model is None or model == settings.model:
        return settings
    slug = hashlib.sha256(model.encode()).hexdigest()[:12]
    return read_settings(model=model, home=settings.home / "models" / slug)
