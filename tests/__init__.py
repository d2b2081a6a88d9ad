"""The tests. They start some sixty processes, which half the time would compile what they import, were it not kept.

Where the environment asks for no files of bytecode, as images with Python often do, they are kept in pytest's cache.
"""

import os
import sys
from pathlib import Path

BYTECODE = Path(__file__).parent.parent / ".pytest_cache" / "bytecode"

if sys.dont_write_bytecode:
    os.environ |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(BYTECODE)}
    sys.dont_write_bytecode, sys.pycache_prefix = False, str(BYTECODE)
