"""Stands in for the signing of notebooks: writes its words to FAKE_LOG."""

import os
import sys

with open(os.environ["FAKE_LOG"], "a", encoding="utf-8") as file:
    file.write("sign " + " ".join(sys.argv[1:]) + "\n")
sys.exit(int(os.environ.get("FAKE_SIGN", "0")))
