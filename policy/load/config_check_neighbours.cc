#include <optional>
#include <string>

#include "policy/load/config_address.h"
#include "policy/load/config_draft.h"

// Hosts whose servers are not the same: what one of these servers has for the other does not pass.
namespace portcullis::policy {
namespace {

std::string path_of(std::size_t host) {
  return "host[" + std::to_string(host) + "]";
}

bool is_one_server(const Endpoint& one, const Endpoint& other) {
  return one == other ||
         (one.port == other.port && is_loopback(one.host) && is_loopback(other.host));
}

}  // namespace

void check_neighbours(const Draft& draft, Findings& findings) {
  if (draft.config.outbound.listen.empty()) return;
  std::optional<std::size_t> first;
  for (std::size_t i = 0; i < draft.hosts.size(); ++i) {
    const auto& here = draft.hosts[i];
    if (!here.domain || !here.backend.s2s) continue;
    if (!first) first = i;
    const auto& other = draft.hosts[*first];
    if (is_one_server(*here.backend.s2s, *other.backend.s2s)) continue;
    findings.warning(findings.place_of(path_of(i)),
                     "\"" + here.domain->a_label() + "\" and \"" + other.domain->a_label() +
                         "\" (" + findings.reference(findings.place_of(path_of(*first))) +
                         ") are on different servers, and the gate passes nothing from one of "
                         "its own servers to the other; let these two find each other without "
                         "the gate");
  }
}

}  // namespace portcullis::policy
