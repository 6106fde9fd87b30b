"""Asks a verifier about one case. Two are known: ours, and OpenSSL's own command for comparison."""

import concurrent.futures
import dataclasses
import datetime
import hashlib
import os
import pathlib
import re
import subprocess
import tempfile
import threading

TIMEOUT_SECONDS = 30
REASON = re.compile(r"^reason=([a-z0-9_]+)$", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Answer:
    accepts: bool | None  # None: no answer that counts as one; `words` says what happened
    words: str = ""  # the reason of a refusal


class Shelf:
    """PEM files in a folder, equal ones once."""

    def __init__(self, folder):
        self._folder = pathlib.Path(folder)
        self._lock = threading.Lock()
        self._known = set()

    def place(self, blocks):
        text = "\n".join(blocks)
        path = self._folder / (hashlib.sha256(text.encode()).hexdigest()[:32] + ".pem")
        with self._lock:
            if path not in self._known:
                path.write_text(text)
                self._known.add(path)
        return str(path)


def timestamp(at):
    at = at.astimezone(datetime.timezone.utc)
    fraction = f".{at.microsecond // 1000:03d}" if at.microsecond else ""
    return at.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"


def run(command):
    """(status, output), or an Answer that is none."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_SECONDS
        )
    except subprocess.TimeoutExpired:
        return Answer(None, f"silent for {TIMEOUT_SECONDS} s")
    return done.returncode, (done.stdout + done.stderr).decode("utf-8", "replace")


class Portcullis:
    """`portcullis verify-cert`: 0 is accepted, 1 refused with a line reason=WORD."""

    def __init__(self, program):
        self._program = program

    def ask(self, case, shelf):
        command = [self._program, "verify-cert", "--role", case.role, "--name", case.name]
        command += ["--leaf", shelf.place([case.leaf]), "--at", timestamp(case.at)]
        command += ["--intermediates", shelf.place(case.sent), "--roots", shelf.place(case.anchors)]
        if case.max_depth is not None:
            command += ["--max-depth", str(case.max_depth)]
        if case.crls:
            command += ["--crls", shelf.place(case.crls)]
        outcome = run(command)
        if isinstance(outcome, Answer):
            return outcome
        status, output = outcome
        reason = REASON.search(output)
        if status == 0:
            return Answer(True)
        if status == 1 and reason:
            return Answer(False, reason[1])
        last = output.strip().rpartition("\n")[2][:120]
        return Answer(None, f"exit status {status}, no reason: {last}")


class OpenSsl:
    """`openssl verify` with the purpose and the name, as one would use it by hand."""

    def ask(self, case, shelf):
        kind, _, name = case.name.partition(":")
        command = ["openssl", "verify", "-no-CApath", "-no-CAstore"]
        command += ["-CAfile", shelf.place(case.anchors), "-attime", str(int(case.at.timestamp()))]
        command += ["-purpose", "ssl" + case.role]
        command += ["-verify_hostname" if kind == "dns" else "-verify_ip", name]
        if case.sent:
            command += ["-untrusted", shelf.place(case.sent)]
        if case.max_depth is not None:
            command += ["-verify_depth", str(case.max_depth)]
        if case.crls:
            command += ["-crl_check_all", "-CRLfile", shelf.place(case.crls)]
        outcome = run([*command, shelf.place([case.leaf])])
        return outcome if isinstance(outcome, Answer) else Answer(outcome[0] == 0)


def ask_all(asked, cases, jobs):
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with (
        tempfile.TemporaryDirectory(prefix="limbo.", dir=memory) as folder,
        concurrent.futures.ThreadPoolExecutor(jobs) as pool,
    ):
        shelf = Shelf(folder)
        return list(pool.map(lambda case: asked.ask(case, shelf), cases))
