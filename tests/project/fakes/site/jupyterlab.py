"""Stands in for JupyterLab: writes its words to FAKE_LOG, and has a server's exit status."""

import os
import sys

with open(os.environ["FAKE_LOG"], "a", encoding="utf-8") as file:
    file.write("lab " + " ".join(sys.argv[1:]) + "\n")
sys.exit(int(os.environ.get("FAKE_LAB", "0")))
