"""Runs a command and writes its peak resident memory and processor time to a file: peak_rss.py REPORT COMMAND...

A process of its own, because the kernel's figure for a child starts from the memory of the process
that forked it: measured from inside a test runner, it would tell the runner's size.
"""

import json
import os
import sys

pid = os.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(pid, 0)
with open(sys.argv[1], "w", encoding="ascii") as report:
    json.dump({"peak_kib": usage.ru_maxrss, "cpu_s": usage.ru_utime + usage.ru_stime}, report)
code = os.waitstatus_to_exitcode(status)
sys.exit(code if code >= 0 else 128 - code)
