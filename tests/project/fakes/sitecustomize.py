"""Read by every Python that is started with this folder on PYTHONPATH: makes a machine that is not as it should be."""

import collections
import os
import shutil
import sys

if "FAKE_VERSION" in os.environ:
    Version = collections.namedtuple("Version", "major minor micro releaselevel serial")
    sys.version_info = Version(*map(int, os.environ["FAKE_VERSION"].split(".")), "final", 0)

if "FAKE_MISSING" in os.environ:
    sys.modules[os.environ["FAKE_MISSING"]] = None

if "FAKE_FREE_GB" in os.environ:
    Usage = collections.namedtuple("Usage", "total used free")
    shutil.disk_usage = lambda path: Usage(10**12, 0, int(float(os.environ["FAKE_FREE_GB"]) * 1e9))
