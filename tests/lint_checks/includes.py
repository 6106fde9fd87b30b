"""Includes point one way, and each foreign library has one home."""

import re

# Part -> (what it is, the parts right below it). What those may include, it may include too. A part
# is a folder; one that has parts inside itself consists of the files right in it.
LAYERS = {
    "proxy/base": ("results and errors, domain names, endpoints, TLS versions, kinds of stream, the clock", []),
    "policy/reasons": ("the closed list of reasons, their sentences and the help for each", ["proxy/base"]),
    "policy/model": ("the configuration as types, and its values as text", ["policy/reasons"]),
    "policy/load": ("TOML to configuration, each finding with file, line and column", ["policy/model"]),
    "policy/decide": ("what holds for one remote domain, and the certificate gate", ["policy/model"]),
    "policy/explain": ("what the policy says about one domain, and where in the file it says so",
                       ["policy/load", "policy/decide"]),
    "certs/x509": ("helpers around OpenSSL: owners, errors, PEM files, times, texts, key pins", ["policy/model"]),
    "certs/names": ("the names in a certificate, and whether one is the name that is wanted", ["certs/x509"]),
    "certs/verify/types": ("what a verification is asked and what it answers, trust anchors, revocation lists",
                           ["certs/names"]),
    "certs/verify/checks": ("the rules that are ours rather than OpenSSL's, revocation, faults in words",
                            ["certs/verify/types"]),
    "certs/verify/path": ("the search for a path to an anchor, and its verification by OpenSSL",
                          ["certs/verify/checks"]),
    "certs/verify": ("the judgement on a peer's certificate, with an operator's exceptions", ["certs/verify/path"]),
    "certs/own": ("certificates and keys of our own, pinned keys of the backend, the local CA", ["certs/verify"]),
    "proxy/xmpp": ("bytes to elements and back (expat), headers, features, SASL EXTERNAL, dialback, the guard",
                   ["policy/reasons"]),
    "proxy/session": ("the two machines, without I/O", ["proxy/xmpp"]),
    "proxy/tls": ("TLS contexts, and an engine over buffers of our own", ["certs/own"]),
    "proxy/net": ("sockets, timers and signals (libuv), look-ups in DNS (libunbound) and answers to them, SRV order, the PROXY protocol, SOCKS5",
                  ["policy/model"]),
    "proxy/keeper": ("the process that holds the local CA's key, and how the gate asks it",
                     ["certs/own", "proxy/net"]),
    "proxy/handover": ("how a process gives its sockets to its successor", ["proxy/net"]),
    "proxy/telemetry": ("metrics and the log", ["policy/decide"]),
    "proxy/report": ("what `portcullis report` reads from logs and writes", ["policy/decide"]),
    "proxy/status": ("what is known of the running program, as values, as text, as JSON and as a page",
                     ["policy/decide"]),
    "proxy/relay": ("transports, leg ends, bridges, workers, and the snapshot of all that is configured",
                    ["proxy/session", "proxy/tls", "proxy/net", "proxy/telemetry", "proxy/status"]),
    "proxy/examine": ("asks the server at one address what it offers, what it shows and whether it accepts us",
                      ["proxy/relay"]),
    "proxy/probe": ("finds the servers of a domain, has each examined, judges what was found, and says it in words",
                    ["proxy/examine"]),
    "proxy/doctor": ("what `portcullis doctor` finds: a table, and functions from gathered facts to findings",
                     ["proxy/examine"]),
    "proxy/setup": ("what `portcullis setup` reads in a server's own configuration and writes there, as text",
                    ["policy/load"]),
    "proxy/admin": ("HTTP for operators (civetweb): /metrics, /livez, /readyz, the page of the status", ["proxy/base"]),
    "proxy/confine": ("what a process can give up: files by Landlock, system calls by seccomp", ["proxy/base"]),
    "proxy/app": ("commands and wiring; the only part that knows all others",
                  ["policy/explain", "proxy/probe", "proxy/doctor", "proxy/keeper", "proxy/admin", "proxy/report",
                   "proxy/setup", "proxy/handover", "proxy/confine"]),
}

# Folder -> those of its headers that the rest of the program may include.
PUBLIC_HEADERS = {
    "certs/verify": [
        "certs/verify/verify.h",
        "certs/verify/exception.h",
        "certs/verify/roots_file.h",
        "certs/verify/types/crl_store.h",
        "certs/verify/types/presented_chain.h",
        "certs/verify/types/trust_anchors.h",
        "certs/verify/types/verify_policy.h",
        "certs/verify/types/verify_request.h",
        "certs/verify/types/verify_result.h",
    ],
}

# Header -> the folders that may include it.
LIBRARY_HOMES = {
    r"uv\.h": ["proxy/net"],
    r"unbound\.h": ["proxy/net"],
    r"expat\.h": ["proxy/xmpp", "proxy/setup"],
    r"yaml\.h": ["proxy/setup"],
    r"toml\+\+/.*": ["policy/load"],
    r"openssl/(ssl|x509\w*|pem|ocsp)\.h": ["certs", "proxy/tls"],
    r"prometheus/.*": ["proxy/telemetry"],
    r"(civetweb|CivetServer)\.h": ["proxy/admin"],
    r"CLI/.*": ["proxy/app"],
    r"cap-ng\.h": ["proxy/app"],
    r"seccomp\.h": ["proxy/confine"],
    r"systemd/.*": ["proxy/telemetry"],
    r"(idn2|stringprep)\.h": ["proxy/base"],
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)


def below(part):
    found = {part}
    for lower in LAYERS[part][1]:
        found |= below(lower)
    return found


def is_in(path, folder):
    return path.startswith(folder + "/")


def part_of(path):
    """The part that a file belongs to, "" when there is none."""
    home = folder = path.rpartition("/")[0]
    while folder and folder not in LAYERS:
        folder = folder.rpartition("/")[0]
    has_parts = any(is_in(part, folder) for part in LAYERS)
    return "" if has_parts and folder != home else folder


def include_direction(tree):
    findings = []
    # What CMake makes of x.h.in is included as x.h.
    known = {file.removesuffix(".in") for file in tree.files}
    for file in tree.product_cxx():
        if not part_of(file):
            findings.append(f"{file}: has no place among the layers")
            continue
        text = tree.text(file) or ""
        for match in INCLUDE.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            quote, header = match.groups()
            problem = own(header, file, known) if quote == '"' else foreign(header, file)
            if problem:
                findings.append(f"{file}:{line}: {problem}")
    return findings


def own(header, file, known):
    if header not in known:
        return f'"{header}" is no file seen from the root of the repository'
    part, target = part_of(file), part_of(header)
    if target not in below(part):
        return f"{part} must not include {header}: {target or header} is not below it"
    for folder, public in PUBLIC_HEADERS.items():
        if is_in(header, folder) and not is_in(file, folder) and header not in public:
            return f"{header} is for {folder} alone"
    return None


def foreign(header, file):
    for pattern, homes in LIBRARY_HOMES.items():
        if re.fullmatch(pattern, header) and not any(is_in(file, home) for home in homes):
            return f"<{header}> belongs to {', '.join(homes)}, not to {part_of(file)}"
    return None
