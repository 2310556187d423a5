"""The daemon with one command more: to switch with a code as the page does. ``python -m tests.rigs.coded run ...``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from pisecurity import app
from pisecurity.adapters import control
from pisecurity.cli import main
from pisecurity.core.types import Mode


class CodedDaemon(app.Daemon):
    """Admits over the socket whoever has a code."""

    def _build_control(self) -> control.ControlServer:
        server = super()._build_control()
        server._handlers = {**server._handlers, "switch": self._switch}
        return server

    def _switch(self, request: Mapping[str, Any], by: str) -> Mapping[str, Any]:
        mode = Mode(request["mode"])
        admission = self._access.people.admit(mode, code=request["code"], device=None, source="192.168.1.20")
        if admission.verdict == "admitted":
            self._panel.switch(
                mode, by=admission.person, how=admission.how, coded=admission.coded, duress=admission.duress
            )
        return {"verdict": admission.verdict}


if __name__ == "__main__":
    app.Daemon = CodedDaemon  # type: ignore[misc]
    sys.exit(main())
