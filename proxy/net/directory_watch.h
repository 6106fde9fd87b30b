#pragma once

#include <functional>
#include <memory>
#include <string>

#include "proxy/base/result.h"
#include "proxy/net/loop.h"

namespace portcullis::net {

// Calls `on_change` on the loop's thread whenever an entry of one directory is made, written,
// renamed or removed, or the directory itself is (inotify(7)). The callback does not say what
// changed; the caller has to look. On a network file system, changes that other machines make are
// not noticed.
class DirectoryWatch {
 public:
  // `directory` may be a symbolic link; where it points to now is watched. `on_change` may destroy
  // the watch.
  static Result<std::unique_ptr<DirectoryWatch>> start(Loop& loop, const std::string& directory,
                                                       std::function<void()> on_change);
  ~DirectoryWatch();
  DirectoryWatch(const DirectoryWatch&) = delete;
  DirectoryWatch& operator=(const DirectoryWatch&) = delete;

 private:
  struct Impl;
  explicit DirectoryWatch(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;  // shared with libuv until its close callback
};

}  // namespace portcullis::net
