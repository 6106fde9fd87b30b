#include <string>

#include "policy/load/config_draft.h"

// Hosts whose servers are not the same: what one of these servers has for the other does not pass.
namespace portcullis::policy {
namespace {

std::string path_of(std::size_t host) {
  return "host[" + std::to_string(host) + "]";
}

bool have_servers_of_their_own(const HostDraft& one, const HostDraft& other) {
  return one.domain && other.domain && one.backend.s2s && other.backend.s2s &&
         *one.backend.s2s != *other.backend.s2s;
}

}  // namespace

void check_neighbours(const Draft& draft, Findings& findings) {
  if (draft.config.outbound.listen.empty()) return;
  for (std::size_t i = 1; i < draft.hosts.size(); ++i) {
    const auto& here = draft.hosts[i];
    const auto& first = draft.hosts.front();
    if (!have_servers_of_their_own(first, here)) continue;
    findings.warning(findings.place_of(path_of(i)),
                     "\"" + here.domain->a_label() + "\" and \"" + first.domain->a_label() +
                         "\" (" + findings.reference(findings.place_of(path_of(0))) +
                         ") are on different servers, and the gate passes nothing from one of "
                         "its own servers to the other; let these two find each other without "
                         "the gate");
  }
}

}  // namespace portcullis::policy
