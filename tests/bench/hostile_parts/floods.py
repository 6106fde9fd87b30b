"""Attacks with nothing but connections and handshakes."""

import subprocess

from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography import x509

from hostile_parts import curve, place
from hostile_parts.row import Row
from harness.certificates import DAY, PEM, now

SMALL_LIMITS = {"limits": {"inbound_connections": 2000, "client_connections": 2000,
                           "connections_per_address": 20}}


def record_hello(world, name, *options):
    """A ClientHello in a file: to send it again costs nothing."""
    path = world.folder / f"{name}.hello"
    subprocess.run([world.tools / "bench_hostile", "--record", path, *options], check=True,
                   capture_output=True)
    return path


class FiniteField(Row):
    key = "ffdhe"
    title = "A recorded ClientHello for ffdhe8192, 20 a second from one address"
    quick = True
    rate, sources = 20, place.ONE_ADDRESS

    def prepare(self, world):
        self.hello = record_hello(world, "ffdhe", "--groups", "ffdhe8192")

    def attack(self, world, gate, seconds):
        return self.hostile(world, seconds, 5223, self.sources, "--rate", self.rate,
                            "--greeting", self.hello, "--interval-ms", "1000")


class FiniteFieldMany(FiniteField):
    key = "ffdhe-50"
    title = "The same, 100 a second from 50 addresses"
    quick = False
    rate, sources = 100, place.FIFTY_ADDRESSES


class Handshakes(Row):
    key = "handshakes"
    title = "Honest ClientHellos for P-521, 300 a second from 50 addresses"

    def prepare(self, world):
        self.hello = record_hello(world, "p521", "--groups", "P-521", "--rsa")

    def attack(self, world, gate, seconds):
        return self.hostile(world, seconds, 5223, place.FIFTY_ADDRESSES, "--rate", 300,
                            "--greeting", self.hello, "--interval-ms", "500")


class Flood(Row):
    key = "flood"
    title = "2,200 connections a second from one address (limits: 2000 of each kind, 20 each)"
    quick = True
    changes = SMALL_LIMITS
    sources = place.ONE_ADDRESS

    def attack(self, world, gate, seconds):
        return self.hostile(world, seconds, 5269, self.sources, "--rate", 2200,
                            "--interval-ms", "3000")


class FloodFifty(Flood):
    key = "flood-50"
    title = "The same from 50 addresses"
    quick = False
    sources = place.FIFTY_ADDRESSES


class Flood56(Flood):
    key = "flood-56"
    title = "The same from 100 /64 of one IPv6 /56"
    quick = False
    sources = place.ONE_56


class UnreadError(Flood):
    key = "unread-log"
    title = "300 connections a second, most refused, and nobody reads standard error"
    error_pipe = True

    def attack(self, world, gate, seconds):
        return self.hostile(world, seconds, 5269, self.sources, "--rate", 300,
                            "--interval-ms", "3000")


class WithCertificate(Row):
    """A TLS handshake to the s2s listener with a certificate that makes work."""

    rate = 10
    made = None

    def prepare(self, world):
        self.made = world.folder / f"{self.key}.pem"
        self.make(world, self.made)

    def make(self, world, path):
        raise NotImplementedError

    def attack(self, world, gate, seconds):
        return self.hostile(world, seconds, 5270, place.FIFTY_ADDRESSES, "--rate", self.rate,
                            "--depth", "tls", "--alpn", "xmpp-server", "--certificate", self.made,
                            "--interval-ms", "1000")


class CertificateList(WithCertificate):
    key = "certificates"
    title = "A list of 379 tiny client certificates, 100 KiB"
    quick = True

    def make(self, world, path):
        key = ed25519.Ed25519PrivateKey.generate()
        name = x509.Name([])
        tiny = (x509.CertificateBuilder().subject_name(name).issuer_name(name)
                .public_key(key.public_key()).serial_number(1)
                .not_valid_before(now() - DAY).not_valid_after(now() + DAY).sign(key, None))
        path.write_bytes(world.good.combined.read_bytes() + 379 * tiny.public_bytes(PEM))


class HugeKey(WithCertificate):
    key = "huge-key"
    title = "A client certificate with an RSA key of 16384 bits"
    rate = 12

    def make(self, world, path):
        # Of five primes: it takes seconds to make instead of minutes, and verifies just as slowly.
        key = path.with_suffix(".key")
        subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-out", key,
                        "-pkeyopt", "rsa_keygen_bits:16384", "-pkeyopt", "rsa_keygen_primes:5"],
                       check=True, capture_output=True)
        chain = subprocess.run(["openssl", "req", "-x509", "-key", key, "-subj", "/CN=huge",
                                "-days", "1"], check=True, capture_output=True).stdout
        path.write_bytes(chain + key.read_bytes())


class MadeUpCurve(WithCertificate):
    key = "made-up-curve"
    title = "A certificate of 689 octets with a key on a curve that its sender made up"

    def make(self, world, path):
        path.write_bytes(world.good.combined.read_bytes() + curve.certificate())


ROWS = (FiniteField, FiniteFieldMany, Handshakes, Flood, FloodFifty, Flood56, UnreadError,
        CertificateList, HugeKey, MadeUpCurve)
