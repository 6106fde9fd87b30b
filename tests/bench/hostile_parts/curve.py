"""A certificate whose key is on an elliptic curve that its sender made up.

RFC 5480 section 2.1.1 wants curves to be named, but libraries decode one that is written out, too.
Its point is given compressed, so whoever decodes it takes a square root. In a field whose prime is
k * 2**TWOS + 1, of a number with the highest order that a power of two can have, that takes
TWOS * TWOS / 2 multiplications: hundreds of milliseconds for a few hundred octets."""

import base64
import textwrap

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

TWOS = 640
MOST_BITS = 661  # OpenSSL decodes no larger field
A, B = 5, 7

SEQUENCE, INTEGER, BIT_STRING, OCTET_STRING, OBJECT, UTC_TIME = 0x30, 2, 3, 4, 6, 0x17
EC_PUBLIC_KEY = bytes.fromhex("2a8648ce3d0201")
PRIME_FIELD = bytes.fromhex("2a8648ce3d0101")
ECDSA_WITH_SHA256 = bytes.fromhex("2a8648ce3d040302")


def der(tag, *parts):
    content = b"".join(parts)
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 128 | len(octets)]) + octets + content


def integer(value):
    return der(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def is_prime(number, bases=(2, 3, 5, 7, 11, 13)):
    """By Miller and Rabin, for odd numbers; nobody chose these to deceive it."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in bases:
        power = pow(base, odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True


def prime_with_many_twos():
    factor = 1
    while not is_prime(factor * 2**TWOS + 1):
        factor += 2
    assert (factor * 2**TWOS + 1).bit_length() <= MOST_BITS
    return factor, factor * 2**TWOS + 1


def dear_x(factor, prime):
    """An x for which the curve has a point, and of whose square root nothing is saved."""
    x = 1
    while True:
        x += 1
        square = (x**3 + A * x + B) % prime
        if pow(square, (prime - 1) // 2, prime) != 1:
            continue  # no square
        # The order of what is left is 2**(TWOS - 1), the highest that a square can have.
        if pow(square, factor * 2 ** (TWOS - 2), prime) != 1:
            return x


def public_key_info():
    """SubjectPublicKeyInfo with the curve written out (SEC 1, appendix C.2)."""
    factor, prime = prime_with_many_twos()
    size = (prime.bit_length() + 7) // 8
    point = b"\x02" + dear_x(factor, prime).to_bytes(size, "big")
    curve = der(SEQUENCE, der(OCTET_STRING, A.to_bytes(size, "big")),
                der(OCTET_STRING, B.to_bytes(size, "big")))
    parameters = der(SEQUENCE, integer(1),
                     der(SEQUENCE, der(OBJECT, PRIME_FIELD), integer(prime)),
                     curve, der(OCTET_STRING, point), integer(prime), integer(1))
    return der(SEQUENCE, der(SEQUENCE, der(OBJECT, EC_PUBLIC_KEY), parameters),
               der(BIT_STRING, b"\x00", point))


def certificate():
    """In PEM. Signed by a key that nobody knows: it costs before anybody looks at the signature."""
    algorithm = der(SEQUENCE, der(OBJECT, ECDSA_WITH_SHA256))
    nobody = der(SEQUENCE)
    validity = der(SEQUENCE, der(UTC_TIME, b"250101000000Z"), der(UTC_TIME, b"490101000000Z"))
    signed = der(SEQUENCE, integer(1), algorithm, nobody, validity, nobody, public_key_info())
    signature = ec.generate_private_key(ec.SECP256R1()).sign(signed, ec.ECDSA(hashes.SHA256()))
    whole = der(SEQUENCE, signed, algorithm, der(BIT_STRING, b"\x00", signature))
    lines = textwrap.fill(base64.b64encode(whole).decode(), 64)
    return f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n".encode()
