"""`python -m venv FOLDER`, with FAKE_VENV=fail as on a machine where ensurepip does not work."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

if os.environ.get("FAKE_VENV") == "fail":
    sys.exit("Error: Command '['.venv/bin/python', '-m', 'ensurepip']' returned non-zero exit status 1.")
FOLDER = Path(sys.argv[1])
clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(FOLDER)], check=True, env=clean)
site = [*FOLDER.glob("lib/python3*/site-packages"), FOLDER / "Lib/site-packages"][0]
shutil.copytree(Path(__file__).parents[1] / "site", site, dirs_exist_ok=True)
