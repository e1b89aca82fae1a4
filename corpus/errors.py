"""What can be wrong with data. The command line turns these into exit status 1, the service into problem documents."""

from __future__ import annotations


class ZhijianError(Exception):
    """Say what is wrong with data or a setting in one sentence a person can act on."""


class SourceError(ZhijianError):
    """Report a source document that can't be read, with its line where there is one."""


class UnknownNameError(ZhijianError):
    """Report a name that nothing is known by: a region, document, task, measure or practice."""

    def __init__(self, kind: str, value: str, hint: str = "") -> None:
        super().__init__(f"unknown {kind} {value!r}{'; ' + hint if hint else ''}")
        self.kind = kind
        self.value = value


class CitationError(ZhijianError):
    """Report a quote that does not stand at its span: a defect, never a reader's mistake."""
