"""Writes its words to FAKE_LOG; FAKE_PIP is ok, offline, full, missing, odd, hang-downloading or hang-unpacking."""

import os
import sys
import time

SAYS = {
    "offline": "WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by 'NewConnectionError("
    "'<HTTPSConnection object>: Failed to establish a new connection: [Errno -2] Name or service not known')'\n"
    "ERROR: Could not find a version that satisfies the requirement torch==7.3 (from versions: none)\n"
    "ERROR: No matching distribution found for torch==7.3",
    "full": "Installing collected packages: a, b\n"
    "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
    "missing": "Looking in indexes: an index\nERROR: No matching distribution found for torch==7.3",
    "odd": "Collecting a\nERROR: something that nobody has seen before\n",
}


def log(text: str) -> None:
    """Leave a line for the test to read."""
    with open(os.environ["FAKE_LOG"], "a", encoding="utf-8") as file:
        file.write(text + "\n")


kind = os.environ.get("FAKE_PIP", "ok")
log("pip " + " ".join(sys.argv[1:]))
print("Collecting torch==7.3 (from -r requirements.txt (line 2))")
if kind in SAYS:
    print(SAYS[kind])
    sys.exit(1)
if kind == "hang-downloading":
    log("hanging")
    time.sleep(60)
print("Installing collected packages: torch, numpy")
if kind == "hang-unpacking":
    log(f"pid {os.getpid()}")
    log("hanging")
    time.sleep(float(os.environ.get("FAKE_SECONDS", "60")))
print("Successfully installed numpy-5.3 torch-7.3")
