"""SCRAM (RFC 5802) with every choice of channel binding that a client has, honest or not, and a
server that judges it as Prosody and ejabberd do."""

import base64
import hashlib
import hmac
import secrets

from cryptography import x509

END_POINT = "tls-server-end-point"
_SALT, _ROUNDS = b"salt of the tests", 4096


def end_point(der):
    """RFC 5929 4.1: what a login is bound to by the server's certificate."""
    used = x509.load_der_x509_certificate(der).signature_hash_algorithm.name
    return hashlib.new("sha256" if used in ("md5", "sha1") else used, der).digest()


def encode(octets):
    return base64.b64encode(octets).decode()


def _hash_of(mechanism):
    return "sha256" if "SHA-256" in mechanism else "sha1"


def _fields(message):
    return dict(part.split("=", 1) for part in message.split(",") if "=" in part)


class Proofs:
    """The keys of RFC 5802 section 3."""

    def __init__(self, algorithm, password, salt, rounds):
        self._algorithm = algorithm
        salted = hashlib.pbkdf2_hmac(algorithm, password.encode(), salt, rounds)
        self._client_key = self._hmac(salted, b"Client Key")
        self._server_key = self._hmac(salted, b"Server Key")

    def _hmac(self, key, data):
        return hmac.new(key, data, self._algorithm).digest()

    def client(self, auth_message):
        stored = hashlib.new(self._algorithm, self._client_key).digest()
        signature = self._hmac(stored, auth_message)
        return bytes(a ^ b for a, b in zip(self._client_key, signature))

    def server(self, auth_message):
        return self._hmac(self._server_key, auth_message)


class Client:
    """`flag`: "n", "y", or "p" with the type `binding` and its `data`."""

    def __init__(self, mechanism, user, password, flag="n", binding=END_POINT, data=b""):
        self.mechanism = mechanism
        self._password = password
        self._gs2 = f"p={binding},," if flag == "p" else f"{flag},,"
        self._data = data if flag == "p" else b""
        self._bare = f"n={user},r={secrets.token_hex(8)}"
        self._signature = None

    def first(self):
        return encode((self._gs2 + self._bare).encode())

    def final(self, challenge):
        server_first = base64.b64decode(challenge).decode()
        fields = _fields(server_first)
        without_proof = f"c={encode(self._gs2.encode() + self._data)},r={fields['r']}"
        message = ",".join((self._bare, server_first, without_proof)).encode()
        proofs = Proofs(_hash_of(self.mechanism), self._password, base64.b64decode(fields["s"]),
                        int(fields["i"]))
        self._signature = proofs.server(message)
        return encode(f"{without_proof},p={encode(proofs.client(message))}".encode())

    def check(self, success):
        """Whether the server knows the password, too, and saw the same login."""
        assert base64.b64decode(success).decode() == f"v={encode(self._signature)}"


class Server:
    """One login. `bindings`: what each type binds to here; empty: none is offered."""

    def __init__(self, mechanism, password, bindings):
        self._plus = mechanism.endswith("-PLUS")
        self._algorithm = _hash_of(mechanism)
        self._password = password
        self._bindings = bindings
        self._first = self._challenge = self._gs2 = None

    def challenge(self, first, more=""):
        self._gs2, _, self._first = base64.b64decode(first).decode().partition(",,")
        nonce = _fields(self._first)["r"] + secrets.token_hex(8)
        self._challenge = f"r={nonce},s={encode(_SALT)},i={_ROUNDS}{more}"
        return encode(self._challenge.encode())

    def verify(self, final):
        """The last message for the client; None: it is refused."""
        text = base64.b64decode(final).decode()
        without_proof, _, proof = text.rpartition(",p=")
        message = ",".join((self._first, self._challenge, without_proof)).encode()
        proofs = Proofs(self._algorithm, self._password, _SALT, _ROUNDS)
        bound = base64.b64decode(_fields(without_proof)["c"])
        if bound != self._expected() or base64.b64decode(proof) != proofs.client(message):
            return None
        return encode(f"v={encode(proofs.server(message))}".encode())

    def _expected(self):
        kind, _, binding = self._gs2.partition("=")
        if self._plus:
            known = kind == "p" and binding in self._bindings
            return f"p={binding},,".encode() + self._bindings[binding] if known else None
        # Who could bind, and says that the server cannot, was lied to.
        return None if kind == "p" or (kind == "y" and self._bindings) else f"{kind},,".encode()
