#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "policy/model/backend_kind.h"
#include "policy/model/s2s_settings.h"
#include "proxy/base/domain_name.h"
#include "proxy/base/endpoint.h"
#include "proxy/base/tls_version.h"

namespace portcullis::policy {

// portcullis.toml, typed. Immutable once loaded. Every default is visible here. It names
// files; certs/ reads them.

struct CertificateFiles {
  std::string chain;  // PEM, leaf first
  std::string key;    // PEM
};

enum class ProxyProtocol : std::uint8_t { kOff, kV1, kV2 };

// How the leg to the backend's client port is secured.
enum class BackendTls : std::uint8_t { kOff, kStartTls };

// Which channel binding of a client's login passes the gate. kEndPoint: tls-server-end-point (RFC
// 5929), because the backend shows the gate the very certificate that the gate shows the client.
enum class ChannelBinding : std::uint8_t { kOff, kEndPoint };

// How streams between the gate and the backend's port for other servers are authenticated. kTls: by
// certificates and SASL EXTERNAL. kDialback: by server dialback (XEP-0220), which never leaves this
// leg.
enum class BackendAuth : std::uint8_t { kTls, kDialback };

struct Backend {
  BackendKind kind = BackendKind::kOther;
  std::string host = "127.0.0.1";  // where s2s and c2s are by default, an address or a name
  std::optional<Endpoint> s2s;     // where the backend accepts server-to-server streams
  std::optional<Endpoint> c2s;
  BackendAuth s2s_auth = BackendAuth::kTls;
  // PEM of the certificate(s) the backend shows; authenticates it on every leg that has TLS.
  std::string certificate = "/etc/portcullis/backend.pem";
  // The header that we write to the backend at the beginning of each connection.
  ProxyProtocol s2s_proxy_protocol = ProxyProtocol::kOff;
  ProxyProtocol c2s_proxy_protocol = ProxyProtocol::kOff;
  // Types of TLVs that a balancer has put into its header (version 2), and that go on in ours.
  std::vector<std::uint8_t> proxy_tlvs = {};
  BackendTls c2s_tls = BackendTls::kOff;
  bool allow_clear_c2s = false;  // the leg to c2s is meant to be in the clear
  // Where it may send others with <see-other-host/>, which leads them around the gate.
  std::vector<Endpoint> redirects = {};

  ChannelBinding channel_binding = ChannelBinding::kOff;

  bool has_client_tls() const { return c2s && c2s_tls != BackendTls::kOff; }
  // Whether the certificates that we serve are the backend's, too.
  bool shares_certificate() const {
    return has_client_tls() && channel_binding == ChannelBinding::kEndPoint;
  }
  // Whether a leg to it has TLS, so that `certificate` is needed.
  bool shows_certificate() const {
    return (s2s && s2s_auth == BackendAuth::kTls) || has_client_tls();
  }
};

struct Host {
  DomainName domain;
  std::vector<DomainName> aliases;  // components of the backend: conference.legacy.example
  std::vector<CertificateFiles> certificates;
  Backend backend;
  // Folder in which more certificates are looked for by the domain's name; empty: none.
  std::string acme_dir = {};
  // What is shown on streams that we open to other servers; empty: `certificates`.
  std::vector<CertificateFiles> outgoing_certificates = {};

  // `name` as it is spelled above, if it is the domain or an alias; else nullptr.
  const DomainName* served(const DomainName& name) const;
};

// The loader leaves out default listeners for which no host has a backend.
struct Listen {
  std::vector<Endpoint> s2s{{"::", 5269}};         // STARTTLS
  std::vector<Endpoint> s2s_direct{{"::", 5270}};  // XEP-0368
  std::vector<Endpoint> c2s{{"::", 5222}};
  std::vector<Endpoint> c2s_direct{{"::", 5223}};
  std::optional<Endpoint> admin{{"127.0.0.1", 9270}};
  // Unix socket for `portcullis reload`; empty: none.
  std::string control = "/run/portcullis/control.sock";
  bool control_demanded = false;  // the configuration names it: without it there is no start
  // CIDR blocks whose connections to the WAN listeners must begin with a PROXY header.
  std::vector<std::string> proxy_protocol_from;
};

// How the backend's outgoing streams come to outbound.listen. kNone: the operator sees to that.
// kNftables: a table of the kernel's packet filter, which `portcullis egress` installs.
enum class Capture : std::uint8_t { kNone, kDns, kNftables };

struct Outbound {
  std::vector<Endpoint> listen{{"127.0.0.2", 5269}};  // the backend's captured outgoing streams
  Capture capture = Capture::kNone;
  // Of kDns: where the backend's resolver asks us, by UDP and TCP.
  std::vector<Endpoint> dns{{"127.0.0.3", 5353}};
  // Of kDns: a resolver for everything that is no look-up of a server; absent: refused.
  std::optional<Endpoint> dns_forward = {};
  // Of kNftables: the users of this machine that the backends run as, by name or number.
  std::vector<std::string> backend_users = {};
  // Of kNftables: TCP ports to which these may connect anywhere. DNS and DNS over TLS, HTTP, mail,
  // LDAP, and the databases and the cache that servers know.
  std::vector<std::uint16_t> allowed_ports{25,  53,  80,   389,  443,  465, 587,
                                           636, 853, 1433, 3306, 5432, 6379};
  // CIDR blocks of peers. Special-purpose addresses are only called if a block of
  // `allow_networks` holds them; those of `refuse_networks` are not called. The longest prefix
  // decides, and of two equal blocks the one that refuses.
  std::vector<std::string> allow_networks = {};
  std::vector<std::string> refuse_networks = {};
};

struct Dns {
  std::vector<Endpoint> servers;  // empty: those of /etc/resolv.conf
};

struct Federation {
  bool allow_by_default = true;
  // Exact names, or "*.suffix" for every name below it. `deny` wins over `allow`.
  std::vector<std::string> allow;
  std::vector<std::string> deny;
  // Domains or aliases of ours that never speak to another server.
  std::vector<DomainName> local_only;
};

struct S2s {
  S2sSettings settings;  // for every remote domain without a nearer rule
  std::vector<S2sRule> rules;
  std::vector<S2sException> exceptions;
  // A file with the secret from which dialback keys are made, the same for all instances that stand
  // for one another; empty: one is made at the start.
  std::string dialback_secret;
};

enum class ClientCertificate : std::uint8_t { kOff, kRequest, kRequired };

struct C2s {
  // Observe: a client certificate that is missing or not trusted is only counted. TLS is required
  // in both modes: a password is never relayed in the clear.
  Mode mode = Mode::kEnforce;
  TlsVersion min_tls = TlsVersion::kTls12;
  FiniteField finite_field = FiniteField::kOff;
  ClientCertificate client_certificate = ClientCertificate::kOff;
  std::string client_roots;  // PEM; demanded unless client_certificate is off
};

struct LocalCa {
  // Made by `portcullis ca init`; empty: there is no s2s and so no need for it.
  std::string directory = "/var/lib/portcullis/local-ca";
};

struct Limits {
  std::chrono::milliseconds before_tls{10'000};   // from accept to the end of the handshake
  std::chrono::milliseconds negotiation{30'000};  // from there to an authenticated s2s stream
  // From accept to a c2s stream that is logged in. People fill in a form in that time, and servers
  // give them five minutes for it; theirs should be over first.
  std::chrono::milliseconds login{std::chrono::minutes(6)};
  std::chrono::milliseconds dial{20'000};     // outbound: DNS and every candidate together
  std::chrono::milliseconds backend{10'000};  // to reach and authenticate the backend
  std::chrono::milliseconds idle{std::chrono::hours(4)};  // no byte in either direction
  // While something waits for an end, and its kernel acknowledges none of it.
  std::chrono::milliseconds stall{std::chrono::minutes(5)};
  // From the end of one side of an established stream until both connections are closed.
  std::chrono::milliseconds linger{std::chrono::minutes(10)};
  std::chrono::milliseconds tcp_user_timeout{std::chrono::minutes(5)};  // RFC 5482, established
  std::chrono::milliseconds tcp_keepalive{std::chrono::minutes(1)};     // idle time before a probe
  // After SIGTERM: while not ready, but listening; and then until established streams are ended.
  std::chrono::milliseconds drain_notice{0};
  std::chrono::milliseconds drain{3'000};
  std::chrono::milliseconds hand_over{std::chrono::minutes(30)};  // as drain, after an upgrade
  std::size_t stanza_bytes = std::size_t{512} * 1024;             // authenticated
  std::size_t negotiation_bytes = 10'000;             // one element before authentication
  std::size_t login_bytes = std::size_t{256} * 1024;  // the same of a client, under TLS
  std::size_t depth = 64;                             // nesting within a stanza
  std::size_t attributes = 128;                       // of one element
  // The same of what the operator's own server sends, in place of the five before: servers limit
  // what they receive, and not what they send.
  std::size_t backend_stanza_bytes = std::size_t{16} * 1024 * 1024;
  std::size_t backend_depth = 1'024;
  std::size_t backend_attributes = 4'096;
  std::size_t buffer_bytes = std::size_t{256} * 1024;  // queued to one socket; then reading stops
  std::size_t stanza_rate = 1024;  // octets a second that a peer owes a stanza it has begun
  // For everything that is held for streams; 0: half of what the process may have.
  std::size_t memory = 0;
  // Unfinished stanzas and what is queued to sockets, of all streams together.
  std::size_t held_bytes = std::size_t{128} * 1024 * 1024;
  std::size_t streams_per_domain = 50;  // incoming, from one remote domain
  // Places, counted apart so that no kind takes those of another.
  std::size_t inbound_connections = 5'000;   // of other servers
  std::size_t outbound_connections = 5'000;  // of the backend
  std::size_t client_connections = 10'000;
  std::size_t refused_connections = 500;      // that were refused and may still read why
  std::size_t connections_per_address = 100;  // from one IPv4 address or IPv6 /64
  std::size_t connections_per_ipv6_56 = 200;
  std::size_t connections_per_ipv6_48 = 400;
  // New connections: so many a second over a long time, and so many at once after a pause.
  std::size_t rate_per_address = 5;  // as connections_per_address
  std::size_t burst_per_address = 100;
  std::size_t rate_per_ipv6_56 = 10;
  std::size_t burst_per_ipv6_56 = 200;
  std::size_t rate_per_ipv6_48 = 20;
  std::size_t burst_per_ipv6_48 = 400;
  std::size_t rate_total = 500;  // of servers and of clients, each
  std::size_t burst_total = 2'500;
  // From one IPv4 address or IPv6 /64 in an hour, all of them at once after a pause.
  std::size_t failed_logins_per_address = 60;
  std::size_t registrations_per_address = 10;
  // CIDR blocks from which many come by one address (NAT, Tor, a balancer without PROXY): not
  // counted per address, but all together.
  std::vector<std::string> exempt;
  // A part of inbound_connections and client_connections; the rest is for all others.
  std::size_t exempt_connections = 4'000;
  std::size_t dials = 1'000;          // peers that are being called at one time, in total
  std::size_t dials_per_domain = 50;  // the same for one remote domain

  // How many connections may be accepted and not refused at a time.
  std::size_t connections() const {
    return inbound_connections + outbound_connections + client_connections;
  }
  bool operator==(const Limits&) const = default;
};

enum class LogFormat : std::uint8_t { kAuto, kText, kJson };

struct Log {
  LogFormat format = LogFormat::kAuto;
  bool debug = false;
};

// Landlock and seccomp. kAuto: what the kernel has. kRequired: no start without both.
enum class Confinement : std::uint8_t { kAuto, kOff, kRequired };

// What the process may do.
struct Process {
  // Whom it becomes when root starts it, and with which group; no group: the user's own.
  std::string user = "portcullis";
  std::string group;
  Confinement confinement = Confinement::kAuto;
  bool operator==(const Process&) const = default;
};

// Where a value stands.
struct SourceLine {
  std::string file;
  std::uint32_t line = 0;  // from 1
  bool operator==(const SourceLine&) const = default;
};

struct Config {
  Listen listen;
  Outbound outbound;
  Dns dns;
  LocalCa local_ca;
  std::vector<Host> hosts;
  Mode mode = Mode::kEnforce;        // of [policy]; holds where no rule says otherwise
  unsigned max_exception_days = 90;  // how many days ahead an exception may end
  bool forward_secrecy = true;       // [policy]: key exchange by RSA (kRSA) is refused
  std::string contact;               // put into refusals, so that a remote admin can ask
  std::string help_url;              // "{reason}" is replaced
  Federation federation;
  S2s s2s;
  C2s c2s;
  Limits limits;
  Log log;
  Process process;
  unsigned workers = 0;  // event loops; 0: one per core
  // For hosts that name no certificates and no folder of their own.
  std::string acme_dir = "/etc/portcullis/certs";

  std::string file;                     // as it was named
  std::vector<std::string> more_files;  // of conf.d, in the order in which they were read
  // Where each value that was given stands: "s2s.min_tls", "s2s.rule[0].min_tls" to its line.
  std::map<std::string, SourceLine, std::less<>> lines;

  // The host that serves `domain` as its domain or as an alias; nullptr when none does.
  const Host* host_for(const DomainName& domain) const;
  // `domain` as the operator spelled it; nullptr when no host serves it.
  const DomainName* served(const DomainName& domain) const;
  // How the backend of the host that serves `domain` writes names.
  NameForm names_of_backend(const DomainName& domain) const;
  bool federates_with(const DomainName& remote) const;
  bool is_local_only(const DomainName& local) const;
  // Where it is answered in DNS; empty if nothing is.
  std::vector<Endpoint> dns_listeners() const {
    return outbound.capture == Capture::kDns ? outbound.dns : std::vector<Endpoint>();
  }
};

}  // namespace portcullis::policy
