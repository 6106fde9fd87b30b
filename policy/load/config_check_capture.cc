#include <algorithm>
#include <string>
#include <vector>

#include "policy/load/config_address.h"
#include "policy/load/config_draft.h"

// Whether the backend's look-ups, as they are answered, can lead its streams to the gate.
namespace portcullis::policy {
namespace {

class CaptureCheck {
 public:
  CaptureCheck(const Draft& draft, Findings& findings)
      : outbound_(draft.config.outbound), servers_(draft.config.dns.servers), findings_(findings) {}

  void run() {
    if (findings_.faulty("outbound")) return;
    if (outbound_.capture == Capture::kNone) return check_unused();
    check_lists();
    check_forwarding();
    check_own_look_ups();
  }

 private:
  void check_unused() {
    if (findings_.given("outbound.dns") && outbound_.dns != Outbound().dns)
      warn_of_unused("outbound.dns");
    if (outbound_.dns_forward) warn_of_unused("outbound.dns_forward");
  }

  void warn_of_unused(const std::string& key) {
    findings_.warning(findings_.place_of(key), key + " has no effect without capture = \"dns\"");
  }

  void check_lists() {
    const Place capture = findings_.place_of("outbound.capture");
    if (outbound_.listen.empty())
      findings_.error(capture,
                      "there is nothing that look-ups could lead to: outbound.listen is empty, or "
                      "no host has a backend.s2s; name one, or remove capture");
    if (outbound_.dns.empty())
      findings_.error(capture,
                      "outbound.dns is empty, so the backend has nobody to ask; leave it at its "
                      "default, or remove capture");
    refuse_wildcards("outbound.listen", outbound_.listen,
                     "the backend has to be told one address of it");
    refuse_wildcards("outbound.dns", outbound_.dns,
                     "an answer has to come from the address that was asked");
  }

  void refuse_wildcards(const std::string& list, const std::vector<Endpoint>& endpoints,
                        const std::string& why) {
    for (std::size_t i = 0; i < endpoints.size(); ++i)
      if (is_wildcard(endpoints[i].host))
        findings_.error(findings_.place_of(list + "[" + std::to_string(i) + "]"),
                        "\"" + endpoints[i].text() + "\" does not do with capture = \"dns\": " +
                            why + "; name an address of this machine");
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
  Findings& findings_;
};

}  // namespace

void check_capture(const Draft& draft, Findings& findings) {
  CaptureCheck(draft, findings).run();
}

}  // namespace portcullis::policy
