"""Build the notebooks: `python tools/build.py [--force] [NN ...]` or `python tools/build.py --check`."""

import sys

from builder.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
