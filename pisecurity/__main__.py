"""The program: ``pisecurity``, or ``python -m pisecurity``."""

import os
import sys

INTERRUPTED = 130

try:
    from pisecurity.cli import Exit, main
except KeyboardInterrupt:  # so early that main() could not answer it
    sys.exit(INTERRUPTED)


def start() -> int:
    """Run the command line of the process and return its exit code; after a bug the process ends here and now.

    A worker that hangs in a driver still holds what the libraries would take down in order, and would keep the
    process from ending. systemd waits for its end to start it again.
    """
    code = main()
    if code == Exit.BUG:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    return code


if __name__ == "__main__":
    sys.exit(start())
