#include "proxy/telemetry/log_descriptor.h"

#include <limits.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace portcullis::telemetry {
namespace {

constexpr int kPatience = 50;  // milliseconds between two looks at given_up

}  // namespace

LogDescriptor::LogDescriptor(int descriptor, const std::atomic<bool>& given_up)
    : descriptor_(descriptor), given_up_(given_up), is_pipe_(false), is_socket_(false) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) return;
  is_pipe_ = S_ISFIFO(status.st_mode);
  is_socket_ = S_ISSOCK(status.st_mode);
}

bool LogDescriptor::write(std::string_view line) {
  if (torn_ && !write_all("\n")) {
    torn_ = true;  // still: a disk may be full for many lines
    return false;
  }
  torn_ = false;
  return write_all(line);
}

bool LogDescriptor::write_all(std::string_view text) {
  const std::size_t whole = text.size();
  while (!text.empty()) {
    ssize_t written = -1;
    if (wait_for_room()) {
      // A pipe that is ready takes PIPE_BUF octets without a wait (pipe(7)), and more than that
      // could wait for ever. The flag of a socket does the same; O_NONBLOCK would change the
      // descriptor for everybody who shares it.
      const auto part = text.substr(0, is_pipe_ ? PIPE_BUF : std::string_view::npos);
      written = is_socket_
                    ? send(descriptor_, part.data(), part.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
                    : ::write(descriptor_, part.data(), part.size());
      if (written < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    }
    if (written <= 0) {
      torn_ = text.size() < whole;
      return false;
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// True also where the descriptor is broken: the write then says how.
bool LogDescriptor::wait_for_room() const {
  while (true) {
    pollfd ready{descriptor_, POLLOUT, 0};
    const int count = poll(&ready, 1, kPatience);
    if (count > 0) return true;
    if (count < 0 && errno != EINTR) return true;
    if (given_up_) return false;
  }
}

}  // namespace portcullis::telemetry
