"""The key exchange is OpenSSL's own choice at both ends: no list of ours takes a group away."""

import re
import subprocess

import pytest

from harness.environment import DOMAIN

HYBRID = "X25519MLKEM768"  # known, and preferred, since OpenSSL 3.5


def preferred_group():
    known = subprocess.run(["openssl", "list", "-kem-algorithms"], capture_output=True, text=True,
                           check=True).stdout
    return HYBRID if HYBRID in known else "X25519"


@pytest.mark.parametrize("port, starttls", [
    (5223, []), (5222, ["-starttls", "xmpp", "-xmpphost", DOMAIN]),
    (5270, []), (5269, ["-starttls", "xmpp-server", "-xmpphost", DOMAIN])],
    ids=["c2s direct", "c2s starttls", "s2s direct", "s2s starttls"])
def test_group_between_two_of_this_release(prosody_env, port, starttls):
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"{prosody_env.inbound.wan}:{port}", "-servername",
         DOMAIN, "-tls1_3", *starttls],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20, check=False)
    # The older names the group in another line.
    found = re.search(r"(?:Negotiated TLS1\.3 group: |Server Temp Key: )(\w+)", done.stdout)
    assert found and found[1] == preferred_group(), done.stdout
