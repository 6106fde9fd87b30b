#include "policy/load/config_defaults.h"

#include <algorithm>
#include <string>

#include "policy/model/backend_habits.h"

namespace portcullis::policy {
namespace {

class Defaults {
 public:
  Defaults(Draft& draft, const Findings& findings) : draft_(draft), findings_(findings) {}

  void apply() {
    for (std::size_t i = 0; i < draft_.hosts.size(); ++i) complete(draft_.hosts[i], i);
    auto& listen = draft_.config.listen;
    auto& outbound = draft_.config.outbound.listen;
    listen.control_demanded = findings_.given("listen.control");
    // A host that could not be read may have either backend.
    if (!findings_.faulty("host")) {
      if (!any_host_has(&Backend::s2s)) {
        clear_unless_given("listen.s2s", listen.s2s);
        clear_unless_given("listen.s2s_direct", listen.s2s_direct);
        clear_unless_given("outbound.listen", outbound);
        clear_unless_given("outbound.dns", draft_.config.outbound.dns);
      }
      if (!any_host_has(&Backend::c2s)) {
        clear_unless_given("listen.c2s", listen.c2s);
        clear_unless_given("listen.c2s_direct", listen.c2s_direct);
      }
    }
    const bool no_listener = listen.s2s.empty() && listen.s2s_direct.empty() && outbound.empty();
    if ((no_listener || !any_host_trusts_local_ca()) && !findings_.given("local_ca.directory"))
      draft_.config.local_ca.directory.clear();
  }

 private:
  void complete(HostDraft& host, std::size_t index) {
    const std::string path = "host[" + std::to_string(index) + "]";
    if (host.certificates.empty() && host.acme_dir.empty() &&
        !findings_.given(path + ".certificates"))
      host.acme_dir = draft_.config.acme_dir;
    auto& backend = host.backend;
    const std::string at = path + ".backend";
    if (!findings_.given(at + ".kind") && !findings_.given(at + ".host")) return;
    if (findings_.faulty(at + ".kind")) return;
    const auto& kind = info(backend.kind);
    if (!findings_.given(at + ".s2s") && kind.s2s_port != 0)
      backend.s2s = Endpoint{backend.host, kind.s2s_port};
    if (!findings_.given(at + ".s2s_auth") && !knows_external(backend.kind))
      backend.s2s_auth = BackendAuth::kDialback;
    if (!findings_.given(at + ".c2s")) backend.c2s = Endpoint{backend.host, kind.c2s_port};
  }

  bool any_host_has(std::optional<Endpoint> Backend::*where) const {
    return std::any_of(draft_.hosts.begin(), draft_.hosts.end(),
                       [&](const HostDraft& host) { return (host.backend.*where).has_value(); });
  }

  // A host that could not be read may.
  bool any_host_trusts_local_ca() const {
    return findings_.faulty("host") || draft_.hosts.empty() ||
           std::any_of(draft_.hosts.begin(), draft_.hosts.end(), [](const HostDraft& host) {
             return host.backend.s2s && host.backend.s2s_auth == BackendAuth::kTls;
           });
  }

  void clear_unless_given(std::string_view path, std::vector<Endpoint>& listeners) const {
    if (!findings_.given(path)) listeners.clear();
  }

  Draft& draft_;
  const Findings& findings_;
};

}  // namespace

void apply_defaults(Draft& draft, const Findings& findings) {
  Defaults(draft, findings).apply();
}

}  // namespace portcullis::policy
