"""A name server for one signed zone, in this process: dnsmasq and unbound sign nothing."""

import contextlib
import socket
import threading

import dns.dnssec
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.rrset
from cryptography.hazmat.primitives.asymmetric import ec

LIFETIME = 24 * 60 * 60


class SignedZone:
    """Answers at (address, port) by UDP as long as the context lasts. `records` are lines as in a
    zone file, "name type data" with whole names. What the zone does not have is denied by an NSEC
    record made for the question."""

    def __init__(self, origin, address, records, port=5353):
        self.origin = dns.name.from_text(origin)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._dnskey = dns.dnssec.make_dnskey(self._key.public_key(), "ECDSAP256SHA256", flags=257)
        self._sets = {}
        self.forged = set()  # types whose signatures are wrong
        self._add(origin, "DNSKEY", self._dnskey.to_text())
        self._add(origin, "SOA", f"ns.{origin}. admin.{origin}. 1 3600 600 86400 60")
        for line in records:
            self._add(*line.split(" ", 2))
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, port))
        self._socket.settimeout(0.1)  # to see that it is over
        self._over = False
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def anchor(self):
        """A line of a file of trust anchors."""
        return f"{self.origin} 3600 IN DNSKEY {self._dnskey.to_text()}\n"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._over = True
        self._thread.join()
        self._socket.close()

    def _add(self, name, kind, data):
        name, kind = dns.name.from_text(name), dns.rdatatype.from_text(kind)
        found = self._sets.setdefault((name, kind), dns.rrset.RRset(name, 1, kind))
        found.add(dns.rdata.from_text(1, kind, data), ttl=60)

    def _signed(self, rrset):
        signature = dns.dnssec.sign(rrset, self._key, self.origin, self._dnskey, lifetime=LIFETIME)
        if dns.rdatatype.to_text(rrset.rdtype) in self.forged:
            signature = signature.replace(signature=bytes(64))
        return [rrset, dns.rrset.from_rdata(rrset.name, 60, signature)]

    def _denial(self, name):
        following = dns.name.Name((b"\0", *name.labels))
        # Resolvers conclude from it what else the name does not have (RFC 8198).
        kinds = [dns.rdatatype.to_text(kind) for owner, kind in self._sets if owner == name]
        nsec = dns.rrset.from_text(name, 60, "IN", "NSEC",
                                   f"{following} {' '.join([*kinds, 'RRSIG', 'NSEC'])}")
        return self._signed(self._sets[self.origin, dns.rdatatype.SOA]) + self._signed(nsec)

    def _answer(self, query):
        question = query.question[0]
        answer = dns.message.make_response(query, our_payload=4096)
        answer.flags |= dns.flags.AA | dns.flags.RA
        found = self._sets.get((question.name, question.rdtype))
        if found is not None:
            answer.answer = self._signed(found)
        elif question.name.is_subdomain(self.origin):
            answer.authority = self._denial(question.name)
        else:
            answer.set_rcode(dns.rcode.REFUSED)
        return answer.to_wire(max_size=4096)

    def _serve(self):
        while not self._over:
            with contextlib.suppress(TimeoutError):
                octets, sender = self._socket.recvfrom(4096)
                self._socket.sendto(self._answer(dns.message.from_wire(octets)), sender)
