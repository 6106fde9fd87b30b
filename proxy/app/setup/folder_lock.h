#pragma once

#include <string>

#include "proxy/base/result.h"
#include "proxy/net/descriptor.h"

namespace portcullis::app {

// Only one command at a time changes what belongs to one configuration. The folder itself is
// locked, so that nothing is left behind, however the command ends.
class FolderLock {
 public:
  // Fails when another command has it. The folder is made if it is not there.
  static Result<FolderLock> take(const std::string& folder);

 private:
  explicit FolderLock(net::Descriptor held) : held_(std::move(held)) {}
  net::Descriptor held_;
};

}  // namespace portcullis::app
