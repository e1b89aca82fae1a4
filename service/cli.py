"""The command line. Results go to stdout, everything else to stderr; exit status 1 is for data, 2 for usage.

Heavy imports stand inside the commands that need them: `zhijian --help` should not load an encoder, and `ask` should
not load a web server.
"""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from corpus.errors import ZhijianError
from index.types import Filters, Mode
from service.progress import progress_bar
from service.settings import Settings, read_settings

if TYPE_CHECKING:
    from index.retriever import Retriever
    from service.answer import Answer

logger = logging.getLogger(__name__)

app = typer.Typer(
    name="zhijian",
    help="Ask Chinese policy lists questions and get the practices that answer, cited to the word.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
corpus_app = typer.Typer(help="Look at the documents themselves.", no_args_is_help=True)
app.add_typer(corpus_app, name="corpus")
feedback_app = typer.Typer(help="Take out what people said of the answers.", no_args_is_help=True)
app.add_typer(feedback_app, name="feedback")

Question = Annotated[str, typer.Argument(help="A question, in Chinese or English.", show_default=False)]
TopK = Annotated[int | None, typer.Option("--top-k", "-k", min=1, max=50, help="How many practices at most.")]
After = Annotated[
    list[str] | None,
    typer.Option("--after", help="A question before this one in its conversation; repeat it, the oldest first."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
InMode = Annotated[Mode, typer.Option(help="Which channels score.")]


def main() -> None:
    """Run the command line."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s", stream=sys.stderr)
    logging.getLogger("service").setLevel(logging.INFO)
    # Sets its own logger to DEBUG when it is imported or used.
    logging.getLogger("bm25s").addFilter(lambda record: record.levelno >= logging.WARNING)
    # Titles and quotes are Chinese; a console of another encoding should show marks, not end the command.
    for stream in (sys.stdout, sys.stderr):
        # A supervisor may have closed one of them.
        if stream is not None:
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        app()
    except ZhijianError as error:
        print(f"zhijian: {error}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        # The reader, `head` say, has seen enough; Python would complain once more when it closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        print(f"zhijian: {error}", file=sys.stderr)
        sys.exit(1)


@app.command()
def build() -> None:
    """Build the snapshot of the corpus anew and publish it."""
    from service.library import rebuild_library

    with progress_bar() as advance:
        counts = rebuild_library(read_settings(), advance).manifest.counts
    print(f"{counts['documents']} documents, {counts['practices']} practices, {counts['chunks']} chunks")


@app.command()
def search(
    query: Question,
    top_k: TopK = None,
    mode: InMode = Mode.HYBRID,
    document: Annotated[str | None, typer.Option(help="Only this document, by id or number.")] = None,
    task: Annotated[str | None, typer.Option(help="Only this task, by title or number (3).")] = None,
    measure: Annotated[str | None, typer.Option(help="Only this measure, by title or number (3.1).")] = None,
    region: Annotated[str | None, typer.Option(help="Only this place and what lies under it.")] = None,
    after: After = None,
    as_json: AsJson = False,
) -> None:
    """Find the practices that fit a question."""
    from service import conversation
    from service.terminal import show_result

    question, history = _question(query), _history(after)
    filters = Filters(document=document, task=task, measure=measure, region=region)
    library = _open(read_settings())
    result = conversation.search(library, question, top_k=top_k, mode=mode, filters=filters, history=history)
    if as_json:
        from service.schemas import SearchResponse

        print(SearchResponse.of(result).model_dump_json(indent=2))
    else:
        print(show_result(library, result))


@app.command()
def ask(question: Question, top_k: TopK = None, after: After = None, as_json: AsJson = False) -> None:
    """Answer a question with cited sentences of the list, or say that it has no answer."""
    from service.terminal import show_answer

    text, history = _question(question), _history(after)
    found = _answer(read_settings(), text, top_k, history)
    if as_json:
        from service.schemas import AskResponse

        print(AskResponse.of(found).model_dump_json(indent=2))
    else:
        print(show_answer(found))


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on; ZHIJIAN_HOST or 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; ZHIJIAN_PORT or 8000.")] = None,
) -> None:
    """Serve the page and the API over HTTP."""
    from service.server import run

    run(read_settings(host=host, port=port))


@app.command()
def mcp() -> None:
    """Serve tools to a chat client that starts this command, by the Model Context Protocol over stdin and stdout."""
    from service.mcp_stdio import run

    run(read_settings())


@corpus_app.command("check")
def check() -> None:
    """Parse every document and print what had to be repaired or inferred."""
    from corpus.readers import read_corpus

    for practice_list in read_corpus(read_settings().corpus):
        document = practice_list.document
        for note in practice_list.notes:
            excerpt = " ".join(note.span.of(document.text).split())[:30]
            print(f"{document.source}:{note.line}: {note.kind}: {note.message}: {excerpt}")
        depth = max(len(practice.path) for practice in practice_list.practices)
        headings = [len({practice.path[: level + 1] for practice in practice_list.practices}) for level in range(depth)]
        counts = ", ".join(f"{count} {name}" for count, name in zip(headings, ("tasks", "measures"), strict=False))
        print(f"{document.id}: {counts}, {len(practice_list.practices)} practices, {len(practice_list.notes)} notes")


@feedback_app.command("export")
def export_feedback(
    out: Annotated[Path | None, typer.Option(help="A new file to write; stdout without it.")] = None,
) -> None:
    """Write all feedback as candidate questions for the bench: JSON Lines in UTF-8, one object for each question.

    Its fields are those of questions that `zhijian eval --questions` takes, but for `gold`, which is for a person to
    judge: `gold_candidates` are the practices that were shown where the verdict was up. `feedback` holds every verdict
    with its time, its note and what was shown.
    """
    from service.candidates import candidate_lines, write_new
    from service.feedback import FeedbackFile

    settings = read_settings()
    said = FeedbackFile(settings.home).read()
    if not said:
        logger.info("there is no feedback under %s yet", settings.home)
    text = "".join(f"{line}\n" for line in candidate_lines(said)).encode("utf-8")
    if out:
        write_new(out, text)
        print(out)
    else:
        # As bytes: a console of another encoding would make marks of what it can't show.
        typer.echo(text, nl=False)


@app.command("eval", add_help_option=False, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def evaluate(context: typer.Context) -> None:
    """Score retrieval, refusals and answers; compare runs, write a report: see `zhijian eval --help`."""
    # The one place where the command line reaches up, see tests/test_architecture.py.
    from eval.commands import app as evaluation

    evaluation(args=context.args, prog_name="zhijian eval")


def _open(settings: Settings) -> Retriever:
    from service.library import open_library

    with progress_bar() as advance:
        return open_library(settings, advance)


def _answer(settings: Settings, question: str, top_k: int | None, history: list[str]) -> Answer:
    from service.answer import answer

    library = _open(settings)
    if settings.llm_base_url is None:
        return answer(library, question, top_k=top_k, history=history)
    import anyio

    from service.answer_events import whole_answer
    from service.writer import open_writer

    async def written() -> Answer:
        async with open_writer(settings) as writer:
            return await whole_answer(library, question, top_k=top_k, history=history, writer=writer)

    return anyio.run(written)


def _question(text: str) -> str:
    from service import requests

    return str(_checked(requests.Question, text))


def _history(texts: list[str] | None) -> list[str]:
    from service import requests

    return [str(text) for text in _checked(requests.History, texts or [])]


def _checked(shape: Any, value: Any) -> Any:
    from pydantic import TypeAdapter, ValidationError

    try:
        return TypeAdapter(shape).validate_python(value)
    except ValidationError as error:
        raise typer.BadParameter(error.errors()[0]["msg"]) from None
