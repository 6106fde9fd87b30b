"""The proxies that are measured: the same certificates and the same backend for all, one worker
each, defaults but for limits and timeouts."""

import os
import pathlib
import re
import subprocess

from older import leave_out_unknown_keys
from processes import Child, free_ports

TARGET_CPU, LOAD_CPU = (0, 1) if (os.cpu_count() or 1) > 1 else (None, None)
DOMAIN = "bench.example"

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

PORTCULLIS = """\
version = 1
workers = 1
[listen]
s2s = "off"
s2s_direct = "off"
control = "off"
c2s = ["127.0.0.1:{starttls}"]
c2s_direct = ["127.0.0.1:{direct}"]
admin = "127.0.0.1:{admin}"
[outbound]
listen = "off"
[local_ca]
directory = "{folder}/{name}-ca"
[[host]]
domain = "{domain}"
certificates = [ {{ chain = "{folder}/ecdsa.pem", key = "{folder}/ecdsa.key" }},
                 {{ chain = "{folder}/rsa.pem", key = "{folder}/rsa.key" }} ]
[host.backend]
s2s = "127.0.0.1:{stub}"
c2s = "127.0.0.1:{stub}"
certificate = "{folder}/ecdsa.pem"
[limits]
inbound_connections = 20000
outbound_connections = 20000
client_connections = 20000
connections_per_address = 20000
rate_per_address = 100000
burst_per_address = 100000
rate_total = 100000
burst_total = 100000
"""


def make_certificates(folder):
    for name, algorithm in (
        ("ecdsa", ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]),
        ("rsa", ["-newkey", "rsa:2048"]),
    ):
        subprocess.run(
            ["openssl", "req", "-x509", "-nodes", "-days", "2", "-sha256", *algorithm]
            + ["-subj", f"/CN={DOMAIN}", "-addext", f"subjectAltName=DNS:{DOMAIN}"]
            + ["-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem"],
            check=True,
            capture_output=True,
        )
        # HAProxy takes one file for each key type, told apart by its ending; hitch takes either.
        pair = pathlib.Path(folder, f"{name}.pem").read_text()
        pair += pathlib.Path(folder, f"{name}.key").read_text()
        pathlib.Path(folder, f"bench.pem.{name}").write_text(pair)


class Target:
    """One proxy that runs. `binary` is the Portcullis to run; None for a peer."""

    def __init__(self, name, folder, stub_port, binary):
        self.name = name
        self.direct, self.direct_rsa, self.starttls, admin = free_ports(4)
        values = {
            "direct": self.direct,
            "direct_rsa": self.direct_rsa,
            "starttls": self.starttls,
            "admin": admin,
            "stub": stub_port,
            "folder": folder,
            "domain": DOMAIN,
            "user": "user root;" if os.geteuid() == 0 else "",
            "hitch_user": 'user = "nobody"' if os.geteuid() == 0 else "",
            "descriptors": 19500,
        }
        self.speaks_starttls = binary is not None
        config = pathlib.Path(folder, f"{name}.conf")
        template = {"haproxy": HAPROXY, "nginx": NGINX, "hitch": HITCH}.get(name, PORTCULLIS)
        if name != "hitch":
            self.direct_rsa = self.direct
        config.write_text(template.format(**values, name=name))
        if binary:
            leave_out_unknown_keys(binary, config)
            subprocess.run(
                [binary, "ca", "init", f"{folder}/{name}-ca"], check=True, capture_output=True
            )
            command = [binary, "run", "-c", config]
        else:
            command = {
                "haproxy": ["/usr/sbin/haproxy", "-db", "-f", config],
                "nginx": ["/usr/sbin/nginx", "-c", config],
                "hitch": ["/usr/sbin/hitch", f"--config={config}"],
            }[name]
        self.child = Child(name, command, folder, cpu=TARGET_CPU)

    def await_ready(self):
        self.child.await_port(self.direct)


def version_of(name, binary):
    if binary:
        command = [binary, "version"]
    else:
        command = {
            "haproxy": ["/usr/sbin/haproxy", "-v"],
            "nginx": ["/usr/sbin/nginx", "-v"],
            "hitch": ["/usr/sbin/hitch", "--version"],
        }[name]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    first = (done.stdout + done.stderr).splitlines()[0]
    return re.sub(r" version:? | [0-9/]{10} - .*", lambda m: " " if "version" in m[0] else "", first)
