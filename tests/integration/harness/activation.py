"""Opens listeners for a gate, as systemd does for a service with a socket unit."""

# Opens what it is told and becomes the program, as systemd does.
LAUNCHER = """
import os, socket, sys
split = sys.argv.index('--')
opened = []
for what in sys.argv[1:split]:
    kind, host, port = what.split(',')
    if kind == 'unix':
        one = socket.socket(socket.AF_UNIX)
        one.bind(host)
    else:
        one = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET,
                            socket.SOCK_DGRAM if kind == 'udp' else socket.SOCK_STREAM)
        if 'REUSE_PORT' in os.environ:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if kind != 'udp':
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind((host, int(port)))
    if kind in ('tcp', 'unix'):
        one.listen(64)
    opened.append(os.dup2(one.fileno(), 100 + len(opened)))
for number, descriptor in enumerate(opened):
    os.dup2(descriptor, 3 + number)
os.closerange(100, 100 + len(opened))
variables = dict(one.split('=', 1) for one in os.environ['HANDED'].split())
variables['LISTEN_PID'] = variables.get('LISTEN_PID', str(os.getpid()))
os.execve(sys.argv[split + 1], sys.argv[split + 1:], {**os.environ, **variables})
"""


def activated(sockets, names=(), **variables):
    """What extra_gate() starts the gate with; each socket is "kind,host,port"."""
    variables = {"LISTEN_FDS": len(sockets), "LISTEN_FDNAMES": ":".join(names), **variables}
    handed = " ".join(f"{name}={value}" for name, value in variables.items())
    return ["env", f"HANDED={handed}", "/usr/bin/python3", "-c", LAUNCHER, *sockets, "--"]


def as_unit_says(unit):
    """What activated() takes for the addresses of a socket unit, and the variables for it."""
    lines = [line.split("=", 1) for line in unit.read_text().splitlines() if "=" in line and line[0] != "#"]
    addresses = [value.rsplit(":", 1) for key, value in lines if key == "ListenStream"]
    reuse = {"REUSE_PORT": "1"} if ["ReusePort", "yes"] in lines else {}
    return [f"tcp,{host.strip('[]')},{port}" for host, port in addresses], reuse
