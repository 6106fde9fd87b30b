"""How certificates are made: authorities, leaves, files."""

import base64
import datetime
import hashlib
import os
import pathlib
import subprocess
import tempfile
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SERVER_AUTH = ExtendedKeyUsageOID.SERVER_AUTH
CLIENT_AUTH = ExtendedKeyUsageOID.CLIENT_AUTH
BOTH = (SERVER_AUTH, CLIENT_AUTH)
DAY = datetime.timedelta(days=1)

PEM = serialization.Encoding.PEM


@dataclass(frozen=True)
class Credential:
    """Files of one certificate: chain (leaf first), private key, and both in one file."""

    chain: pathlib.Path
    key: pathlib.Path
    combined: pathlib.Path
    # Whoever shows it must ask OpenSSL to overlook how weak it is.
    weak: bool = False

    def spki_pin(self):
        """As the policy writes it: spki-sha256:BASE64."""
        leaf = x509.load_pem_x509_certificate(self.chain.read_bytes())
        key = leaf.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        return "spki-sha256:" + base64.b64encode(hashlib.sha256(key).digest()).decode()


def now():
    return datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None, microsecond=0)


def new_key(key_type):
    """"ecdsa", "rsa" or "rsa1024"."""
    if key_type == "ecdsa":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537,
                                    key_size={"rsa": 2048, "rsa1024": 1024}[key_type])


def _name(common_name):
    """A common name has 64 characters at most, which onion names exceed; nobody looks for them there."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])


def key_pem(key):
    return key.private_bytes(
        PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())


class Authority:
    """A certificate authority; self-signed unless an issuer is given. `permitted`: the one domain
    below which it may name hosts (RFC 5280 4.2.1.10)."""

    def __init__(self, common_name, issuer=None, path_length=None, not_after=None,
                 permitted=None):
        self.key = new_key("ecdsa")
        self.name = _name(common_name)
        self.issuer = issuer
        signer_key = issuer.key if issuer else self.key
        builder = (
            x509.CertificateBuilder()
            .subject_name(self.name)
            .issuer_name(issuer.name if issuer else self.name)
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now() - 60 * DAY)
            .not_valid_after(not_after or now() + 3650 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
            .add_extension(_ca_key_usage(), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False))
        if issuer:
            builder = builder.add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(signer_key.public_key()),
                critical=False)
        if permitted:
            builder = builder.add_extension(
                x509.NameConstraints([x509.DNSName(permitted)], None), critical=True)
        self.certificate = builder.sign(signer_key, hashes.SHA256())

    def pem(self):
        return self.certificate.public_bytes(PEM)

    def chain_pem(self):
        """What a leaf's file carries behind the leaf: intermediates, not the root."""
        if self.issuer is None:
            return b""
        return self.pem() + self.issuer.chain_pem()


    def revocation_list(self, serials=()):
        """PEM of a list (RFC 5280 section 5) that is valid now."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.name)
            .last_update(now() - DAY)
            .next_update(now() + 30 * DAY)
            .add_extension(x509.CRLNumber(1), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(
                self.key.public_key()), critical=False))
        for serial in serials:
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder().serial_number(serial)
                .revocation_date(now() - DAY).build())
        return builder.sign(self.key, hashes.SHA256()).public_bytes(PEM)


def _ca_key_usage():
    return x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False,
        encipher_only=False, decipher_only=False)


@dataclass(frozen=True)
class Plan:
    """A leaf to be made. `issuer` None: self-signed. `sent`: PEM behind the leaf; None: the
    issuer's chain."""

    names: tuple
    issuer: object
    key_type: str = "ecdsa"
    usage: tuple = BOTH
    begin: datetime.datetime = None
    end: datetime.datetime = None
    digest: object = hashes.SHA256()
    serial: int = None
    alternative_names: bool = True
    sent: bytes = None

    @property
    def weak(self):
        return self.key_type == "rsa1024" or isinstance(self.digest, hashes.SHA1)


def leaf_certificate(key, plan):
    issuer, subject = plan.issuer, _name(plan.names[0].replace("\0", "?"))
    by_openssl = isinstance(plan.digest, hashes.SHA1)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.name if issuer and not by_openssl else subject)
        .public_key(key.public_key())
        .serial_number(plan.serial or x509.random_serial_number())
        .not_valid_before(plan.begin or now() - DAY)
        .not_valid_after(plan.end or now() + 90 * DAY)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True))
    if plan.alternative_names:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(n) for n in plan.names]), critical=False)
    if plan.usage:
        builder = builder.add_extension(x509.ExtendedKeyUsage(plan.usage), critical=False)
    if issuer:
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()),
            critical=False)
    if by_openssl:
        return _signed_with_sha1(builder.sign(key, hashes.SHA256()), issuer)
    return builder.sign(issuer.key if issuer else key, plan.digest)


def _signed_with_sha1(certificate, issuer):
    """A self-signed one signed by `issuer`: python3-cryptography of Debian 13 cannot."""
    with tempfile.TemporaryDirectory() as directory:
        folder = pathlib.Path(directory)
        (folder / "leaf.pem").write_bytes(certificate.public_bytes(PEM))
        (folder / "ca.pem").write_bytes(issuer.pem())
        (folder / "ca.key").write_bytes(key_pem(issuer.key))
        made = subprocess.run(
            ["openssl", "x509", "-in", "leaf.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-sha1",
             "-preserve_dates", "-set_serial", str(certificate.serial_number)],
            cwd=folder, stdout=subprocess.PIPE, check=True).stdout
    return x509.load_pem_x509_certificate(made)
