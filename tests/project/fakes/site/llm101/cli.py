"""Stands in for the command line of the package: writes its words to FAKE_LOG."""

import os
import sys

with open(os.environ["FAKE_LOG"], "a", encoding="utf-8") as file:
    file.write("llm101 " + " ".join(sys.argv[1:]) + "\n")
sys.exit(int(os.environ.get("FAKE_CLI", "0")))
