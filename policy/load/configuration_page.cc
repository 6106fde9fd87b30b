#include "policy/load/configuration_page.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "policy/load/config_keys.h"
#include "policy/load/configuration_page_backend.h"
#include "policy/load/configuration_page_outbound.h"
#include "policy/model/certificate_folder.h"

namespace portcullis::policy {
namespace {

constexpr std::string_view kIntroduction =
    R"(<!-- Written from the tables of policy/ by "cmake --build BUILD --target docs". -->

# Configuration

Portcullis reads a TOML file, `portcullis.toml`, and then every `conf.d/*.toml` beside it. `deploy/portcullis.toml` is an
annotated example; this page is the reference. `portcullis check -c FILE` reads them and reports every finding in the form
`file:line:column: error: what`, so that editors can jump to it. A configuration with an error is never used, not even in
part.

This is enough for a server that runs on the same machine and follows [its guide](backends/prosody.md), with certificates in
`/etc/portcullis/certs`:

```toml
[[host]]
domain = "legacy.example"
backend.kind = "prosody"
```

Everything else has a default. `[]` or `"off"` turns a listener off.

- An unknown key or table is an error: a misspelt limit must not be a silent default.
- Durations are strings with a unit: `"500ms"`, `"10s"`, `"5m"`, `"4h"`. Sizes are strings with `KiB` or `MiB`, or plain
  integers of octets. Dates are written without quotes: `2027-01-15`.
- Addresses are written `"127.0.0.1:5269"` or `"[::1]:5269"`; the backend and nothing else may also be given by host name.
- Domains may be written in Unicode or as A-labels; messages show A-labels. `domain` and `aliases` of a `[[host]]` are written as in your server's own configuration ([names](names.md)). A name under `.onion` is one of version 3.
- `*.suffix` stands for every name below the suffix, at any depth, but not for the suffix itself. In a certificate `*` is
  exactly one label. The two are different rules.
- Paths are relative to the folder of `portcullis.toml`, also those in files of `conf.d`.
- All files together are at most 1 MiB. `dane` and `posh` are reserved words and an error until there is something behind them.

## Which files are read

The first that is given of: `-c FILE`, the file that `PORTCULLIS_CONFIG` names, `/etc/portcullis/portcullis.toml`. Then
the files in the folder `conf.d` beside it whose names end in `.toml` and do not begin with a dot, in the order of their
names. Tables are joined, and each `[[host]]`, `[[s2s.rule]]` and `[[s2s.exception]]` is added to those before it. Any other
key may be set once only; if two files set it, that is an error that names both places.

## The environment

In every string, `${NAME}` is replaced by the variable `NAME` of the environment, and `${NAME:-TEXT}` by `TEXT` if the
variable is not set or is empty. A variable that is not set and has no such default is an error. `$$` is one `$`. This is
done after the file is parsed, so a variable is always a part of one string, whatever characters it holds. Keys and
numbers cannot come from the environment; `true` and `false` can, because `"true"` in quotes means the same. Do not put
secrets there: other processes of the same user can read it, and it is shown in lists of containers. No key holds a secret;
private keys are files.

## Without a file

In a container, these variables take the place of `/etc/portcullis/portcullis.toml` if there is no such file and no other
one is named. Certificates are mounted below `/etc/portcullis/certs`, the certificate that the server itself shows at
`/etc/portcullis/backend.pem`.

| variable | meaning |
|---|---|
| PORTCULLIS_DOMAIN | the XMPP domain; needed |
| PORTCULLIS_ALIASES | components of the same server, with commas between them |
| PORTCULLIS_BACKEND | where the server is; needed. A kind, such as `prosody`: a server of that kind on 127.0.0.1. A host, such as `xmpp.internal`: a server there. Both, such as `prosody@xmpp.internal` |
| PORTCULLIS_C2S_TLS | `starttls`, as `c2s_tls` in [\[host.backend\]](#the-way-to-the-client-port) |
| PORTCULLIS_ALLOW_CLEAR_C2S | `true`, as `allow_clear_c2s` there. A server on another host needs this or the one above |

Files of `conf.d` are read then, too. If `/var/lib/portcullis/local-ca` does not exist yet, `portcullis run` makes the local
CA there; keep that folder on a volume, because the server has to trust its `ca.pem`.
)";

void append_outgoing(std::string& page) {
  page += R"(
### Certificates for outgoing streams

On a stream to another server Portcullis is the TLS client and shows the host's certificate, too. Public CAs certify that use no
longer (extended key usage `clientAuth`). Most servers accept a certificate for TLS servers there, as Portcullis does. These refuse
it, and cannot be reached: ejabberd before 25.07, so that of Debian 12, and of 13 before its update 24.12-3+deb13u2; Metronome;
Prosody 13.0.0. `portcullis check` warns, and `portcullis_certificate_client_use` is 0. Others still reach the host. With [`originate_dialback`](#servers-that-take-no-certificate-from-us)
those of them that do dialback can be reached all the same.

If a CA that those servers trust gives you a certificate with `clientAuth`, name it in `outgoing_certificates`, or put it into
the folder of `acme_dir` as `DOMAIN-outgoing` (or `-outgoing-ecdsa`, `-outgoing-rsa`). It is used on streams to other servers and
nowhere else; the other certificates stay for everybody who connects. It is watched and reloaded as they are.
)";
}

void append_folders(std::string& page) {
  page += R"(
### Folders of certificates

A folder that `acme_dir` names is taken as the program for ACME writes it. Of these places the first one that holds something
for the domain is used; `DOMAIN` is the domain as A-label:

| written by | certificate | key |
|---|---|---|
)";
  for (const auto& layout : certificate_layouts()) {
    const auto shown = [](std::string_view pattern) {
      std::string text(pattern);
      text.replace(text.find("{domain}"), 8, "DOMAIN");
      return "`" + text + "`";
    };
    page += "| " + std::string(layout.written_by) + " | " + shown(layout.chain) + " | " +
            shown(layout.key) + " |\n";
  }
  page += R"(
In the same place, `DOMAIN-ecdsa` and `DOMAIN-rsa` instead of `DOMAIN` are read as well, so that a host can have a key of
both types. The user that Portcullis runs as needs the right to enter the folders: certbot's `live` and `archive` are root's
alone, unless you give them to a group. A private key must belong to root with mode 0640 or 0440 (read by a group), or be
readable by its owner only; others are refused.
)";
  append_outgoing(page);
}

void append_originated_dialback(std::string& page) {
  page += R"(
### Servers that take no certificate from us

Public CAs certify the use of `clientAuth` no longer, and some servers refuse a certificate without it ([which
ones](#certificates-for-outgoing-streams)); others know dialback only. With `originate_dialback = "certified"` such a server is
reached all the same: its own certificate is judged as ever, and only then, on that TLS stream, it is sent a key of server
dialback (XEP-0220). It asks about the key where DNS says that your domain is, so at your own listener for servers. There the
gate answers for its own keys, and only a server whose certificate names the domain in whose name it asks.

- SASL EXTERNAL comes first. A key is sent if the server offers dialback and offers no EXTERNAL or declines it. Where it is
`"never"`, the bounce and the log name this setting.
- How others authenticate to you does not change: they need a good certificate and SASL EXTERNAL, or a rule with
`dialback = "certified"`.
- A server that is only observed gets no key from the gate. Nor does one for which an exception has waived something, unless the
exception names its key (`pins`).
- That server trusts your DNS instead of your certificate, as it did before there was a gate. So set it in a `[[s2s.rule]]` for
the domains that need it, or in `[s2s]` for all.
- All addresses of your SRV records must lead to gates with the same secret: with more than one instance, set `dialback_secret`.
After another secret, restart: streams from before it would call new keys invalid.
- A server that has to authenticate itself by dialback, too, as jabberd2 does, is not reached.
- The decision in the log has `auth=dialback`, and `portcullis_streams_dialback_total` counts. [Why
so](decisions/0031-dialback-to-peers.md).
)";
}

struct Section {
  std::string_view table;
  std::string_view heading;
  std::string_view introduction;
  void (*append)(std::string& page) = nullptr;  // what comes behind the table
};

constexpr std::array kSections{
    Section{"", "Top of the file", ""},
    Section{
        "listen", "[listen]",
        R"(All take addresses, not host names; `[]` or `"off"` turns one off. The same address may be used once only. At least one of the
first four is needed.

If no host has a `c2s` backend, the defaults of `c2s` and `c2s_direct` are not opened; if no host has an `s2s` backend, nor
are those of `s2s`, `s2s_direct` and `outbound.listen`. A listener that is written in the file is always opened.
)"},
    Section{"outbound", "[outbound]", "", append_outbound},
    Section{"dns", "[dns]", ""},
    Section{"local_ca", "[local_ca]", ""},
    Section{
        "host", "[[host]]",
        R"(One for each domain that is served. Every domain and alias belongs to one host only. Each host has its own certificates,
its own server and the certificate by which that server is known:

```toml
[[host]]
domain = "legacy.example"
aliases = ["conference.legacy.example"]
backend.kind = "prosody"

[[host]]
domain = "second.example"
aliases = ["rooms.second.example"]
certificates = [ { chain = "second.pem", key = "second.key" } ]
[host.backend]
host = "10.0.0.7"
kind = "ejabberd"
certificate = "second-backend.pem"
c2s_tls = "starttls"
c2s_proxy_protocol = "v2"
```
)",
        &append_folders},
    Section{"host.certificates", "[[host]] certificates", ""},
    Section{
        "host.backend", "[host.backend]",
        R"(With `kind` or `host`, the addresses of the server have defaults. Else at least one of `s2s` and `c2s` is needed.
)",
        &append_backend},
    Section{"policy", "[policy]", ""},
    Section{
        "federation", "[federation]",
        R"(Which domains are spoken with at all. Neither a rule nor an exception opens what is denied here.
)"},
    Section{"s2s", "[s2s]",
            R"(What is demanded of every other server for which there is no nearer rule.
)",
            &append_originated_dialback},
    Section{
        "s2s.rule", "[[s2s.rule]]",
        R"(What is demanded of some servers instead. A rule may hold every key of `[s2s]` but `tls`; what it does not say is as in
`[s2s]`, wherever that stands in the file, and never as in another rule. One rule decides: the one with the exact name,
else the one with the longest `*.suffix`. The order of the file does not matter. `portcullis explain` shows what holds for
a domain, and which line says so.

```toml
[[s2s.rule]]                        # a stricter partner, enforced even while the rest is observed
match = ["bank.example", "*.bank.example"]
mode = "enforce"
min_tls = "1.3"

[[s2s.rule]]                        # a private CA, which can vouch for these names and no others
match = ["*.corp.example"]
roots = "corp.pem"
x509_strict = false
```
)"},
    Section{
        "s2s.exception", "[[s2s.exception]]",
        R"(Lets one domain pass for a while in spite of what is named, and nothing else. There is one exception at most for a domain.
When its last day is over, `portcullis check` and a reload call it an error; a start warns and does not apply it. It holds for
streams in both directions, and waives faults of the other server's certificate. Whether that server accepts yours is for
its own admin to decide: a stream to it can still end with `external_not_offered` or `refused_by_peer`.

```toml
[[s2s.exception]]
domain = "slow.example"
allow = ["expired"]
until = 2027-01-15
why = "their admin is away until January"
```
)"},
    Section{"c2s", "[c2s]", ""},
    Section{"limits", "[limits]", ""},
    Section{"log", "[log]", ""},
    Section{
        "process", "[process]",
        R"(Who starts it as another user than root needs it only so that `portcullis check`, where root runs it, knows as whom to
read the files, and to whom they may belong. Started by root it becomes `user` before it reads a key or a certificate, so that user must be able to read
every file that is named here, and the configuration (group `portcullis`, mode 0640), and to write the folder of
`listen.control`. Of root's powers it keeps one, CAP_NET_BIND_SERVICE, and only where the configuration
names a port below 1024 at the start; for the first such port a reload does not do. If there is no user `portcullis` and
no other is named, it warns and stays root.
)"},
};

std::string fallback_of(const ConfigKey& key) {
  if (key.kind == KeyKind::kRequired) return "required";
  if (key.kind == KeyKind::kInherited) return "inherited";
  return key.fallback.empty() ? "none" : "`" + key.fallback + "`";
}

void append_table(std::string& page, std::string_view table) {
  std::vector<const ConfigKey*> rows;
  for (const auto& key : config_keys())
    if (key.table == table) rows.push_back(&key);
  const bool ranges = std::any_of(rows.begin(), rows.end(),
                                  [](const ConfigKey* key) { return !key->range.empty(); });
  page += ranges ? "| key | default | meaning | range |\n|---|---|---|---|\n"
                 : "| key | default | meaning |\n|---|---|---|\n";
  for (const auto* key : rows) {
    page += "| `" + std::string(key->name) + "` | " + fallback_of(*key) + " | " + key->doc + " |";
    if (ranges) page += " " + key->range + " |";
    page += "\n";
  }
}

}  // namespace

std::string configuration_page() {
  std::string page(kIntroduction);
  for (const auto& section : kSections) {
    page += "\n## " + std::string(section.heading) + "\n\n";
    if (!section.introduction.empty()) page += std::string(section.introduction) + "\n";
    append_table(page, section.table);
    if (section.append != nullptr) section.append(page);
  }
  return page;
}

}  // namespace portcullis::policy
