#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proxy/app/certificate_watch_files.h"
#include "proxy/net/directory_watch.h"
#include "proxy/net/loop.h"
#include "proxy/net/timer.h"
#include "proxy/telemetry/log.h"

namespace portcullis::app {

// Has the files of the running configuration loaded anew when their content changed, however they
// are renewed: written in place, by rename, or by swapping a symbolic link as certbot (live/) and
// Kubernetes (..data) do. Lives on one loop.
class CertificateWatch {
 public:
  struct Timing {
    std::chrono::milliseconds quiet{2'000};      // after a change, to let the writer finish
    std::chrono::milliseconds patience{10'000};  // at most, when changes do not end
    std::chrono::milliseconds retry{10'000};     // after files that could not be taken
    std::chrono::milliseconds poll{std::chrono::hours(1)};  // where the kernel tells nothing
  };

  struct Owner {
    std::function<std::vector<std::string>()> files;  // of the running configuration
    std::function<FilesDigest()> loaded;              // what they were when they were loaded
    // Loads them; false: they cannot be taken. `again`: with this content it was tried before.
    std::function<bool(bool again)> reload;
  };

  CertificateWatch(net::Loop& loop, Timing timing, Owner owner, telemetry::Log& log);

  // The running configuration may name other files now, or other contents were loaded.
  void refresh();

 private:
  enum class Cause { kChange, kRetry, kPoll };
  void arm();
  void on_change();
  void look(Cause cause);

  net::Loop& loop_;
  Timing timing_;
  Owner owner_;
  telemetry::Log& log_;
  std::vector<std::unique_ptr<net::DirectoryWatch>> watches_;
  net::Timer quiet_;
  net::Timer retry_;
  net::Timer poll_;
  std::optional<std::chrono::milliseconds> changed_since_;  // the first change not looked at yet
  std::optional<FilesDigest> refused_;                      // content that could not be taken
  bool warned_ = false;
};

}  // namespace portcullis::app
