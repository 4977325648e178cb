"""Small things that several pieces of the harness need: free ports, and ending processes.

Nothing here knows hecate's formats or commands.
"""

from __future__ import annotations

import signal
import socket
import subprocess


def free_port() -> int:
    """A port that was free a moment ago, for servers that cannot choose one themselves."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def stop_process(process: subprocess.Popen, timeout_s: float = 15) -> int:
    """Asks with SIGINT first; what does not end in time is killed."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    return process.returncode
