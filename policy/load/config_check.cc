#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <map>

#include "policy/load/config_address.h"
#include "policy/load/config_draft.h"
#include "policy/model/backend_habits.h"

namespace portcullis::policy {
namespace {

std::string element(std::string_view list, std::size_t index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

// One spelling for one address: "[0::0]:5269" is "[::]:5269".
std::string canonical(const Endpoint& endpoint) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  in6_addr address{};
  Endpoint same = endpoint;
  if (inet_pton(AF_INET6, endpoint.host.c_str(), &address) == 1 &&
      inet_ntop(AF_INET6, &address, text.data(), text.size()) != nullptr)
    same.host = text.data();
  return same.text();
}

class Checker {
 public:
  Checker(const Draft& draft, Findings& findings)
      : draft_(draft), config_(draft.config), findings_(findings) {}

  void run() {
    check_listeners();
    check_backend_side();
    if (draft_.hosts.empty() && !findings_.given("host"))
      findings_.error({}, "there is no [[host]]; add one for each domain that is served");
    for (std::size_t i = 0; i < draft_.hosts.size(); ++i)
      check_host(draft_.hosts[i], element("host", i));
    check_networks();
    check_federation();
    check_local_only();
    check_clients();
    check_limits();
  }

 private:
  // With SO_REUSEPORT two listeners on one address would share its connections at random.
  void check_listeners() {
    const Listen& listen = config_.listen;
    claim_all("listen.s2s", listen.s2s);
    claim_all("listen.s2s_direct", listen.s2s_direct);
    claim_all("listen.c2s", listen.c2s);
    claim_all("listen.c2s_direct", listen.c2s_direct);
    claim_all("outbound.listen", config_.outbound.listen);
    claim_all("outbound.dns", config_.dns_listeners());
    if (listen.admin) {
      claim(*listen.admin, "listen.admin");
      if (listen.admin->host.find(':') != std::string::npos)
        findings_.error(findings_.place_of("listen.admin"),
                        "listen.admin must be an IPv4 address: Debian's HTTP library is built "
                        "without IPv6; write for example \"127.0.0.1:9270\"");
    }
    check_inbound();
  }

  // By default something is listened on as soon as a host has a backend.
  void check_inbound() {
    const Listen& listen = config_.listen;
    const bool is_open = !listen.s2s.empty() || !listen.s2s_direct.empty() || !listen.c2s.empty() ||
                         !listen.c2s_direct.empty();
    bool has_backend = false;
    for (const auto& host : draft_.hosts)
      has_backend = has_backend || host.backend.s2s || host.backend.c2s;
    if (!is_open && has_backend && !findings_.faulty("listen"))
      findings_.error(findings_.place_of("listen"),
                      "nothing from outside is listened for; leave s2s, s2s_direct, c2s or "
                      "c2s_direct of [listen] at its default");
  }

  void claim_all(std::string_view list, const std::vector<Endpoint>& endpoints) {
    for (std::size_t i = 0; i < endpoints.size(); ++i) claim(endpoints[i], element(list, i));
  }

  void claim(const Endpoint& endpoint, const std::string& path) {
    const auto [first, fresh] = listeners_.emplace(canonical(endpoint), path);
    if (fresh) return;
    const std::string& here = findings_.given(path) ? path : first->second;
    const std::string& other = findings_.given(path) ? first->second : path;
    findings_.error(findings_.place_of(here), "\"" + endpoint.text() +
                                                  "\" is listened on already, see " +
                                                  reference_or_default(other) + "; change one");
  }

  void check_backend_side() {
    const bool listens = !config_.listen.c2s.empty() || !config_.listen.c2s_direct.empty();
    const bool served =
        std::any_of(draft_.hosts.begin(), draft_.hosts.end(),
                    [](const HostDraft& host) { return host.backend.c2s.has_value(); });
    if (listens && !served && !draft_.hosts.empty() && !findings_.faulty("host"))
      findings_.warning(findings_.place_of("listen.c2s"),
                        "clients are listened for, but no host has backend.c2s; all are refused");
  }

  void check_host(const HostDraft& host, const std::string& path) {
    if (host.domain) serve(*host.domain, path + ".domain");
    for (std::size_t i = 0; i < host.aliases.size(); ++i)
      serve(host.aliases[i], element(path + ".aliases", i));
    if (host.certificates.empty() && findings_.given(path + ".certificates") &&
        !findings_.faulty(path + ".certificates"))
      findings_.error(
          findings_.place_of(path + ".certificates"),
          "host.certificates is empty; name a certificate with its key, or remove the line, and "
          "the folder acme_dir is looked into");
    check_backend(host.backend, path + ".backend", findings_.place_of(path));
  }

  void check_backend(const Backend& backend, const std::string& path, const Place& host) {
    const Place here = findings_.given(path) ? findings_.place_of(path) : host;
    if (!backend.s2s && !backend.c2s && !findings_.faulty(path))
      findings_.error(here,
                      "host.backend does not say where the server is; write kind = \"prosody\" "
                      "(or ejabberd, openfire, jabberd2, other), or its addresses in s2s and c2s");
    check_kind(backend, path);
    if (backend.s2s) check_no_loop(*backend.s2s, path + ".s2s", here);
    if (backend.c2s) check_no_loop(*backend.c2s, path + ".c2s", here);
  }

  void check_kind(const Backend& backend, const std::string& path) {
    const auto& kind = info(backend.kind);
    const std::string proxy = path + ".c2s_proxy_protocol";
    if (findings_.faulty(path + ".kind") || findings_.faulty(proxy)) return;
    check_server_header(backend, path);
    if (!knows_external(backend.kind) && backend.s2s && backend.s2s_auth == BackendAuth::kTls)
      findings_.warning(findings_.place_of(path + ".s2s_auth"),
                        "no stream between servers will succeed: " + std::string(kind.title) +
                            " knows no SASL EXTERNAL between servers; remove s2s_auth = \"tls\"");
    const bool writes = backend.c2s_proxy_protocol != ProxyProtocol::kOff;
    if (kind.proxy_protocol == ProxyReading::kNo && writes)
      findings_.warning(findings_.place_of(proxy),
                        "clients may be unable to log in: " + std::string(kind.hints.proxy));
    if (kind.proxy_protocol == ProxyReading::kYes && backend.c2s && !findings_.given(proxy))
      findings_.warning(findings_.place_of(path + ".kind"),
                        std::string(kind.title) +
                            " sees all clients at one address, and may lock all of them out after "
                            "wrong passwords of one. Set " +
                            std::string(kind.hints.proxy) +
                            ". c2s_proxy_protocol = \"off\" keeps it as it is");
  }

  void check_server_header(const Backend& backend, const std::string& path) {
    const auto& kind = info(backend.kind);
    if (kind.proxy_protocol == ProxyReading::kNo &&
        backend.s2s_proxy_protocol != ProxyProtocol::kOff)
      findings_.warning(findings_.place_of(path + ".s2s_proxy_protocol"),
                        "other servers may not get in: " + std::string(kind.hints.proxy));
  }

  void check_no_loop(const Endpoint& endpoint, const std::string& path, const Place& host) {
    auto own = listeners_.find(canonical(endpoint));
    if (own == listeners_.end() && is_loopback(endpoint.host)) {
      for (const auto* any : {"::", "0.0.0.0"})
        if (own == listeners_.end()) own = listeners_.find(Endpoint{any, endpoint.port}.text());
    }
    if (own == listeners_.end()) return;
    findings_.error(findings_.given(path) ? findings_.place_of(path) : host,
                    "\"" + endpoint.text() + "\" is our own listener (" +
                        reference_or_default(own->second) +
                        "), not the backend; give the backend another port");
  }

  // "line 3", or "by default listen.s2s[0]".
  std::string reference_or_default(const std::string& path) const {
    return findings_.given(path) ? findings_.reference(findings_.place_of(path))
                                 : "by default " + path.substr(0, path.find('['));
  }

  void serve(const DomainName& domain, const std::string& path) {
    if (!domain.is_unambiguous())
      findings_.error(findings_.place_of(path), "\"" + domain.u_label() +
                                                    "\" cannot be served: " + domain.ambiguity() +
                                                    "; serve a name that both read alike");
    const auto [first, fresh] = served_.emplace(domain.a_label(), path);
    if (fresh) return;
    findings_.error(findings_.place_of(path),
                    "\"" + domain.a_label() + "\" is served already, see " +
                        findings_.reference(findings_.place_of(first->second)) +
                        "; a domain or alias belongs to one host");
  }

  void check_federation() {
    std::map<std::string, Place> denied;
    std::map<std::string, Place> allowed;
    check_patterns("federation.deny", config_.federation.deny, denied);
    check_patterns("federation.allow", config_.federation.allow, allowed);
    for (const auto& [pattern, place] : allowed) {
      const auto other = denied.find(pattern);
      if (other != denied.end())
        findings_.error(place, "\"" + pattern + "\" is both allowed and denied (" +
                                   findings_.reference(other->second) + "); remove one");
    }
    if (!allowed.empty() && config_.federation.allow_by_default &&
        !findings_.faulty("federation.default"))
      findings_.warning(findings_.place_of("federation.allow"),
                        "federation.allow has no effect while federation.default is \"allow\"");
  }

  void check_networks() {
    const auto& allowed = config_.outbound.allow_networks;
    const auto& refused = config_.outbound.refuse_networks;
    for (std::size_t i = 0; i < allowed.size(); ++i) {
      const auto same = std::find(refused.begin(), refused.end(), allowed[i]);
      if (same == refused.end()) continue;
      const auto other =
          element("outbound.refuse_networks", static_cast<std::size_t>(same - refused.begin()));
      findings_.error(findings_.place_of(element("outbound.allow_networks", i)),
                      "\"" + allowed[i] + "\" is both allowed and refused (" +
                          findings_.reference(findings_.place_of(other)) + "); remove one");
    }
  }

  void check_local_only() {
    std::map<std::string, Place> seen;
    const auto& domains = config_.federation.local_only;
    for (std::size_t i = 0; i < domains.size(); ++i) {
      const Place place = findings_.place_of(element("federation.local_only", i));
      const std::string shown = "\"" + domains[i].a_label() + "\"";
      const auto [first, fresh] = seen.emplace(domains[i].a_label(), place);
      if (!fresh)
        findings_.error(place, shown + " stands in federation.local_only already, see " +
                                   findings_.reference(first->second) + "; remove one");
      else if (served_.count(domains[i].a_label()) == 0 && !findings_.faulty("host"))
        findings_.error(place, shown +
                                   " in federation.local_only is not served here; name a domain "
                                   "or alias of a [[host]]");
    }
  }

  void check_clients() {
    const C2s& c2s = config_.c2s;
    if (findings_.faulty("c2s.client_certificate") || findings_.faulty("c2s.client_roots")) return;
    if (c2s.client_certificate != ClientCertificate::kOff && c2s.client_roots.empty())
      findings_.error(findings_.place_of("c2s.client_certificate"),
                      "client certificates are asked for, but c2s.client_roots does not say who "
                      "may issue them; name a PEM file");
    if (c2s.client_certificate == ClientCertificate::kOff && !c2s.client_roots.empty())
      findings_.warning(findings_.place_of("c2s.client_roots"),
                        "c2s.client_roots has no effect while client_certificate is \"off\"");
  }

  void check_limits() {
    const Limits& limits = config_.limits;
    const std::size_t most = std::min(limits.inbound_connections, limits.client_connections);
    if (!limits.exempt.empty() && !findings_.faulty("limits") && limits.exempt_connections >= most)
      findings_.warning(findings_.place_of("limits.exempt"),
                        "addresses in limits.exempt can take every connection, because "
                        "exempt_connections (" +
                            std::to_string(limits.exempt_connections) +
                            ") is not below the lesser of inbound_connections and "
                            "client_connections (" +
                            std::to_string(most) +
                            "); lower it, so that places are left for others");
  }

  void check_patterns(std::string_view list, const std::vector<std::string>& patterns,
                      std::map<std::string, Place>& places) {
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      const Place place = findings_.place_of(element(list, i));
      const auto [first, fresh] = places.emplace(patterns[i], place);
      if (!fresh)
        findings_.error(place, "\"" + patterns[i] + "\" stands in " + std::string(list) +
                                   " already, see " + findings_.reference(first->second) +
                                   "; remove one");
    }
  }

  const Draft& draft_;
  const Config& config_;
  Findings& findings_;
  std::map<std::string, std::string> listeners_;  // canonical endpoint to path
  std::map<std::string, std::string> served_;     // domain to path
};

}  // namespace

void check_consistency(const Draft& draft, const std::optional<LoadContext>& context,
                       Findings& findings) {
  Checker(draft, findings).run();
  check_s2s(draft, context, findings);
  check_via(draft, findings);
  check_exposure(draft, findings);
  check_capture(draft, findings);
  check_binding(draft, findings);
  check_neighbours(draft, findings);
  check_tlvs(draft, findings);
}

}  // namespace portcullis::policy
