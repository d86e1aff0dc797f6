#!/usr/bin/env python3
"""Runs a comparison with the Python libraries, or says clearly why it cannot (exit code 77 = skip).

    run_reference_test.py SCRIPT ARGUMENT...
"""

import importlib.util
import subprocess
import sys
from pathlib import Path

SKIP = 77
NEEDED = ("torch", "transformers", "peft", "h5py", "safetensors", "sentencepiece", "sklearn")


def main() -> None:
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        print(f"skipped: {sys.executable} lacks {', '.join(missing)}; configure with "
              "-DATTEMPT_REFERENCE_PYTHON=... (a Python that has them)")
        sys.exit(SKIP)
    data = Path(sys.argv[sys.argv.index("--data") + 1]) if "--data" in sys.argv else None
    if data and not (data / "squad").is_dir():
        print(f"skipped: no real data in {data} (set ATTEMPT_SHARED)")
        sys.exit(SKIP)
    script = Path(__file__).parent / sys.argv[1]
    sys.exit(subprocess.run([sys.executable, script, *sys.argv[2:]], check=False).returncode)


if __name__ == "__main__":
    main()
