#include "proxy/handover/taker.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "policy/reasons/reason.h"
#include "proxy/handover/giver.h"
#include "proxy/net/blocking_socket.h"
#include "proxy/net/local_socket.h"

namespace portcullis::handover {
namespace {

Result<void> say(const net::Descriptor& socket, std::string_view what) {
  const std::string line = std::string(what) + "\n";  // fits any socket buffer
  if (::send(socket.get(), line.data(), line.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(line.size()))
    return fail("it has closed the connection");
  return {};
}

// The words of one that refuses, or of a version that does not know the request.
std::string refusal(std::string_view text) {
  for (const std::string_view last : {"\nfailed\n", "failed\n", "\n"})
    if (text.ends_with(last)) text.remove_suffix(last.size());
  return policy::printable(text.substr(0, 500));
}

}  // namespace

Result<Taker> Taker::ask(const std::string& path, std::chrono::milliseconds at_most) {
  Taker taker;
  auto connection = net::connect_local(path);
  if (!connection) return tl::unexpected(connection.error());
  taker.connection_ = std::move(*connection);
  const auto peer = peer_of(taker.connection_);
  if (!peer || !may_share(*peer))
    return fail(path + ": another user's process listens there, and nothing is taken from it");
  if (auto asked = say(taker.connection_, kRequest); !asked) return tl::unexpected(asked.error());
  if (auto received = taker.receive(net::after(at_most)); !received)
    return fail(path + ": " + received.error().message);
  return taker;
}

Result<void> Taker::receive(net::SteadyTime deadline) {
  net::ReceivedParts parts;
  bool is_whole = false;
  while (!is_whole || parts.descriptors.size() < offer_.sockets + offer_.predecessors.size()) {
    const auto received = net::receive_parts(connection_, parts, deadline);
    if (!received) {
      if (!is_whole && !parts.text.empty())
        return fail("the running portcullis says: " + refusal(parts.text));
      return fail("the running portcullis: " + received.error().message);
    }
    if (is_whole) continue;
    auto read = read_offer(parts.text);
    // A refusal is told when it is whole: at the end of the connection.
    if (!read && parts.text.size() <= kLongestOffer) continue;
    if (!read) return fail("the offer of the running portcullis: " + read.error().message);
    if (!*read) continue;
    offer_ = **std::move(read);
    is_whole = true;
  }
  if (parts.descriptors.size() > offer_.sockets + offer_.predecessors.size())
    return fail("the running portcullis has given more than it said");
  sort_out(std::move(parts.descriptors));
  process_ = net::Descriptor(
      static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(offer_.process), 0)));
  return {};
}

bool Taker::lives() const {
  // A process that is killed has closed its connection before it has ended.
  return process_ && !net::wait_for(process_, POLLIN, net::after(kEnding));
}

void Taker::sort_out(std::vector<net::Descriptor> descriptors) {
  for (std::size_t i = 0; i < offer_.sockets; ++i)
    if (auto added = sockets_.add(std::move(descriptors[i]),
                                  "from process " + std::to_string(offer_.process));
        !added)
      faults_.push_back("a socket " + added.error().message);
  for (std::size_t i = 0; i < offer_.predecessors.size(); ++i)
    earlier_.push_back({offer_.predecessors[i], std::move(descriptors[offer_.sockets + i])});
}

Result<void> Taker::confirm(std::chrono::milliseconds at_most) {
  auto deadline = net::after(at_most);
  bool waits = true;
  // If it has gone, what it has said before that tells why.
  static_cast<void>(say(connection_, kConfirm));
  std::string line;
  while (line.find('\n') == std::string::npos) {
    if (!net::wait_for(connection_, POLLIN, deadline)) {
      if (!waits) return fail("the running portcullis does not answer");
      // From here on it does not take the confirmation any more. It may have done so just now.
      waits = false;
      ::shutdown(connection_.get(), SHUT_WR);
      deadline = net::after(kLastAnswer);
      continue;
    }
    char octet = 0;
    const auto size = ::recv(connection_.get(), &octet, 1, 0);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) {
      if (lives()) return fail("the running portcullis has given up the hand-over, and serves on");
      // Its sockets are ours now, and nobody else has them.
      is_gone_ = true;
      return {};
    }
    line += octet;
    if (line.size() > net::LocalChannel::kLongestLine) break;
  }
  if (line != std::string(kYours) + "\n")
    return fail("the running portcullis says: " + refusal(line));
  return {};
}

std::vector<Taker::Predecessor> Taker::predecessors() && {
  auto all = std::move(earlier_);
  if (!is_gone_) all.push_back({offer_.process, std::move(connection_)});
  return all;
}

}  // namespace portcullis::handover
