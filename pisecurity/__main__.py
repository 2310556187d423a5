"""``python -m pisecurity``."""

import sys

from pisecurity.cli import main

if __name__ == "__main__":
    sys.exit(main())
