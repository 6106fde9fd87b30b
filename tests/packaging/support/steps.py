"""The steps of a part: each is reported in one line, none hides the next, and the last line is
"N passed, M failed"."""

import sys
import time
import traceback


class Skipped(Exception):
    """What this machine cannot do, and why."""


class Steps:
    def __init__(self):
        self.passed = 0
        self.failed = 0

    def step(self, title, action, *arguments):
        """Runs one step. Returns whether it passed; what the action returns is shown."""
        started = time.monotonic()
        try:
            detail = action(*arguments)
        except Skipped as why:
            print(f"  skip  {title}: {why}", flush=True)
            return False
        except Exception as problem:  # noqa: BLE001 - every step is reported
            self.failed += 1
            where = traceback.extract_tb(problem.__traceback__)[-1]
            print(f"  FAIL  {title}: {type(problem).__name__}: {problem} "
                  f"({where.filename.rpartition('/')[2]}:{where.lineno})", flush=True)
            return False
        self.passed += 1
        seconds = time.monotonic() - started
        took = f" ({seconds:.0f} s)" if seconds >= 1 else ""
        print(f"  ok    {title}{took}" + (f": {detail}" if detail else ""), flush=True)
        return True

    def finish(self):
        print(f"\n{self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed or not self.passed else 0)
