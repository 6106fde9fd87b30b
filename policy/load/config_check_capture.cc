#include <algorithm>
#include <string>
#include <vector>

#include "policy/load/config_address.h"
#include "policy/load/config_draft.h"

// Whether the backend's streams can be led to the gate in the way that is chosen.
namespace portcullis::policy {
namespace {

class CaptureCheck {
 public:
  CaptureCheck(const Draft& draft, Findings& findings)
      : outbound_(draft.config.outbound),
        servers_(draft.config.dns.servers),
        user_(draft.config.process.user),
        findings_(findings) {}

  void run() {
    if (findings_.faulty("outbound")) return;
    if (outbound_.capture != Capture::kDns) check_unused_dns();
    if (outbound_.capture != Capture::kNftables) check_unused_table();
    if (outbound_.capture == Capture::kNone) return;
    check_listeners();
    if (outbound_.capture == Capture::kNftables) return check_table();
    check_responders();
    check_forwarding();
    check_own_look_ups();
  }

 private:
  void check_unused_dns() {
    if (findings_.given("outbound.dns") && outbound_.dns != Outbound().dns)
      warn_of_unused("outbound.dns", "dns");
    if (outbound_.dns_forward) warn_of_unused("outbound.dns_forward", "dns");
  }

  void check_unused_table() {
    if (!outbound_.backend_users.empty()) warn_of_unused("outbound.backend_users", "nftables");
    if (findings_.given("outbound.allowed_ports") &&
        outbound_.allowed_ports != Outbound().allowed_ports)
      warn_of_unused("outbound.allowed_ports", "nftables");
  }

  void warn_of_unused(const std::string& key, const std::string& capture) {
    findings_.warning(findings_.place_of(key),
                      key + " has no effect without capture = \"" + capture + "\"");
  }

  void check_listeners() {
    if (outbound_.listen.empty())
      findings_.error(findings_.place_of("outbound.capture"),
                      "there is nothing that streams could be led to: outbound.listen is empty, or "
                      "no host has a backend.s2s; name one, or remove capture");
    refuse_wildcards("outbound.listen", outbound_.listen,
                     "the backend has to be led to one address of it");
  }

  void check_responders() {
    if (outbound_.dns.empty())
      findings_.error(findings_.place_of("outbound.capture"),
                      "outbound.dns is empty, so the backend has nobody to ask; leave it at its "
                      "default, or remove capture");
    refuse_wildcards("outbound.dns", outbound_.dns,
                     "an answer has to come from the address that was asked");
  }

  void check_table() {
    if (outbound_.backend_users.empty())
      findings_.error(findings_.place_of("outbound.capture"),
                      "the packet filter knows a backend by its user, and none is named; set "
                      "outbound.backend_users, such as [\"prosody\"]");
    for (std::size_t i = 0; i < outbound_.backend_users.size(); ++i)
      check_user("outbound.backend_users[" + std::to_string(i) + "]", outbound_.backend_users[i]);
    for (std::size_t i = 0; i < outbound_.allowed_ports.size(); ++i)
      if (const auto port = outbound_.allowed_ports[i]; port == 5269 || port == 5270)
        findings_.error(findings_.place_of("outbound.allowed_ports[" + std::to_string(i) + "]"),
                        std::to_string(port) +
                            " is a port at which other servers are found; it is captured, and "
                            "cannot be allowed as well");
  }

  // Our own streams to other servers would be led back to us.
  void check_user(const std::string& key, const std::string& user) {
    if (user == "root" || user == "0")
      findings_.error(findings_.place_of(key),
                      "root does not do: too much else runs as root; let the backend run as a user "
                      "of its own");
    else if (user == user_)
      findings_.error(findings_.place_of(key),
                      "\"" + user +
                          "\" is process.user, so our own streams to other servers would come "
                          "back to us; let the backend run as another user");
  }

  void refuse_wildcards(const std::string& list, const std::vector<Endpoint>& endpoints,
                        const std::string& why) {
    for (std::size_t i = 0; i < endpoints.size(); ++i)
      if (is_wildcard(endpoints[i].host))
        findings_.error(findings_.place_of(list + "[" + std::to_string(i) + "]"),
                        "\"" + endpoints[i].text() + "\" does not do with capture: " + why +
                            "; name an address of this machine");
  }

  void check_forwarding() {
    if (outbound_.dns_forward && answers_at(*outbound_.dns_forward))
      findings_.error(findings_.place_of("outbound.dns_forward"),
                      "\"" + outbound_.dns_forward->text() +
                          "\" is our own, see outbound.dns: what is forwarded would come back; "
                          "name another resolver");
  }

  void check_own_look_ups() {
    for (std::size_t i = 0; i < servers_.size(); ++i)
      if (answers_at(servers_[i]))
        findings_.error(findings_.place_of("dns.servers[" + std::to_string(i) + "]"),
                        "\"" + servers_[i].text() +
                            "\" is our own, see outbound.dns: every server of others that is "
                            "looked for there would be found here; name a resolver that knows the "
                            "Internet");
  }

  bool answers_at(const Endpoint& endpoint) const {
    return std::find(outbound_.dns.begin(), outbound_.dns.end(), endpoint) != outbound_.dns.end();
  }

  const Outbound& outbound_;
  const std::vector<Endpoint>& servers_;
  const std::string& user_;
  Findings& findings_;
};

}  // namespace

void check_capture(const Draft& draft, Findings& findings) {
  CaptureCheck(draft, findings).run();
}

}  // namespace portcullis::policy
