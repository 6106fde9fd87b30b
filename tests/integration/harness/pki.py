"""The public CA of the test Internet, and the files of what it issues."""

import datetime
import os
import pathlib

from . import faults
from .certificates import (BOTH, DAY, PEM, SERVER_AUTH, Authority, Credential, Plan, key_pem,
                           leaf_certificate, new_key, now)

__all__ = ["SERVER_AUTH", "Pki"]


class Pki:
    """The public CA of the test Internet. Files appear below `directory`, readable by all: they
    are throw-away, and the servers run as other users. Only a key by itself is for us alone, because
    the gate refuses others."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o755)
        self.root = Authority("Test Root CA")
        self.intermediate = Authority("Test Intermediate CA", issuer=self.root, path_length=0)
        self.roots = self._write("roots.pem", self.root.pem())
        self.revocation_lists = self._write(
            "crl.pem", self.root.revocation_list()
            + self.intermediate.revocation_list(faults.REVOKED_SERIALS))
        self._made = {}

    def leaf(self, *names, key_type="ecdsa", usage=BOTH, label="good"):
        """A certificate that is in order for `names`; the same files for the same arguments."""
        return self.made((names, key_type, tuple(usage), label),
                         Plan(names, self.intermediate, key_type=key_type, usage=tuple(usage)))

    def self_made(self, *names):
        """What an operator's `openssl req -x509` makes for the backend."""
        return self.made((names, "self_made"),
                         Plan(names, None, usage=(), end=now() + 3650 * DAY))

    def bad(self, what, name):
        """A certificate for `name` with the fault `what`, one of faults.FAULTS."""
        return self.made((what, name), faults.plan(self, what, name))

    def expiring(self, name, seconds):
        """In order for that long. Another one every time."""
        return self.made((name, "expiring", len(self._made)), Plan(
            (name,), self.intermediate, end=now() + datetime.timedelta(seconds=seconds)))

    def local_ca(self, directory):
        """The files `portcullis ca init` makes, for tests without the gate."""
        authority = Authority("Local CA", path_length=0)
        directory = pathlib.Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o755)
        (directory / "ca.pem").write_bytes(authority.pem())
        return authority

    def private_ca(self, label):
        """(authority, PEM file of its root) of somebody's own CA."""
        authority = Authority(f"{label} Private CA")
        return authority, self._write(f"{label}-private-ca.pem", authority.pem())

    def minted(self, authority, name):
        """A leaf for `name` by another authority, such as the gate's local CA."""
        return self.made((id(authority), name), Plan((name,), authority, end=now() + 7 * DAY))

    def made(self, cache_key, plan):
        """The files of `plan`, made once for each key."""
        credential = self._made.get(cache_key)
        if credential is None:
            key = new_key(plan.key_type)
            leaf = leaf_certificate(key, plan)
            sent = plan.sent
            if sent is None:
                sent = plan.issuer.chain_pem() if plan.issuer else b""
            chain = leaf.public_bytes(PEM) + sent
            stem = f"{len(self._made):03d}-" + plan.names[0].partition("\0")[0].replace("*", "_")
            credential = Credential(
                chain=self._write(f"{stem}.crt", chain),
                key=self._write(f"{stem}.key", key_pem(key), 0o600),
                combined=self._write(f"{stem}.pem", chain + key_pem(key)),
                weak=plan.weak)
            self._made[cache_key] = credential
        return credential

    def _write(self, name, content, mode=0o644):
        path = self.directory / name
        path.write_bytes(content)
        os.chmod(path, mode)
        return path
