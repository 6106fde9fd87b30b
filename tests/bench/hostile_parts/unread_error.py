"""Runs a command whose standard error is a pipe that is open and never read, as when a log shipper
hangs. Ends with it."""

import os
import signal
import subprocess
import sys


def main():
    reading, writing = os.pipe()
    child = subprocess.Popen(sys.argv[1:], stderr=writing)
    os.close(writing)
    signal.signal(signal.SIGTERM, lambda *_: child.terminate())
    try:
        return child.wait()
    finally:
        os.close(reading)


if __name__ == "__main__":
    sys.exit(main())
