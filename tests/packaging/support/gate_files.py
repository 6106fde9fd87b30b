"""The files that an operator mounts into the container: certificates, the local CA, configuration."""

import shutil
import subprocess

import containers

DOMAIN = "legacy.example"


def openssl_certificate(folder, stem, *names):
    """What docs/backends tells to make: a certificate of its own for `names`."""
    folder.mkdir(parents=True, exist_ok=True)
    chain, key = folder / f"{stem}.pem", folder / f"{stem}.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "30", "-subj", f"/CN={names[0]}", "-addext",
         "subjectAltName=" + ",".join(f"DNS:{name}" for name in names),
         "-keyout", key, "-out", chain], check=True, capture_output=True)
    return chain, key


class GateFiles:
    """A folder for the mounts of one container, owned by the gate's number."""

    def __init__(self, folder):
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        folder.chmod(0o755)
        self.certs = folder / "certs"
        openssl_certificate(self.certs, DOMAIN, DOMAIN)
        self.backend, _ = openssl_certificate(folder / "backend", "backend", DOMAIN)
        self.state = folder / "state"
        self.state.mkdir()
        self.config = folder / "portcullis.toml"
        for path in (*self.certs.iterdir(), self.state):
            shutil.chown(path, containers.GATE_USER, containers.GATE_USER)

    def write_config(self, text):
        self.config.write_text(text)
        self.config.chmod(0o644)

    def mounts(self):
        volumes = {self.certs: "/etc/portcullis/certs:ro",
                   self.backend: "/etc/portcullis/backend.pem:ro",
                   self.state: "/var/lib/portcullis"}
        if self.config.exists():
            volumes[self.config] = "/etc/portcullis/portcullis.toml:ro"
        return [word for path, target in volumes.items() for word in ("-v", f"{path}:{target}")]
