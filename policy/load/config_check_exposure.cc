#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "policy/load/config_address.h"
#include "policy/load/config_draft.h"

// What a configuration opens to others: ends that are not authenticated, and ports that more people
// reach than need to.
namespace portcullis::policy {
namespace {

// Below it only root can open a port, unless the machine is set up otherwise.
constexpr std::uint16_t kFirstOpenPort = 1024;

class Exposure {
 public:
  Exposure(const Draft& draft, Findings& findings) : draft_(draft), findings_(findings) {}

  void run() {
    for (std::size_t i = 0; i < draft_.hosts.size(); ++i) {
      const std::string host = "host[" + std::to_string(i) + "]";
      check_client_leg(draft_.hosts[i].backend, host);
      check_dialback(draft_.hosts[i].backend, host);
      check_observed(draft_.hosts[i].backend, host);
    }
    check_outbound(draft_.config.outbound.listen);
    check_dns(draft_.config.dns_listeners());
    check_admin(draft_.config.listen.admin);
  }

 private:
  void check_client_leg(const Backend& backend, const std::string& host) {
    const std::string path = host + ".backend";
    if (!backend.c2s || backend.has_client_tls() || backend.allow_clear_c2s) return;
    if (findings_.faulty(path)) return;
    const std::string shown = "\"" + backend.c2s->text() + "\"";
    const Place place = place_of_leg(path, ".c2s", host);
    if (!is_loopback(backend.c2s->host))
      findings_.error(place, "the passwords of your clients would go to " + shown +
                                 " in the clear, because it is not on loopback; set c2s_tls = "
                                 "\"starttls\" in [host.backend], or allow_clear_c2s = true if "
                                 "nobody else can read that network or take that address");
    else if (backend.c2s->port >= kFirstOpenPort)
      findings_.warning(place, "any user of this machine can open " + shown +
                                   " while the server is down, and would then be sent the "
                                   "passwords of your clients, because this leg has no TLS; set "
                                   "c2s_tls = \"starttls\" in [host.backend], or allow_clear_c2s "
                                   "= true if nobody else has an account here");
  }

  // With dialback it is the way that has to be trusted: nobody shows a certificate.
  void check_dialback(const Backend& backend, const std::string& host) {
    const std::string path = host + ".backend";
    if (!backend.s2s || backend.s2s_auth != BackendAuth::kDialback) return;
    if (findings_.faulty(path)) return;
    const std::string shown = "\"" + backend.s2s->text() + "\"";
    const Place place = place_of_leg(path, ".s2s", host);
    if (is_loopback(backend.s2s->host)) {
      if (backend.s2s->port < kFirstOpenPort || backend.allow_clear_c2s) return;
      return findings_.warning(
          place, "any user of this machine can open " + shown +
                     " while the server is down, and would then be sent what other servers send, "
                     "because with s2s_auth = \"dialback\" the server shows no certificate; have "
                     "it listen at a port below 1024, or set allow_clear_c2s = true in "
                     "[host.backend] if nobody else has an account here");
    }
    findings_.error(place,
                    shown +
                        " is not on loopback, and with s2s_auth = \"dialback\" whoever is on the "
                        "way there could read what other servers send, change it, and speak in "
                        "their names; let the gate run where the server runs, or set s2s = "
                        "\"off\" in [host.backend] if it serves clients only");
  }

  // To observe, the keys of both servers would have to pass the gate, and here they end at it.
  void check_observed(const Backend& backend, const std::string& host) {
    if (!backend.s2s || backend.s2s_auth != BackendAuth::kDialback || !observes_anybody()) return;
    const std::string path = host + ".backend";
    const std::string key = path + (findings_.given(path + ".s2s_auth") ? ".s2s_auth" : ".kind");
    findings_.warning(findings_.place_of(findings_.given(key) ? key : host),
                      "this host is not observed, though the mode is \"observe\": with s2s_auth = "
                      "\"dialback\" its streams with other servers are judged as with mode = "
                      "\"enforce\", and those that do not pass are refused");
  }

  bool observes_anybody() const {
    const auto& s2s = draft_.config.s2s;
    return s2s.settings.mode == Mode::kObserve ||
           std::any_of(s2s.rules.begin(), s2s.rules.end(),
                       [](const S2sRule& rule) { return rule.settings.mode == Mode::kObserve; });
  }

  // The nearest line that says where the port is.
  Place place_of_leg(const std::string& path, const std::string& port,
                     const std::string& host) const {
    for (const std::string& key : {path + port, path + ".host", path + ".kind", path})
      if (findings_.given(key)) return findings_.place_of(key);
    return findings_.place_of(host);
  }

  void check_outbound(const std::vector<Endpoint>& listeners) {
    for (std::size_t i = 0; i < listeners.size(); ++i) {
      const std::string path = "outbound.listen[" + std::to_string(i) + "]";
      const auto& host = listeners[i].host;
      if (is_loopback(host) || !findings_.given(path)) continue;
      findings_.warning(
          findings_.place_of(path),
          "\"" + listeners[i].text() +
              (is_wildcard(host)
                   ? "\" can be reached by everybody who reaches this machine, but is meant for "
                     "your own server only"
                   : "\" can be reached by everybody in that network, but is meant for your own "
                     "server only") +
              ". Others are refused, at the price of a handshake each; name an address on "
              "loopback, "
              "as by default, or keep others away with a firewall");
    }
  }

  // A resolver for strangers is soon used to flood others: an answer is larger than its question,
  // and goes to whom the question names as its sender.
  void check_dns(const std::vector<Endpoint>& listeners) {
    for (std::size_t i = 0; i < listeners.size(); ++i) {
      const std::string path = "outbound.dns[" + std::to_string(i) + "]";
      if (is_loopback(listeners[i].host) || !findings_.given(path)) continue;
      findings_.warning(findings_.place_of(path),
                        "whoever reaches \"" + listeners[i].text() +
                            "\" is answered in DNS, which is meant for your own server only; name "
                            "an address on loopback, as by default, or keep others away with a "
                            "firewall");
    }
  }

  void check_admin(const std::optional<Endpoint>& admin) {
    if (!admin || !is_wildcard(admin->host)) return;
    findings_.warning(
        findings_.place_of("listen.admin"),
        "whoever reaches this machine can read /metrics at \"" + admin->text() +
            "\", which names your domains and says how busy they are; name an address "
            "such as \"127.0.0.1:9270\", or keep others away with a firewall");
  }

  const Draft& draft_;
  Findings& findings_;
};

}  // namespace

void check_exposure(const Draft& draft, Findings& findings) {
  Exposure(draft, findings).run();
}

}  // namespace portcullis::policy
