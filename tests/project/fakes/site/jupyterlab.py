"""Stands in for JupyterLab: writes its words to FAKE_LOG, and has a server's exit status."""

import os
import sys
import time

with open(os.environ["FAKE_LOG"], "a", encoding="utf-8") as file:
    file.write("lab " + " ".join(sys.argv[1:]) + "\n")
time.sleep(float(os.environ.get("FAKE_LAB_SECONDS", "0")))
sys.exit(int(os.environ.get("FAKE_LAB", "0")))
