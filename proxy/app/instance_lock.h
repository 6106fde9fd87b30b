#pragma once

#include <string>
#include <utility>

#include "proxy/base/result.h"
#include "proxy/net/descriptor.h"
#include "proxy/net/handed_sockets.h"

namespace portcullis::app {

// One program serves one configuration in one network namespace. Who has the lock holds a name
// among the abstract Unix sockets, which the kernel frees when the process ends, however it ends;
// it needs no folder that can be written to. docs/decisions/0018-ports-and-one-instance.md says
// why.
class InstanceLock {
 public:
  // `config_file` as it was given; it need not exist. An error where another process of this user
  // or of root has the lock; it names its process. Another user who holds the name, in whatever
  // way, cannot keep us from starting: then we go on without the lock, and warning() says so. Takes
  // half a second at most.
  static Result<InstanceLock> take(const std::string& config_file);
  // The abstract name that is held while a process runs with this file; in /proc/net/unix it stands
  // behind an "@".
  static std::string name(const std::string& config_file);
  // The lock of the process that we take over from, if it is among what that one has given; else
  // take().
  static Result<InstanceLock> take_over(const std::string& config_file, net::HandedSockets& handed);
  const std::string& warning() const { return warning_; }  // "": there is none
  // Not where we go on without the lock.
  bool is_held() const { return bool(held_); }
  // One more descriptor of it, for a successor.
  net::Descriptor share() const { return net::duplicate(held_.get()); }

 private:
  InstanceLock(net::Descriptor held, std::string warning)
      : held_(std::move(held)), warning_(std::move(warning)) {}
  net::Descriptor held_;
  std::string warning_;
};

}  // namespace portcullis::app
