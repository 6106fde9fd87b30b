"""The two servers behind and beyond the gate, as one process: the backend's s2s end, which takes
whatever the gate brings, and a decent server for every domain below good.example."""

import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "integration"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from hostile_parts import place
from hostile_parts.witness import Files
from harness.raw_peer import Behaviour, RawServer


def main():
    backend_chain, backend_key, local_ca, peer_chain, peer_key, roots = sys.argv[1:]
    RawServer(place.BACKEND, Behaviour(Files(backend_chain, backend_key), local_ca), 15269)
    RawServer(place.GOOD_PEER, Behaviour(Files(peer_chain, peer_key), roots), 5269)
    threading.Event().wait()


main()
