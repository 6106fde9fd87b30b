#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace portcullis::certs {

// The user that this program runs as, or is going to run as, and its group.
struct ServiceUser {
  uid_t user = 0;
  gid_t group = 0;

  static ServiceUser of_this_process();
};

// Who beside root and the user of the service can write to something. An owner can, whatever the
// mode is now.
enum class Writer : std::uint8_t { kOwner, kGroup, kEverybody };

// The widest circle of them, for a file; nullopt: nobody. The groups of root and of the service are
// fine: who is in the first is root in all but name, and the second is there to share files with
// the service.
std::optional<Writer> foreign_writer(const struct stat& file, const ServiceUser& us);

// A folder or a link in which somebody else can put another file in the place of one that is
// trusted.
struct PathFault {
  enum class Kind : std::uint8_t {
    kWriter,  // see `writer`
    kUnseen,  // it cannot be looked at, or is not there
  };
  Kind kind;
  Writer writer;     // the widest circle
  uid_t owner;       // of the folder or the link
  std::string text;  // its path, its mode, who can, what to do
};

// Every one on the way to `file`, each of its folders up to / and those of each link. `file` itself
// is not judged, and need not be there. A folder must belong to root or to `us`, and nobody else
// may write to it, unless its sticky bit keeps files from being replaced (as Kubernetes mounts
// Secrets, and as /tmp is); a link in such a folder must belong to root or to `us` as well. A
// folder that Kubernetes mounts from a ConfigMap is fine although its mode says that everybody can
// write.
std::vector<PathFault> faults_on_the_way(const std::string& file, const ServiceUser& us);

// Whether Kubernetes has made `folder` and what is in it, and nobody here can write to it.
bool is_volume_of_kubernetes(const std::string& folder);

}  // namespace portcullis::certs
