"""The Internet's DNS for the benchmark: every domain has one server, and all are at one address."""

import socket
import struct
import sys

A, SRV = 1, 33
TTL = 300
FLAGS = 0x8580  # an answer, with authority and recursion
SERVICE = "_xmpp-server._tcp."


def encoded(name):
    return b"".join(bytes([len(label)]) + label for label in name.encode().split(b".")) + b"\0"


def question(query):
    """(name, type, where the question ends)"""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
        at += query[at] + 1
    return ".".join(labels), struct.unpack(">H", query[at + 1:at + 3])[0], at + 5


def records(name, kind, address, port):
    """What there is; None where the name does not exist."""
    if name.startswith(SERVICE):
        target = encoded("host." + name.removeprefix(SERVICE))
        return [struct.pack(">HHH", 0, 0, port) + target] if kind == SRV else []
    if name.startswith("_"):
        return None
    return [socket.inet_aton(address)] if kind == A else []


def answer(query, address, port):
    name, kind, end = question(query)
    found = records(name, kind, address, port)
    flags = FLAGS if found is not None else FLAGS | 3
    head = query[:2] + struct.pack(">HHHHH", flags, 1, len(found or ()), 0, 0)
    body = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, TTL, len(one)) + one
                    for one in found or ())
    return head + query[12:end] + body


def main():
    own_address, own_port, address, port = sys.argv[1:]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here:
        here.bind((own_address, int(own_port)))
        print("ready", flush=True)
        while True:
            query, who = here.recvfrom(4096)
            here.sendto(answer(query, address, int(port)), who)


if __name__ == "__main__":
    main()
