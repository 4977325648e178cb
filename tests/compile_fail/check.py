#!/usr/bin/env python3
"""check.py SOURCE COMPILER FLAG...: SOURCE compiles as it is, and with -DWRONG fails as it says.

The source says why in lines of the form "// expect: REGEX"; all of them must be found in what the
compiler prints. A wrong version that fails for any other reason, a typing error say, proves nothing.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path


def compile_source(command: list[str]) -> tuple[bool, str]:
    done = subprocess.run(command, env={**os.environ, "LC_ALL": "C"}, capture_output=True, text=True)
    return done.returncode == 0, done.stdout + done.stderr


def main() -> int:
    source, *compiler = sys.argv[1:]
    expected = re.findall(r"^// expect: (.+)$", Path(source).read_text(), re.MULTILINE)
    if not expected:
        print(f"{source} does not say what to expect")
        return 1
    compiled, output = compile_source([*compiler, source])
    if not compiled:
        print(f"the right version does not compile:\n{output}")
        return 1
    compiled, output = compile_source([*compiler, "-DWRONG", source])
    if compiled:
        print("the wrong version compiles")
        return 1
    missing = [reason for reason in expected if not re.search(reason, output)]
    if missing:
        print(f"the wrong version fails for another reason than {missing}:\n{output}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
