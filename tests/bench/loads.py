"""How a target is loaded while its CPU time or its memory is read."""

from cases import IDLE_CONNECTIONS, setup
from processes import Child
from targets import LOAD_CPU

LIMIT = 60  # seconds for one load


class Bench:
    """Runs loads against targets; needs the folder of logs and the program of the load."""

    def __init__(self, program, folder):
        self.program = program
        self.folder = folder

    def _load(self, arguments):
        command = [self.program, *arguments, "--limit", str(LIMIT)]
        return Child("load", command, self.folder, cpu=LOAD_CPU, pipes=True)

    def _run(self, arguments, gauge):
        """gauge() before the work and behind it, with the connections still there."""
        load = self._load(arguments)
        try:
            load.read_line(LIMIT)
            before = gauge()
            load.write_line()
            units = int(load.read_line(LIMIT)[1])
            after = gauge()
            load.write_line()
            load.process.wait(LIMIT)
            return after - before, units
        finally:
            load.stop()

    def cost(self, case, target):
        target.prepare(case)
        port = str(target.port(case))
        spent, units = self._run((*target.load(case), "--port", port), target.child.cpu_seconds)
        target.child.check_alive()
        return case.cost(spent, units)

    def warm_up(self, target):
        self._run((*setup("--count", "200"), *target.entry()), lambda: 0)

    def idle_kb(self, target):
        """Of a process that has not served thousands before, whose memory it would use again."""
        target.begin_anew()
        self.warm_up(target)
        arguments = ("idle", "--count", str(IDLE_CONNECTIONS), "--connections", "64")
        grown, units = self._run((*arguments, "--port", str(target.direct)), target.child.pss_kb)
        return grown / units
