"""Each check, on a small tree with one fault and on the same tree without it."""

import pathlib
import tempfile

from lint_checks import class_size, doc_links, includes, layer_table, regressions, source_rules, tools
from lint_checks.tree import Tree

BASE = {"proxy/base/a.h": "#pragma once\n", "proxy/net/b.h": "#pragma once\n"}
# A header for each part that has a place of its own below the two folders that are divided.
BASE |= {f"{part}/{part.rpartition('/')[2]}.h": ""
         for part in includes.LAYERS if part.startswith(("certs/", "policy/"))}
BASE |= {"certs/verify/types/verify_policy.h": ""}
DIRECTION = includes.include_direction
RULES = source_rules
PAGE = regressions.PAGE


def row(tests):
    return f"| id | what | tests |\n|---|---|---|\n| `a-1` | x `y` | {tests} |\n"


KNOWN = {
    "tests/unit/a_test.cc": "TEST(Suite, One) {}\nTEST_P(Regression_a_1, Two) {}\n",
    "tests/integration/test_a.py": "def test_b(x):\n    pass\n",
}
LAYERS_PAGE = f"# A\n{layer_table.OPENING}{layer_table.table()}{layer_table.CLOSING}\n"


def a_class(functions):
    """As text, with what does not count as a function beside it."""
    members = "".join(f"  void f{i}(int a = g(1)) const;\n" for i in range(functions))
    return f"class C {{\n  C(int x);\n  ~C();\n  std::function<void(int)> m_;\n{members}}};\n"


# check, faulty file, its content, content that is fine
CASES = [
    (layer_table.layer_table, layer_table.PAGE, LAYERS_PAGE.replace("proxy/base", "proxy/b"), LAYERS_PAGE),
    (layer_table.layer_table, layer_table.PAGE, layer_table.table(), LAYERS_PAGE),
    (class_size.class_size, "policy/x.h", a_class(23), a_class(22)),
    (DIRECTION, "proxy/base/x.cc", '#include "proxy/net/b.h"', '#include "proxy/base/a.h"'),
    (DIRECTION, "proxy/net/x.cc", '  # include "certs/x509/x509.h"', '#include "proxy/net/b.h"'),
    (DIRECTION, "proxy/net/x.cc", '#include "b.h"', '#include "proxy/net/b.h"'),
    (DIRECTION, "proxy/new/x.cc", "", None),
    (DIRECTION, "policy/x.cc", "", None),
    (DIRECTION, "certs/verify/new/x.cc", "", None),
    (DIRECTION, "policy/load/x.cc", "#include <uv.h>", "#include <vector>"),
    (DIRECTION, "policy/decide/x.cc", "#include <toml++/toml.h>", "#include <vector>"),
    (DIRECTION, "certs/own/x.cc", "#include <civetweb.h>", "#include <openssl/x509v3.h>"),
    (DIRECTION, "policy/reasons/x.cc", '#include "policy/model/model.h"', '#include "proxy/base/a.h"'),
    (DIRECTION, "policy/model/x.cc", '#include "policy/load/load.h"', '#include "policy/reasons/reasons.h"'),
    (DIRECTION, "policy/load/x.cc", '#include "policy/decide/decide.h"', '#include "policy/model/model.h"'),
    (DIRECTION, "policy/decide/x.cc", '#include "policy/load/load.h"', '#include "policy/reasons/reasons.h"'),
    (DIRECTION, "policy/model/x.cc", '#include "certs/x509/x509.h"', '#include "policy/model/model.h"'),
    (DIRECTION, "certs/x509/x.cc", '#include "certs/names/names.h"', '#include "policy/model/model.h"'),
    (DIRECTION, "certs/x509/x.cc", '#include "policy/decide/decide.h"', '#include "certs/x509/x509.h"'),
    (DIRECTION, "certs/names/x.cc", '#include "certs/verify/verify.h"', '#include "certs/x509/x509.h"'),
    (DIRECTION, "certs/verify/types/x.cc", '#include "certs/verify/verify.h"', '#include "certs/names/names.h"'),
    (DIRECTION, "certs/verify/checks/x.cc", '#include "certs/verify/path/path.h"',
     '#include "certs/verify/types/types.h"'),
    (DIRECTION, "certs/verify/path/x.cc", '#include "certs/verify/verify.h"',
     '#include "certs/verify/checks/checks.h"'),
    (DIRECTION, "certs/verify/x.cc", '#include "certs/own/own.h"', '#include "certs/verify/path/path.h"'),
    (DIRECTION, "certs/own/x.cc", '#include "certs/verify/checks/checks.h"', '#include "certs/verify/verify.h"'),
    (DIRECTION, "proxy/tls/x.cc", '#include "certs/verify/path/path.h"', '#include "certs/own/own.h"'),
    (DIRECTION, "proxy/relay/x.cc", '#include "certs/verify/types/types.h"',
     '#include "certs/verify/types/verify_policy.h"'),
    (DIRECTION, "proxy/relay/x.cc", '#include "policy/load/load.h"', '#include "policy/decide/decide.h"'),
    (DIRECTION, "proxy/admin/x.cc", '#include "policy/reasons/reasons.h"', '#include "proxy/base/a.h"'),
    (RULES.file_length, "policy/x.cc", "\n" * 301, "\n" * 300),
    (RULES.file_length, "tests/unit/x_test.cc", "\n" * 501, "\n" * 500),
    (RULES.file_length, "deploy/tool", "#!/bin/sh\n" * 301, "#!/bin/sh\n" * 300),
    (RULES.banned_calls, "policy/x.cc", "auto t = time(nullptr);", "auto t = clock.time(); // time("),
    (RULES.banned_calls, "policy/x.cc", "auto t = std::time(nullptr);", 'auto t = "std::time(";'),
    (RULES.banned_calls, "policy/x.cc", "std::chrono::system_clock::now()", "lifetime(x)"),
    (RULES.banned_calls, "policy/x.cc", "auto v = ::getenv(name);", "auto v = R\"(getenv(name))\";"),
    (RULES.banned_calls, "policy/x.cc", "int n = 1'000; rand();", "int n = 1'000; // rand()"),
    (RULES.integer_types, "proxy/net/x.cc", "std::uint8_t octet;",
     "#include <cstdint>\nstd::uint8_t octet;"),
    (RULES.integer_types, "proxy/net/x.h", "std::int64_t n;", "// std::int64_t n;\nint n;"),
    (RULES.forms_of_names, "proxy/net/x.cc", "ask(domain.wire());", "ask(domain.a_label());"),
    (RULES.forms_of_names, "proxy/relay/x.cc", "log(host->wire());", "auto t = wire(); // a.wire()"),
    (RULES.cited_pages, "policy/x.cc", 'f("see docs/x.md");', '// docs/x.md\nf("see docs");'),
    (RULES.cited_pages, "policy/x.cc", 'auto t = R"(a\ndocs/x.md)";', 'f("man portcullis");'),
    (RULES.default_labels, "policy/x.cc", "switch (r) {\n  default:\n    f();\n}",
     "X() = default;  // default:\nswitch (r) { case R::kA: default_x::f(); }"),
    (RULES.default_labels, "proxy/xmpp/writer.cc", "switch (c) { default: } switch (d) { default : }",
     "switch (c) { default: }"),
    (RULES.default_labels, "proxy/xmpp/writer.cc", "f();", "switch (c) { default: }"),
    (RULES.workplace_words, "docs/x.md", "cd /wo" + "rk/main", "cd ~/wo" + "rk/main"),
    (RULES.workplace_words, "docs/x.md", "see /tmp/" + "helpers", "see /tmp/help"),
    (RULES.python_syntax, "tests/x.py", "def f(:", "def f(): pass"),
    (RULES.python_syntax, "tests/tool", "#!/usr/bin/env python3\nif", "#!/bin/sh\nif true; then :; fi"),
    (doc_links.doc_links, "docs/x.md", "[a](y.md)", "[a](x.md)"),
    (doc_links.doc_links, "docs/x.md", "# One\n[a](#two)", "# One `two`!\n[a](#one-two)"),
    (doc_links.doc_links, "docs/x.md", "[a](../../x.md)", "`[a](y.md)` [b](https://e.example/)"),
    (doc_links.doc_links, "docs/x.md", "[a]: gone.md", "```\n[a](y.md)\n```\n"),
    (regressions.regressions, PAGE, row("`Suite.One`"), row("`Suite.One`, `Regression_a_1.*`")),
    (regressions.regressions, PAGE, row("none"), row("`Regression_a_1.Two`")),
    (regressions.regressions, PAGE, row("`Regression_a_1.*`, `test_a.py::test_c`"),
     row("`Regression_a_1.*`, `test_a.py::test_b`")),
    (regressions.regressions, PAGE, row("`Regression_a_1.*`").replace("a-1", "a-2"), row("`*.*`")),
    (regressions.regressions, PAGE, row("`*.*`") + "| `b` | x | |\n", row("`*.*`") + "| `b` | x | `*.One` |\n"),
    (tools.clang_format, "policy/x.cc", "int  x ;\n", "int x;\n"),
    (tools.shellcheck, "deploy/tool", "#!/bin/sh\necho $1\n", '#!/bin/sh\necho "$1"\n'),
]


def found(check, files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return check(Tree(folder))


def findings():
    problems = []
    for check, file, bad, good in CASES:
        if not found(check, {**BASE, **KNOWN, file: bad}):
            problems.append(f"{check.__name__} overlooks {bad[:60]!r} in {file}")
        if good is not None and (wrong := found(check, {**BASE, **KNOWN, file: good})):
            problems.append(f"{check.__name__} objects to {good[:60]!r} in {file}: {wrong[0]}")
    return problems
