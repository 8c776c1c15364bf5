"""`python -m llm101.cli ...` is the same as `llm101 ...`."""

import sys

from llm101.cli import main

if __name__ == "__main__":
    sys.exit(main())
