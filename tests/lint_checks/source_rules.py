"""Rules about the source text itself."""

import re

CODE_LINES = 300
TEST_LINES = 500

# Call -> the files where it may stand. Who needs the time or the environment is handed it.
BANNED_CALLS = {
    "system_clock::now": ("proxy/base/clock.h", "proxy/telemetry/log.cc"),
    "steady_clock::now": ("proxy/base/clock.h",),
    "getenv": ("proxy/app/service_manager.cc", "proxy/telemetry/log.cc"),
    "secure_getenv": (),
    "time": (),
    "gettimeofday": (),
    "clock_gettime": (),
    "localtime": (),
    "rand": (),
    "srand": (),
    "strcpy": (),
    "strcat": (),
    "sprintf": (),
    "atoi": (),
}

# Where a name is written as it stands on an XMPP stream (docs/names.md). All others hand a domain to
# these, or take its A-labels, so that the two forms cannot be mixed up.
WIRE_HOMES = (
    "policy/load/config_field_names.h",  # as the operator wrote it
    "proxy/base/domain_name.cc",
    "proxy/xmpp/address_form.cc",
    "proxy/xmpp/dialback.cc",
    "proxy/xmpp/dialback_key.cc",
    "proxy/xmpp/sasl_external.cc",
    "proxy/xmpp/stream_header.h",
)
WIRE_FORM = re.compile(r"(?:\.|->)\s*wire\s*\(\s*\)")

# A switch over an enumeration of ours names each of its values, so that the compiler asks for a new
# one everywhere. File -> how many switches in it are over values that others define, and which.
DEFAULT_LABELS = {
    "certs/own/credentials.cc": (1, "OpenSSL's types of keys"),
    "certs/verify/checks/error_filter.cc": (1, "OpenSSL's errors of verification"),
    "certs/verify/checks/key_strength.cc": (2, "OpenSSL's types of keys and of digests"),
    "certs/verify/checks/verify_fault.cc": (1, "OpenSSL's errors of verification"),
    "policy/load/config_value.cc": (1, "toml++'s types of values"),
    "policy/load/toml_nesting.cc": (1, "characters"),
    "proxy/admin/response.cc": (1, "HTTP status codes"),
    "proxy/base/tls_version.h": (1, "versions of TLS on the wire"),
    "proxy/net/listener.cc": (1, "errno"),
    "proxy/net/proxy_protocol.cc": (1, "octets of a PROXY header"),
    "proxy/setup/yaml_tree.cc": (1, "events of libyaml"),
    "proxy/tls/engine.cc": (1, "OpenSSL's results of SSL_get_error"),
    "proxy/tls/failure.cc": (1, "OpenSSL's errors"),
    "proxy/xmpp/expat_parser.cc": (1, "expat's errors"),
    "proxy/xmpp/writer.cc": (1, "characters"),
}
DEFAULT_LABEL = re.compile(r"\bdefault\s*:(?!:)")

# Comments, raw strings, strings and character constants; a quote between digits is no constant.
NOT_CODE = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"([^()\\ ]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'",
    re.DOTALL,
)

INTEGER_TYPE = re.compile(r"std::u?int(?:8|16|32|64)_t\b")

# In pieces, as this file is searched, too.
WORKPLACE = re.compile(
    r"(?<![\w.~-])/(?:" + "wo" + "rk|fa" + r"rm)/|/tmp/" + r"helpers|bash_" + "jobs"
)


def code_only(text):
    """The same text with everything that is no code blanked, lines kept."""
    return NOT_CODE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def file_length(tree):
    findings = []
    for file in sorted({*tree.cxx(), *tree.python(), *tree.shell()}):
        limit = TEST_LINES if file.startswith("tests/") else CODE_LINES
        lines = len((tree.text(file) or "").splitlines())
        if lines > limit:
            findings.append(f"{file}: {lines} lines, {limit} at most; split it by responsibility")
    return findings


def banned_calls(tree):
    findings = []
    for file in tree.product_cxx():
        code = code_only(tree.text(file) or "")
        for call, homes in BANNED_CALLS.items():
            if file in homes:
                continue
            # A member or a function of one of our own namespaces is not meant.
            pattern = r"(?<![\w.>:])(?:std::|::)?(?:chrono::)?" + call + r"\s*\("
            for match in re.finditer(pattern, code):
                line = code.count("\n", 0, match.start()) + 1
                where = f"only {', '.join(homes)} may call it" if homes else "nothing may call it"
                findings.append(f"{file}:{line}: {call}(): {where}")
    return findings


def forms_of_names(tree):
    findings = []
    for file in tree.product_cxx():
        if file in WIRE_HOMES:
            continue
        code = code_only(tree.text(file) or "")
        for match in WIRE_FORM.finditer(code):
            line = code.count("\n", 0, match.start()) + 1
            findings.append(f"{file}:{line}: wire(): only {', '.join(WIRE_HOMES)} may write a name "
                            "as it stands on a stream")
    return findings


def integer_types(tree):
    """The precompiled headers hide that a file lacks <cstdint>, and the standard library of g++ 12
    includes it almost everywhere; that of g++ 14 does not, and a build without them fails there."""
    findings = []
    for file in tree.product_cxx():
        text = tree.text(file) or ""
        match = INTEGER_TYPE.search(code_only(text))
        own_header = file[:-3] + ".h" if file.endswith(".cc") else ""
        known = text + (tree.text(own_header) or "" if own_header in tree.files else "")
        if match and "#include <cstdint>" not in known:
            line = text.count("\n", 0, match.start()) + 1
            findings.append(f"{file}:{line}: {match.group()} needs #include <cstdint>")
    return findings


def cited_pages(tree):
    """A message must not send an operator to a page of the source tree: where the program is
    installed, there are `portcullis explain` and the manual pages."""
    findings = []
    for file in tree.product_cxx():
        text = tree.text(file) or ""
        for match in NOT_CODE.finditer(text):
            if match.group()[0] != "/" and "docs/" in match.group():
                line = text.count("\n", 0, match.start() + match.group().index("docs/")) + 1
                findings.append(f"{file}:{line}: a text names a page of docs/, which may not be "
                                "installed; name a manual page or `portcullis explain`")
    return findings


def default_labels(tree):
    findings = []
    for file in tree.product_cxx():
        code = code_only(tree.text(file) or "")
        lines = [code.count("\n", 0, m.start()) + 1 for m in DEFAULT_LABEL.finditer(code)]
        allowed, over = DEFAULT_LABELS.get(file, (0, ""))
        if len(lines) > allowed:
            known = f" but the {allowed} over {over}" if allowed else ""
            findings += [f"{file}:{line}: name every value instead of default:{known}; a switch "
                         "over values of others belongs into DEFAULT_LABELS" for line in lines]
        elif len(lines) < allowed:
            findings.append(f"{file}: DEFAULT_LABELS allows {allowed}, there are {len(lines)}")
    return findings


def workplace_words(tree):
    findings = []
    for file in tree.files:
        for number, line in enumerate((tree.text(file) or "").splitlines(), 1):
            if WORKPLACE.search(line):
                findings.append(f"{file}:{number}: a path of one machine: {line.strip()[:100]}")
    return findings


def python_syntax(tree):
    findings = []
    for file in tree.python():
        try:
            compile(tree.text(file) or "", file, "exec")
        except SyntaxError as error:
            findings.append(f"{file}:{error.lineno}: {error.msg}")
    return findings
