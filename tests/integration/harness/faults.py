"""What can be wrong with a certificate: each fault by the name of a test case."""

import functools

from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID

from .certificates import CLIENT_AUTH, DAY, Authority, Plan, now

ELSEWHERE = "somebody-else.example"

# Serial numbers that the public CA's list of revoked certificates holds from the beginning.
REVOKED_SERIALS = range(0x0BAD0000, 0x0BAD0000 + 500)
_unused_serials = iter(REVOKED_SERIALS)


@functools.lru_cache
def _stranger():
    return Authority("Stranger CA")


@functools.lru_cache
def _expired_intermediate(root):
    return Authority("Expired Intermediate CA", issuer=root, path_length=0,
                     not_after=now() - DAY)


@functools.lru_cache
def _constrained_intermediate(root):
    return Authority("Constrained Intermediate CA", issuer=root, path_length=0,
                     permitted=ELSEWHERE)


def _self_signed(_, name):
    return Plan((name,), None)


def _unknown_ca(_, name):
    # With its root: without, the chain would look incomplete rather than untrusted.
    return Plan((name,), _stranger(), sent=_stranger().pem())


def _expired_ca(pki, name):
    return Plan((name,), _expired_intermediate(pki.root))


def _constrained_ca(pki, name):
    return Plan((name,), _constrained_intermediate(pki.root))


def _wrong_name(pki, _):
    return Plan((ELSEWHERE,), pki.intermediate)


def _nul_in_name(pki, name):
    return Plan((f"{name}\0.{ELSEWHERE}", name), pki.intermediate)


def _wildcard_too_deep(pki, name):
    """For a.b.example: *.example, which is good for b.example only."""
    return Plan(("*." + name.split(".", 2)[2],), pki.intermediate)


def _revoked(pki, name):
    return Plan((name,), pki.intermediate, serial=next(_unused_serials))


def _changed(**changes):
    """As the public CA makes them, but for `changes`."""
    return lambda pki, name: Plan((name,), pki.intermediate, **changes)


_FAULTS = {
    "self_signed": _self_signed,
    "unknown_ca": _unknown_ca,
    "missing_intermediate": _changed(sent=b""),
    "expired": _changed(begin=now() - 30 * DAY, end=now() - DAY),
    "not_yet_valid": _changed(begin=now() + DAY),
    "expired_ca": _expired_ca,
    "client_auth_only": _changed(usage=(CLIENT_AUTH,)),
    "code_signing_only": _changed(usage=(ExtendedKeyUsageOID.CODE_SIGNING,)),
    "common_name_only": _changed(alternative_names=False),
    "wrong_name": _wrong_name,
    "wildcard_too_deep": _wildcard_too_deep,
    "constrained_ca": _constrained_ca,
    "weak_key": _changed(key_type="rsa1024"),
    "weak_signature": _changed(digest=hashes.SHA1()),
    "nul_in_name": _nul_in_name,
    "revoked": _revoked,
}
FAULTS = tuple(_FAULTS)


def plan(pki, what, name):
    """The certificate for `name` with the fault `what`."""
    return _FAULTS[what](pki, name)
