"""Certificates for the tests: a small public CA, the leaves it issues, and everything that can be
wrong with a leaf."""

import datetime
import os
import pathlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SERVER_AUTH = ExtendedKeyUsageOID.SERVER_AUTH
CLIENT_AUTH = ExtendedKeyUsageOID.CLIENT_AUTH
BOTH = (SERVER_AUTH, CLIENT_AUTH)
DAY = datetime.timedelta(days=1)

_PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class Credential:
    """Files of one certificate: chain (leaf first), private key, and both in one file."""

    chain: pathlib.Path
    key: pathlib.Path
    combined: pathlib.Path


def _now():
    return datetime.datetime.utcnow().replace(microsecond=0)


def _new_key(key_type):
    if key_type == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


def _name(common_name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _key_pem(key):
    return key.private_bytes(
        _PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


class Authority:
    """A certificate authority; self-signed unless an issuer is given."""

    def __init__(self, common_name, issuer=None, path_length=None):
        self.key = _new_key("ecdsa")
        self.name = _name(common_name)
        self.issuer = issuer
        signer_key = issuer.key if issuer else self.key
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(issuer.name if issuer else self.name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(_now() - DAY)
            .not_valid_after(_now() + 3650 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
            .add_extension(_ca_key_usage(), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False))
        if issuer:
            builder = builder.add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer_key.public_key()),
                critical=False)
        self.certificate = builder.sign(signer_key, hashes.SHA256())

    def pem(self):
        return self.certificate.public_bytes(_PEM)

    def chain_pem(self):
        """What a leaf's file carries behind the leaf: intermediates, not the root."""
        if self.issuer is None:
            return b""
        return self.pem() + self.issuer.chain_pem()


def _ca_key_usage():
    return x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False)


def _leaf_certificate(key, names, issuer, usage, not_before, not_after):
    """issuer None: self-signed."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(names[0]))
        .issuer_name(issuer.name if issuer else _name(names[0]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]),
                       critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True))
    if usage:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usage), critical=False)
    if issuer:
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()),
            critical=False)
    return builder.sign(issuer.key if issuer else key, hashes.SHA256())


# What is wrong with a certificate -> how Pki.bad() makes it. The keys name test cases.
BAD_CERTIFICATES = (
    "self_signed", "unknown_ca", "expired", "not_yet_valid", "wrong_name", "client_auth_only")


class Pki:
    """The public CA of the test Internet. Files appear below `directory`, readable by all: they
    are throw-away, and the servers run as other users."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o755)
        self.root = Authority("Test Root CA")
        self.intermediate = Authority("Test Intermediate CA", issuer=self.root, path_length=0)
        self._stranger = Authority("Stranger CA")
        self.roots = self._write("roots.pem", self.root.pem())
        self._made = {}

    def leaf(self, *names, key_type="ecdsa", usage=BOTH, label="good"):
        """A certificate that is in order for `names`; the same files for the same arguments."""
        return self._make((names, key_type, tuple(usage), label), names, key_type, usage,
                          self.intermediate, _now() - DAY, _now() + 90 * DAY)

    def self_made(self, *names):
        """What an operator's `openssl req -x509` makes for the backend."""
        return self._make((names, "self_made"), names, "ecdsa", (), None,
                          _now() - DAY, _now() + 3650 * DAY)

    def bad(self, what, name):
        """A certificate for `name` with the fault `what`, one of BAD_CERTIFICATES."""
        names, usage, issuer, extra = (name,), BOTH, self.intermediate, b""
        begin, end = _now() - 30 * DAY, _now() + 30 * DAY
        if what == "self_signed":
            issuer = None
        elif what == "unknown_ca":
            # With its root: without, the chain would look incomplete rather than untrusted.
            issuer, extra = self._stranger, self._stranger.pem()
        elif what == "expired":
            end = _now() - DAY
        elif what == "not_yet_valid":
            begin = _now() + DAY
        elif what == "wrong_name":
            names = ("somebody-else.example",)
        elif what == "client_auth_only":
            usage = (CLIENT_AUTH,)
        else:
            raise ValueError(what)
        return self._make((what, name), names, "ecdsa", usage, issuer, begin, end, extra)

    def local_ca(self, directory):
        """The files `portcullis ca init` makes, for tests without the gate."""
        authority = Authority("Local CA", path_length=0)
        directory = pathlib.Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o755)
        (directory / "ca.pem").write_bytes(authority.pem())
        return authority

    def minted(self, authority, name):
        """A leaf for a remote domain as the gate mints it."""
        return self._make((id(authority), name), (name,), "ecdsa", BOTH, authority,
                          _now() - DAY, _now() + 7 * DAY)

    def _make(self, cache_key, names, key_type, usage, issuer, not_before, not_after, extra=b""):
        made = self._made.get(cache_key)
        if made is None:
            key = _new_key(key_type)
            leaf = _leaf_certificate(key, names, issuer, usage, not_before, not_after)
            chain = leaf.public_bytes(_PEM) + (issuer.chain_pem() if issuer else b"") + extra
            stem = f"{len(self._made):03d}-{names[0]}"
            made = Credential(
                chain=self._write(f"{stem}.crt", chain),
                key=self._write(f"{stem}.key", _key_pem(key)),
                combined=self._write(f"{stem}.pem", chain + _key_pem(key)))
            self._made[cache_key] = made
        return made

    def _write(self, name, content):
        path = self.directory / name
        path.write_bytes(content)
        os.chmod(path, 0o644)
        return path
