#include <arpa/inet.h>

#include <array>
#include <map>

#include "policy/load/config_draft.h"

namespace portcullis::policy {
namespace {

std::string on_line(Place place) {
  return "line " + std::to_string(place.line);
}

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
    check_federation();
    check_local_only();
    check_clients();
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
    if (listen.admin) {
      claim(*listen.admin, "listen.admin");
      if (listen.admin->host.find(':') != std::string::npos)
        findings_.error(findings_.place_of("listen.admin"),
                        "listen.admin must be an IPv4 address: Debian's HTTP library is built "
                        "without IPv6; write for example \"127.0.0.1:9270\"");
    }
    const auto silent = [&](std::string_view list, const std::vector<Endpoint>& endpoints) {
      return endpoints.empty() && !findings_.faulty(list);
    };
    if (silent("listen.s2s", listen.s2s) && silent("listen.s2s_direct", listen.s2s_direct) &&
        silent("listen.c2s", listen.c2s) && silent("listen.c2s_direct", listen.c2s_direct) &&
        silent("outbound.listen", config_.outbound.listen))
      findings_.error({}, R"(nothing to listen on; set for example listen.s2s = ["[::]:5269"])");
  }

  void claim_all(std::string_view list, const std::vector<Endpoint>& endpoints) {
    for (std::size_t i = 0; i < endpoints.size(); ++i) claim(endpoints[i], element(list, i));
  }

  void claim(const Endpoint& endpoint, const std::string& path) {
    const auto [first, fresh] = listeners_.emplace(canonical(endpoint), path);
    if (fresh) return;
    findings_.error(findings_.place_of(path),
                    "\"" + endpoint.text() + "\" is already listened on, see " +
                        on_line(findings_.place_of(first->second)) + "; remove one");
  }

  bool carries_s2s() const {
    return !config_.listen.s2s.empty() || !config_.listen.s2s_direct.empty() ||
           !config_.outbound.listen.empty();
  }

  Place s2s_place() const {
    for (const std::string_view list : {"listen.s2s", "listen.s2s_direct"})
      if (findings_.given(element(list, 0))) return findings_.place_of(list);
    return findings_.place_of("outbound.listen");
  }

  void check_backend_side() {
    if (carries_s2s() && !findings_.given("local_ca.directory"))
      findings_.error(s2s_place(),
                      "server-to-server listeners need local_ca.directory, for the certificates "
                      "shown to the backend; make one with \"portcullis ca init DIR\"");
    const bool listens = !config_.listen.c2s.empty() || !config_.listen.c2s_direct.empty();
    bool served = false;
    for (std::size_t i = 0; i < draft_.hosts.size(); ++i)
      served = served || findings_.given(element("host", i) + ".backend.c2s");
    if (listens && !served && !draft_.hosts.empty())
      findings_.warning(findings_.place_of("listen.c2s"),
                        "clients are listened for, but no host has backend.c2s; all are refused");
  }

  void check_host(const HostDraft& host, const std::string& path) {
    if (host.domain) serve(*host.domain, path + ".domain");
    for (std::size_t i = 0; i < host.aliases.size(); ++i)
      serve(host.aliases[i], element(path + ".aliases", i));
    if (host.certificates.empty() && findings_.given(path + ".certificates") &&
        !findings_.faulty(path + ".certificates"))
      findings_.error(findings_.place_of(path + ".certificates"),
                      "host.certificates is empty; name at least one certificate with its key");
    check_backend(host.backend, path + ".backend", findings_.place_of(path));
  }

  void check_backend(const Backend& backend, const std::string& path, Place host) {
    const Place here = findings_.given(path) ? findings_.place_of(path) : host;
    const bool has_s2s = findings_.given(path + ".s2s");
    if (!has_s2s && !findings_.given(path + ".c2s"))
      findings_.error(here, "host.backend has neither s2s nor c2s; say where the server listens");
    if (has_s2s && carries_s2s() && !findings_.given(path + ".certificate"))
      findings_.error(here,
                      "host.backend.certificate is missing: without it nothing tells the backend "
                      "from any other program on s2s; name the PEM file it shows");
    if (backend.s2s) check_no_loop(*backend.s2s, path + ".s2s");
    if (backend.c2s) check_no_loop(*backend.c2s, path + ".c2s");
  }

  void check_no_loop(const Endpoint& endpoint, const std::string& path) {
    const auto own = listeners_.find(canonical(endpoint));
    if (own == listeners_.end()) return;
    findings_.error(findings_.place_of(path),
                    "\"" + endpoint.text() + "\" is our own listener (" +
                        on_line(findings_.place_of(own->second)) +
                        "), not the backend; give the backend another port");
  }

  void serve(const DomainName& domain, const std::string& path) {
    const auto [first, fresh] = served_.emplace(domain.text(), path);
    if (fresh) return;
    findings_.error(findings_.place_of(path), "\"" + domain.text() + "\" is served already, see " +
                                                  on_line(findings_.place_of(first->second)) +
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
                                   on_line(other->second) + "); remove one");
    }
    if (!allowed.empty() && config_.federation.allow_by_default &&
        !findings_.faulty("federation.default"))
      findings_.warning(findings_.place_of("federation.allow"),
                        "federation.allow has no effect while federation.default is \"allow\"");
  }

  void check_local_only() {
    std::map<std::string, Place> seen;
    const auto& domains = config_.federation.local_only;
    for (std::size_t i = 0; i < domains.size(); ++i) {
      const Place place = findings_.place_of(element("federation.local_only", i));
      const std::string shown = "\"" + domains[i].text() + "\"";
      const auto [first, fresh] = seen.emplace(domains[i].text(), place);
      if (!fresh)
        findings_.error(place, shown + " stands in federation.local_only already, see " +
                                   on_line(first->second) + "; remove one");
      else if (served_.count(domains[i].text()) == 0 && !findings_.faulty("host"))
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

  void check_patterns(std::string_view list, const std::vector<std::string>& patterns,
                      std::map<std::string, Place>& places) {
    for (std::size_t i = 0; i < patterns.size(); ++i) {
      const Place place = findings_.place_of(element(list, i));
      const auto [first, fresh] = places.emplace(patterns[i], place);
      if (!fresh)
        findings_.error(place, "\"" + patterns[i] + "\" stands in " + std::string(list) +
                                   " already, see " + on_line(first->second) + "; remove one");
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
}

}  // namespace portcullis::policy
