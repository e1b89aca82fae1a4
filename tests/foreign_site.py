"""A site of somebody else, on a port of its own, whose pages hold the widget or frame the service."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

PAGE = """<!doctype html><html lang="zh"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>某市住房和城乡建设局</title>{head}
<body><h1>政策服务</h1><p>办事指南与政策文件。<a href="#x">通知公告</a></p>
<input aria-label="站内搜索"><div>正文</div>{body}</body></html>"""


class ForeignSite:
    """Serve the pages that a test writes, at `http://{host}:{port}` by any name of this machine."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.pages: dict[str, tuple[bytes, dict[str, str]]] = {}

    @property
    def origin(self) -> str:
        """Return the origin by the name that the tests allow."""
        return f"http://localhost:{self.port}"

    @property
    def other_origin(self) -> str:
        """Return the origin of the same pages by a name that they don't."""
        return f"http://127.0.0.1:{self.port}"

    def write(self, body: str, *, path: str = "/", head: str = "", **headers: str) -> None:
        """Put `head` and `body` into the page at `path`, which comes with `headers`."""
        page = PAGE.format(head=head, body=body).encode()
        self.pages[path] = page, {name.replace("_", "-"): value for name, value in headers.items()}


@contextmanager
def foreign_site() -> Iterator[ForeignSite]:
    """Run a site and yield it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page, headers = site.pages.get(urlsplit(self.path).path, (b"", {}))
            self.send_response(200 if page else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = ForeignSite(server.server_port)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
