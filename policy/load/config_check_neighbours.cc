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

class NeighbourCheck {
 public:
  NeighbourCheck(const Draft& draft, Findings& findings) : draft_(draft), findings_(findings) {}

  void run() {
    for (std::size_t i = 0; i < draft_.hosts.size(); ++i)
      for (std::size_t other = 0; other < i; ++other)
        if (check(i, other)) break;
  }

 private:
  // Whether something was found; one finding for each host is enough.
  bool check(std::size_t index, std::size_t before) {
    const auto& here = draft_.hosts[index];
    const auto& other = draft_.hosts[before];
    if (!here.domain || !other.domain || !here.backend.s2s || !other.backend.s2s) return false;
    if (is_one_server(*here.backend.s2s, *other.backend.s2s)) {
      if (!are_two_kinds(here.backend.kind, other.backend.kind)) return false;
      warn(index, before, "kind",
           "are at the same address by backend.s2s, and of different kinds: what one has for the "
           "other would come back to it as a loop, and is refused; give each its own address, or "
           "both the same kind");
      return true;
    }
    if (here.backend.s2s_auth == BackendAuth::kDialback ||
        other.backend.s2s_auth == BackendAuth::kDialback) {
      warn(index, before, "s2s_auth",
           "are on different servers, and nothing passes between them, because one of them knows "
           "only dialback: what they have for each other is refused");
      return true;
    }
    if (here.backend.certificate != other.backend.certificate) return false;
    warn(index, before, "certificate",
         "are on different servers, and the same file is pinned for both, \"" +
             here.backend.certificate +
             "\": each of the two servers may speak as the other one; give each host a file of "
             "its own with backend.certificate");
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
