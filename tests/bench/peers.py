"""The proxies beside which Portcullis is measured: how each is configured and started, what it
cannot do, and why one is left out."""

import dataclasses
import os
import pathlib
import re
import subprocess

import crates

NGINX_STREAM = pathlib.Path("/usr/lib/nginx/modules/ngx_stream_module.so")

HAPROXY = """\
global
  nbthread 1
  maxconn 9500
defaults
  mode tcp
  timeout connect 10s
  timeout client 1h
  timeout server 1h
frontend direct
  bind 127.0.0.1:{direct} ssl crt {folder}/bench.pem
  default_backend stub
backend stub
  server stub 127.0.0.1:{stub}
"""

NGINX = """\
daemon off;
{user}
worker_processes 1;
worker_rlimit_nofile {descriptors};
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
events {{ worker_connections {descriptors}; }}
stream {{
  server {{
    listen 127.0.0.1:{direct} ssl backlog=4096;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate {folder}/ecdsa.pem;
    ssl_certificate_key {folder}/ecdsa.key;
    ssl_certificate {folder}/rsa.pem;
    ssl_certificate_key {folder}/rsa.key;
    proxy_pass 127.0.0.1:{stub};
    proxy_timeout 1h;
  }}
}}
"""

# It has one certificate for each frontend, whatever key types a client takes.
HITCH = """\
frontend = {{ host = "127.0.0.1" port = "{direct}" pem-file = "{folder}/bench.pem.ecdsa" }}
frontend = {{ host = "127.0.0.1" port = "{direct_rsa}" pem-file = "{folder}/bench.pem.rsa" }}
backend = "[127.0.0.1]:{stub}"
alpn-protos = "xmpp-client"
tls-protos = TLSv1.2 TLSv1.3
workers = 1
backlog = 4096
daemon = off
{hitch_user}
"""

# It finds out by itself whether a stream begins with TLS, and has one certificate.
XMPP_PROXY = """\
listen = ["127.0.0.1:{direct}"]
c2s_target = "127.0.0.1:{stub}"
s2s_target = "127.0.0.1:{stub}"
proxy = false
max_stanza_size_bytes = 262144
tls_key = "{folder}/ecdsa.key"
tls_cert = "{folder}/ecdsa.pem"
"""


@dataclasses.dataclass(frozen=True)
class Peer:
    template: str
    arguments: tuple           # "{}" is the configuration
    asks_version: str = "-v"
    speaks_starttls: bool = False
    shows_rsa: bool = True
    port_for_rsa: bool = False     # instead of both certificates on one port
    # Those that it gives, until they are used, however many others it gives in between.
    keeps_sessions: bool = True
    part_of_bulk: int = 1          # that it is sent, so that a run does not wait for it


PEERS = {
    "haproxy": Peer(HAPROXY, ("-db", "-f", "{}")),
    "nginx": Peer(NGINX, ("-c", "{}")),
    "hitch": Peer(HITCH, ("--config={}",), "--version", port_for_rsa=True),
    # It keeps 256 sessions, and forgets any of them for the next; it reads byte by byte.
    crates.NAME: Peer(XMPP_PROXY, ("{}",), speaks_starttls=True, shows_rsa=False,
                      keeps_sessions=False, part_of_bulk=8),
}


def settings():
    """What the templates want beside ports and the folder."""
    root = os.geteuid() == 0
    return {"user": "user root;" if root else "", "hitch_user": 'user = "nobody"' if root else "",
            "descriptors": 19500}


def program(name, binaries):
    return pathlib.Path(binaries.get(name) or f"/usr/sbin/{name}")


def command(name, binaries, config):
    return [program(name, binaries), *(part.format(config) for part in PEERS[name].arguments)]


def missing(name):
    """Why a peer of Debian cannot be measured here; "" if it can."""
    if not program(name, {}).exists():
        return f"the package {name} is not installed"
    if name == "nginx" and not NGINX_STREAM.exists():
        return "the package libnginx-mod-stream is not installed"
    return ""


def version_of(name, binaries):
    if name == crates.NAME:
        return f"{name} {crates.version_of(program(name, binaries))}"
    done = subprocess.run([program(name, binaries), PEERS[name].asks_version], capture_output=True,
                          text=True, check=True)
    first = (done.stdout + done.stderr).splitlines()[0]
    return re.sub(r" version:? | [0-9/]{10} - .*", lambda m: " " if "version" in m[0] else "", first)
