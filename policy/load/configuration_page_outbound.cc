#include "policy/load/configuration_page_outbound.h"

namespace portcullis::policy {
namespace {

void append_dialing(std::string& page) {
  page += R"(
### Which addresses are called

Where a remote domain's server is, others say in their DNS. Of the addresses that are found there:

- Never called are the listeners of Portcullis, the backends, and what no host can have: the unspecified address, multicast
and broadcast. No key opens these.
- Then the block with the longest prefix decides, of those in `allow_networks` and `refuse_networks` that hold the address. If
both lists have the same block, it is refused.
- If no block holds it, addresses of the public Internet are called. Special-purpose ones are not (RFC 6890): loopback,
link-local, private, unique-local, shared, reserved, and those of examples and benchmarks.

An IPv4 address inside of an IPv6 one (IPv4-mapped, NAT64, 6to4, Teredo) has to pass all of it as well. `allow_networks` is
needed where servers meet inside: in one network of yours, in a network of Docker or Kubernetes, in tests on one machine. Name
the networks of those servers and no others: `allow_networks = ["10.20.0.0/16"]`.
)";
}

}  // namespace

void append_outbound(std::string& page) {
  append_dialing(page);
  page += R"(
### Capture by DNS

With `capture = "dns"` the backend finds every server at Portcullis. Its own resolver setting names the address of `dns`, and there

- every `_xmpp-server._tcp` name has SRV records with the addresses and ports of `listen`, in that order; the target's name is
the address as text, such as `127.0.0.2`, which needs no look-up or has that address;
- `_xmpps-server._tcp` and `_jabber._tcp` names do not exist, because they would lead around Portcullis;
- everything else is asked of `dns_forward` and answered as it is there, or refused without it.

Answers hold for a minute and are not signed: the backend must not demand DNSSEC of them. Every name is answered, also that of a
domain which does not exist: its stream arrives, and Portcullis refuses it in words. Portcullis itself must not ask there: name other
resolvers in `dns.servers`, if those of `/etc/resolv.conf` are its own. It counts what it is asked
(`portcullis_capture_queries_total`), and warns if nobody has looked for a server in the first ten minutes, or if another user of this
machine is connected to an XMPP server elsewhere (`portcullis_connections_around_gate`).

### Capture by nftables

With `capture = "nftables"` the backend keeps its ordinary resolver and connects to the real addresses of other servers. The packet
filter of this machine leads it to Portcullis instead. `portcullis egress` prints the table, `egress --check` has `nft` look at it,
`egress --install` puts it in force in place of the one before, and `egress --remove` takes it away. It is `table inet portcullis`;
other tables are not touched. Of what the users in `backend_users` open by TCP,

- ports 5269 and 5270 of every address but `127.0.0.0/8` and `::1` are led to the first address of `listen` of the same family;
where there is none, they are refused at once. Direct TLS is served there, too: the first octet tells it from STARTTLS;
- this machine (every address of it) and private networks stay open: `10.0.0.0/8`, `100.64.0.0/10`, `172.16.0.0/12`, `192.168.0.0/16`,
`169.254.0.0/16`, `fc00::/7`, `fe80::/10`;
- the ports in `allowed_ports` are open everywhere;
- everything else is refused at once, so that a server whose SRV record names another port is neither reached nor waited for.
At most six refusals a minute are in the kernel's log, with `portcullis egress refused: ` in front.

UDP, incoming connections and other users are not concerned. `nft list counters table inet portcullis` tells how many connections
were `captured`, and how many `refused_other`, `refused_family` and `refused_direct`. The last one is about port 5270 while any domain
is in observe mode: for those only STARTTLS is served, and a server that finds 5270 closed uses it.

What it cannot see: a server whose SRV record names one of `allowed_ports`, such as 443 for direct TLS, is called by the backend
itself. The backend trusts nobody but the local CA and refuses it, so nothing passes, but that domain is not reached; take 443 out of
the list if the backend needs no HTTPS outside. Portcullis must run as another user than the backend. Streams that were open when
the table was installed go on: restart the backend.

The table is as the configuration was when it was installed. Install it anew

- after each boot, before the backend starts, as below;
- when `listen`, `backend_users`, `allowed_ports` or the mode of any domain has changed;
- when the whole ruleset was replaced: `/etc/nftables.conf` of Debian begins with `flush ruleset`, so `systemctl restart nftables`
removes the table. A backend that is as strict as its guide says then reaches nobody; while it is lenient, in observe mode, it goes
around Portcullis.

```ini
# systemctl edit prosody
[Unit]
After=nftables.service portcullis.service
[Service]
ExecStartPre=+/usr/bin/portcullis egress --install
```

There is one table on a machine. With two configurations of Portcullis the second one's takes the place of the first one's: use
`capture = "dns"` for one of them. Domains of onion services ([Tor](tor.md)) are not found with an ordinary resolver, so they need
`capture = "dns"`, too.
)";
}

}  // namespace portcullis::policy
