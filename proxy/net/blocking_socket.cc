#include "proxy/net/blocking_socket.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace portcullis::net {

using Clock = std::chrono::steady_clock;

SteadyTime after(std::chrono::milliseconds span) {
  return Clock::now() + span;
}

bool wait_for(const Descriptor& socket, std::int16_t events, SteadyTime deadline) {
  pollfd waiting{socket.get(), events, 0};
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    const int ready = ::poll(&waiting, 1, static_cast<int>(left));
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

Result<std::string> read_to_end(const Descriptor& socket, const std::string& name,
                                const AnswerLimits& limits) {
  std::string answer;
  std::array<char, 4096> part{};
  while (answer.size() <= limits.bytes) {
    if (!wait_for(socket, POLLIN, limits.deadline)) return fail(name + ": no answer came in time");
    const auto got = ::recv(socket.get(), part.data(), part.size(), 0);
    if (got == 0) return answer;
    if (got > 0)
      answer.append(part.data(), static_cast<std::size_t>(got));
    else if (errno != EINTR && errno != EAGAIN)
      return fail(name + ": " + std::strerror(errno));
  }
  return fail(name + ": the answer is longer than any that portcullis gives");
}

}  // namespace portcullis::net
