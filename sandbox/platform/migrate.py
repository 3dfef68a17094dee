"""`python -m sandbox.platform.migrate`: `python -m warehouse migrate`, which ends when the platform ends."""

import os
import sys

from sandbox.child import end_with_parent
from warehouse.__main__ import main

if __name__ == "__main__":
    end_with_parent()
    sys.exit(main(["migrate"], os.environ))
