"""The proxies beside which Portcullis is measured: how each is configured and started, and why one
is left out."""

import os
import pathlib
import re
import shutil
import subprocess

CACHE = pathlib.Path.home() / ".cache" / "portcullis-bench"
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

TEMPLATES = {"haproxy": HAPROXY, "nginx": NGINX, "hitch": HITCH, "xmpp-proxy": XMPP_PROXY}
OF_CRATES = "xmpp-proxy"  # and not of Debian


def settings():
    """What the templates want beside ports and the folder."""
    root = os.geteuid() == 0
    return {"user": "user root;" if root else "", "hitch_user": 'user = "nobody"' if root else "",
            "descriptors": 19500}


def command(name, binaries, config):
    return {
        "haproxy": ["/usr/sbin/haproxy", "-db", "-f", config],
        "nginx": ["/usr/sbin/nginx", "-c", config],
        "hitch": ["/usr/sbin/hitch", f"--config={config}"],
        OF_CRATES: [binaries.get(name), config],
    }[name]


def missing(name, binaries):
    """Why this peer cannot be measured here; "" if it can."""
    if name == OF_CRATES:
        return "" if name in binaries else "no cargo has built it, and no --xmpp-proxy names it"
    if not pathlib.Path("/usr/sbin", name).exists():
        return f"the package {name} is not installed"
    if name == "nginx" and not NGINX_STREAM.exists():
        return "the package libnginx-mod-stream is not installed"
    return ""


def xmpp_proxy(may_build):
    """The program, from crates.io where there is cargo; None without."""
    program = CACHE / "bin" / OF_CRATES
    if not program.exists() and may_build and shutil.which("cargo"):
        subprocess.run(["cargo", "install", OF_CRATES, "--locked", "--root", CACHE],
                       capture_output=True, check=False)
    return program if program.exists() else None


def version_of(name):
    if name == OF_CRATES:
        return f"{name} {_installed_by_cargo()}"
    asked = {"haproxy": ["/usr/sbin/haproxy", "-v"], "nginx": ["/usr/sbin/nginx", "-v"],
             "hitch": ["/usr/sbin/hitch", "--version"]}[name]
    done = subprocess.run(asked, capture_output=True, text=True, check=True)
    first = (done.stdout + done.stderr).splitlines()[0]
    return re.sub(r" version:? | [0-9/]{10} - .*", lambda m: " " if "version" in m[0] else "", first)


def _installed_by_cargo():
    known = CACHE / ".crates.toml"
    found = re.search(r'"xmpp-proxy ([0-9.]+) ', known.read_text()) if known.exists() else None
    return found.group(1) if found else "of unknown version"
