"""Includes point one way, and each foreign library has one home."""

import re

# Part -> the parts right below it; what those may include, it may include too.
LAYERS = {
    "proxy/base": [],
    "policy": ["proxy/base"],
    "certs": ["policy"],
    "proxy/tls": ["certs"],
    "proxy/xmpp": ["policy"],
    "proxy/session": ["proxy/xmpp"],
    "proxy/net": ["policy"],
    "proxy/telemetry": ["policy"],
    "proxy/report": ["policy"],
    "proxy/relay": ["proxy/session", "proxy/tls", "proxy/net", "proxy/telemetry"],
    "proxy/admin": ["proxy/relay"],
    "proxy/app": ["proxy/admin", "proxy/report"],
}

# Header -> the parts that may include it.
LIBRARY_HOMES = {
    r"uv\.h": ["proxy/net"],
    r"unbound\.h": ["proxy/net"],
    r"expat\.h": ["proxy/xmpp"],
    r"toml\+\+/.*": ["policy"],
    r"openssl/(ssl|x509\w*|pem|ocsp)\.h": ["certs", "proxy/tls"],
    r"prometheus/.*": ["proxy/telemetry"],
    r"(civetweb|CivetServer)\.h": ["proxy/admin"],
    r"CLI/.*": ["proxy/app"],
    r"idn2\.h": ["proxy/base"],
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)


def below(part):
    found = {part}
    for lower in LAYERS[part]:
        found |= below(lower)
    return found


def part_of(path):
    pieces = path.split("/")
    return "/".join(pieces[:2]) if pieces[0] == "proxy" else pieces[0]


def include_direction(tree):
    findings = []
    # What CMake makes of x.h.in is included as x.h.
    known = {file.removesuffix(".in") for file in tree.files}
    for file in tree.product_cxx():
        part = part_of(file)
        if part not in LAYERS:
            findings.append(f"{file}: {part} has no place among the layers")
            continue
        text = tree.text(file) or ""
        for match in INCLUDE.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            quote, header = match.groups()
            problem = own(header, part, known) if quote == '"' else foreign(header, part)
            if problem:
                findings.append(f"{file}:{line}: {problem}")
    return findings


def own(header, part, known):
    if header not in known:
        return f'"{header}" is no file seen from the root of the repository'
    target = part_of(header)
    if target not in LAYERS:
        return f"{part} must not include {header}"
    if target not in below(part):
        return f"{part} must not include {header}: {target} is not below it"
    return None


def foreign(header, part):
    for pattern, homes in LIBRARY_HOMES.items():
        if re.fullmatch(pattern, header) and part not in homes:
            return f"<{header}> belongs to {', '.join(homes)}, not to {part}"
    return None
