#include <optional>
#include <string>

#include "policy/load/config_draft.h"
#include "policy/model/backend_kind.h"
#include "policy/model/neighbours.h"

// Hosts behind one gate, and whether what their addresses say of their servers can be true.
namespace portcullis::policy {
namespace {

std::string path_of(std::size_t host) {
  return "host[" + std::to_string(host) + "]";
}

// Of a server whose kind was not said, nothing is known.
bool are_two_kinds(BackendKind one, BackendKind other) {
  return one != other && one != BackendKind::kOther && other != BackendKind::kOther;
}

bool knows_only_dialback(const Backend& one, const Backend& other) {
  return one.s2s_auth == BackendAuth::kDialback || other.s2s_auth == BackendAuth::kDialback;
}

class NeighbourCheck {
 public:
  NeighbourCheck(const Draft& draft, Findings& findings) : draft_(draft), findings_(findings) {}

  // Of each sort one finding for each host is enough. One must not hide those of another sort.
  void run() {
    for (const auto check : {&NeighbourCheck::check_pinned, &NeighbourCheck::check_connected})
      for (std::size_t i = 0; i < draft_.hosts.size(); ++i)
        for (std::size_t other = 0; other < i; ++other)
          if (are_known(i, other) && (this->*check)(i, other)) break;
  }

 private:
  bool are_known(std::size_t index, std::size_t before) const {
    const auto& here = draft_.hosts[index];
    const auto& other = draft_.hosts[before];
    return here.domain && other.domain && here.backend.s2s && other.backend.s2s;
  }

  // Without a line for it, a server that shows what the gate shows needs no such file.
  bool reads_pinned_file(std::size_t host) const {
    return findings_.given(path_of(host) + ".backend.certificate") ||
           !draft_.hosts[host].backend.shares_certificate();
  }

  // These return whether something was found.

  bool check_pinned(std::size_t index, std::size_t before) {
    const auto& here = draft_.hosts[index].backend;
    const auto& other = draft_.hosts[before].backend;
    if (is_one_server(*here.s2s, *other.s2s) || knows_only_dialback(here, other)) return false;
    if (here.certificate != other.certificate) return false;
    if (!reads_pinned_file(index) || !reads_pinned_file(before)) return false;
    warn(index, before, "certificate",
         "are on different servers, and the same file is pinned for both, \"" + here.certificate +
             "\": each of the two servers may speak as the other one; give each host a file of "
             "its own with backend.certificate");
    return true;
  }

  bool check_connected(std::size_t index, std::size_t before) {
    const auto& here = draft_.hosts[index].backend;
    const auto& other = draft_.hosts[before].backend;
    if (is_one_server(*here.s2s, *other.s2s)) {
      if (!are_two_kinds(here.kind, other.kind)) return false;
      warn(index, before, "kind",
           "are at the same address by backend.s2s, and of different kinds: what one has for the "
           "other would come back to it as a loop, and is refused; give each its own address, or "
           "both the same kind");
      return true;
    }
    if (!knows_only_dialback(here, other)) return false;
    warn(index, before, "s2s_auth",
         "are on different servers, and nothing passes between them, because one of them knows "
         "only dialback: what they have for each other is refused");
    return true;
  }

  void warn(std::size_t index, std::size_t before, const std::string& key,
            const std::string& what) {
    const std::string path = path_of(index);
    const std::string exact = path + ".backend." + key;
    findings_.warning(findings_.place_of(findings_.given(exact) ? exact : path),
                      "\"" + draft_.hosts[index].domain->a_label() + "\" and \"" +
                          draft_.hosts[before].domain->a_label() + "\" (" +
                          findings_.reference(findings_.place_of(path_of(before))) + ") " + what);
  }

  const Draft& draft_;
  Findings& findings_;
};

}  // namespace

void check_neighbours(const Draft& draft, Findings& findings) {
  if (draft.config.outbound.listen.empty()) return;
  NeighbourCheck(draft, findings).run();
}

}  // namespace portcullis::policy
