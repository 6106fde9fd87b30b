#pragma once

#include <atomic>
#include <string_view>

namespace portcullis::telemetry {

// Writes whole lines to a descriptor that others may use, too: a terminal, a file, a pipe, the
// journal's socket. Waits only where it can be told to give up.
class LogDescriptor {
 public:
  // `given_up` is borrowed: it ends a wait within a tenth of a second.
  LogDescriptor(int descriptor, const std::atomic<bool>& given_up);

  // One write(2) where the kernel takes the line as a whole. False: the line is lost, because the
  // descriptor cannot be written (EPIPE, ENOSPC) or because we gave up.
  bool write(std::string_view line);

 private:
  bool wait_for_room() const;
  bool write_all(std::string_view text);

  const int descriptor_;
  const std::atomic<bool>& given_up_;
  bool is_pipe_;
  bool is_socket_;
  bool torn_ = false;  // only the beginning of the last line was written
};

}  // namespace portcullis::telemetry
