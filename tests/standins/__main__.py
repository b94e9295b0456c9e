"""Run the whole market on loopback, and a command against it.

    python -m tests.standins                       starts `divmon` against the stand-ins
    python -m tests.standins -- divmon doctor      or any other command
    python -m tests.standins --serve               only prints the two variables, and serves

Nothing here is a real price; the host names are the real ones, but only divmon's own
traffic, told by HTTPS_PROXY and SSL_CERT_FILE, ends here.
"""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import threading

from tests.standins.market import Market

NEEDED = ("HTTPS_PROXY", "SSL_CERT_FILE")


def main(arguments: list[str]) -> int:
    if arguments[:1] in (["-h"], ["--help"]):
        sys.stdout.write(__doc__ or "")
        return 0
    serve_only = arguments == ["--serve"]
    command = arguments[1:] if arguments[:1] == ["--"] else [] if serve_only else arguments
    stopped = threading.Event()
    if serve_only:
        # Before anybody can know that there is something to stop; and set, not raised,
        # as a signal may come while a line is still being written.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: stopped.set())
    with Market() as market:
        for name in NEEDED:
            sys.stdout.write(f"export {name}={shlex.quote(market.env[name])}\n")
        sys.stdout.flush()
        if serve_only:
            stopped.wait()
            return 0
        return _run(command or ["divmon"], {**os.environ, **market.env})


def _run(command: list[str], environment: dict[str, str]) -> int:
    if command[0] == "divmon" and shutil.which("divmon") is None:
        command = [sys.executable, "-m", *command]
    # Ctrl-C is for the command; it reaches us too, and we go when it has gone. A
    # handler, not SIG_IGN, which the command would inherit.
    signal.signal(signal.SIGINT, lambda *_: None)
    return subprocess.run(command, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
