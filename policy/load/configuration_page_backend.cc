#include "policy/load/configuration_page_backend.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "policy/model/backend_kind.h"
#include "policy/model/config.h"

namespace portcullis::policy {
namespace {

// `text` in lines of bounded width, all but the first of them indented.
std::string wrapped(std::string_view text) {
  constexpr std::size_t kWidth = 100;
  constexpr std::string_view kIndent = "\n    ";
  std::string out;
  std::size_t width = 0;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    if (width > 0 && width + 1 + word.size() > kWidth) {
      out += kIndent;
      width = kIndent.size() - 1;
    } else if (width > 0) {
      out += ' ';
      ++width;
    }
    out += word;
    width += word.size();
    text.remove_prefix(std::min(text.size(), word.size() + 1));
  }
  return out + "\n";
}

void append_client_leg(std::string& page) {
  page += R"(
### The way to the client port

Clients log in at the server itself, so what goes to its client port holds their passwords. Between servers that leg always
has TLS, with the key in `certificate`; to the client port it has none unless you say so:

| where `c2s` is | what `check` says of `c2s_tls = "off"` |
|---|---|
| on loopback, at a port below 1024 | nothing: only root can open that port |
| on loopback, at another port | a warning: while the server is down, any user of the machine can open that port and is sent passwords |
| elsewhere, or a name | an error: passwords would cross that network in the clear |

`allow_clear_c2s = true` says that this is meant, and silences both. It fits where nobody else has an account on the machine,
in a Pod or sidecar whose network no other container is in, or in a network between gate and server alone. On loopback it
silences a warning only, so leave it out there if you can live with that: then moving the server elsewhere is an error again.

With `c2s_tls = "starttls"`, the server is told which host is wanted and nothing else until it has shown a key in `certificate`
(with `c2s_proxy_protocol`, the address of the client goes first, as that protocol demands). If it offers no STARTTLS, the
client is refused as `backend_without_tls`; if it shows another key, as `not_the_backend`. Both are in the log, and counted as
faults of this installation.

A server that offers channel binding under TLS (mechanisms whose names end in `-PLUS`: Prosody 13 and ejabberd do) refuses
clients that use it, even with those mechanisms switched off, unless [channel_binding](#channel-binding) is set. Without it, try
the clients that your users have, and stay with `allow_clear_c2s = true` where one of them cannot log in.

A reload that switches `c2s_tls` on ends the streams of clients whose way to the server is in the clear, as
`backend_changed`: 50 a second on each event loop, so that not all of them log in again in one moment. Do it when few are
connected. Switching it off ends nobody.

### Channel binding

A client that binds its login (SCRAM-…-PLUS) proves that nobody with another certificate stands between it and the server. TLS
ends at the gate, so of the types of binding only `tls-server-end-point` can be right on both sides: it is a hash of the server's
certificate. With

```toml
[host.backend]
c2s_tls = "starttls"
channel_binding = "end-point"
```

the server holds the very certificate, with its key, that is served to clients here. The guides say how:
[Prosody 13](backends/prosody.md#channel-binding), [ejabberd 24.12](backends/ejabberd.md#channel-binding).

- The keys of the served certificates are pinned by themselves, those before a renewal until they end (or until the gate starts
anew). `certificate` may be left out; it is for a server that shows other servers another certificate than clients. Renew here
first: the gate takes new files within seconds. Then reload the server.
- The gate asks the server for a certificate of the type (ECDSA or RSA) that this client was served, and compares it octet for
octet. If it is the same, the server's list of types (XEP-0440) passes with `tls-server-end-point` alone; else no type passes,
and `event=backend reason=backend_without_binding` says what is different (`portcullis_backend_certificate_shared_total` counts
both). A server that holds only one type of key, as both named here do, leaves clients that were served the other one without
binding; nearly all clients are served ECDSA.
- Of the tokens of FAST (XEP-0484) those that are bound to a TLS connection are not offered.
- The list of mechanisms is never changed. A server that does not offer `tls-server-end-point` after TLS is an error: clients are
refused as `backend_without_binding`.
- A client that insists on `tls-exporter` or `tls-unique` binds to its own TLS connection, which the server does not see: the
server refuses it, as it would refuse an attack. So it does with a client that says it could bind and the server could not (the
GS2 flag `y`). Clients that cannot bind log in as always.
- A client that checks XEP-0474 notices that types were left out, if the server sends that hash. The gate logs it
(`reason=backend_misconfigured`), and the guide of ejabberd switches it off.
- Clients cannot resume TLS sessions then, because a resumed session shows no certificate.

### Renewing the key of the server

Streams rest on the key that the server showed when they began. When `certificate` does not list it any more, they end as
`backend_changed`, 50 a second on each event loop. It may list several certificates, so nobody need be ended:

1. Make the new key and its certificate, and put the certificate behind the old one in the file of `certificate`. It is taken
within seconds, or by `portcullis reload`.
2. Give the server the new key. Streams that stand go on; new ones are made with the new key.
3. Take the old certificate out of the file when the streams with the old key are gone, a day later for example. Those that
are left are ended as above. If the old key was lost to somebody, do that at once.

A certificate that is renewed *with the same key* changes nothing here, because the key is what is pinned.
)";
}

void append_dialback(std::string& page) {
  page += R"(
### A server that knows only dialback

jabberd2, Prosody and ejabberd of old and servers older than XMPP 1.0 cannot do SASL EXTERNAL between servers. With

```toml
[host.backend]
s2s = "127.0.0.1:15269"
s2s_auth = "dialback"           # the default with kind = "jabberd2"
```

the gate and the server know one another by server dialback (XEP-0220) instead of certificates. It stays between the two: with
the other side of the Internet the gate speaks TLS and SASL EXTERNAL as ever, and judges its certificate by the same rules.

- A stream of another server is judged first. Then the gate opens a stream to your server in the name of that domain and sends a
key for it. Your server asks about the key where it finds that domain, and the other side is told that it is authenticated only
after your server has found the key valid. So your server must find every other server at
`outbound.listen` (see `capture` in [outbound](#outbound)); if it does not, streams end as `backend_misconfigured` or
`backend_unavailable`, and the log says so.
- A stream of your server is taken when it shows a key and its own port, `s2s`, calls that key good: so no other program of the
machine can speak for it. The other side is called when there is a stanza for it. If it cannot be reached or is refused, the
senders are told why, each by an error from the address that was written to.
- One stream carries one pair of domains. jabberd2 must not say several on one: take `<out-conn-reuse/>` out of its `s2s.xml`.
- Neither `certificate` nor the local CA is needed for such a server; if all of yours are such, `local_ca.directory` is empty by
default.
- `s2s` must be on loopback, because nothing on this leg is encrypted or proved by a certificate. Elsewhere it is an error. At a
port from 1024 on `check` warns, as [with the client port](#the-way-to-the-client-port): while the server is down, any user of
the machine can open that port, and is sent what other servers send. `allow_clear_c2s = true` silences that, too.
- The server has to take dialback without TLS: Prosody: `s2s_secure_auth = false`, `s2s_require_encryption = false`, and no
`modules_disabled = { "dialback" }`; ejabberd: `s2s_use_starttls: optional` and `mod_s2s_dialback: {}`; jabberd2: no `pemfile`;
Openfire: `xmpp.server.dialback.enabled = true` and `xmpp.server.tls.policy = optional`, as it is delivered. If it demands TLS of
who connects to it all the same, the gate begins it for streams of other servers, and no certificate is looked at. But its own
streams are refused then, because the question about their keys is asked without TLS; the log says so.
- The keys follow from a secret that each process makes when it starts, so nothing is kept for a key, and a gate that takes over
from another one does not know the keys that are under way; the other side then tries again. Instances that stand for one
another need the same secret: `dialback_secret` in [s2s](#s2s), a file of at least 16 octets with the rights of a private key. It
is read again as certificates are. Another secret is for new streams: one that your server has opened before judges keys by the old
one, so restart your server, too.
- There is one stream header on such a stream. It repeats the prefixes that the other side declared before it authenticated; one
that declares others afterwards is refused as `xml_invalid`.
)";
}

void append_kinds(std::string& page) {
  const auto port = [](std::uint16_t number) {
    return number == 0 ? std::string("none") : std::to_string(number);
  };
  page += R"(
### Kinds of servers

The ports are those at which the guides have the server listen.

| kind | port of s2s | port of c2s |
|---|---|---|
)";
  for (const auto& kind : backend_kinds())
    page += "| " + std::string(kind.name) + " | " + port(kind.s2s_port) + " | " +
            port(kind.c2s_port) + " |\n";
  page += "\nWhat to change in the server; `portcullis explain KIND` prints the same:\n";
  for (const auto& kind : backend_kinds()) {
    page += "\n```text\n" + std::string(kind.name) + "\n";
    for (const auto& [title, text] : hint_lines(kind, LocalCa().directory))
      page += "  " + wrapped(std::string(title) + ": " + text);
    page += "```\n";
  }
}

}  // namespace

void append_backend(std::string& page) {
  append_client_leg(page);
  append_dialback(page);
  append_kinds(page);
}

}  // namespace portcullis::policy
