#include "proxy/net/local_channel.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <optional>
#include <utility>

#include "proxy/net/handed_sockets.h"
#include "proxy/net/handle.h"

namespace portcullis::net {
namespace {

// For one descriptor, aligned as the kernel wants it.
union ControlBuffer {
  cmsghdr header;
  std::array<char, CMSG_SPACE(sizeof(int))> octets;
};
// The kernel gives those of one message at once; we send one at a time.
constexpr std::size_t kMostReceived = 16;
union ReceiveBuffer {
  cmsghdr header;
  std::array<char, CMSG_SPACE(sizeof(int) * kMostReceived)> octets;
};

struct Part {
  std::string text;
  std::size_t sent = 0;
  Descriptor descriptor;  // goes along with the first octet
};

ssize_t send_part(int socket, const Part& part) {
  iovec data{const_cast<char*>(part.text.data() + part.sent), part.text.size() - part.sent};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  ControlBuffer buffer{};
  if (part.descriptor && part.sent == 0) {
    message.msg_control = buffer.octets.data();
    message.msg_controllen = buffer.octets.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    const int descriptor = part.descriptor.get();
    std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  }
  return ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

void take_descriptors(msghdr& message, std::vector<Descriptor>& into) {
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(header) + i * sizeof descriptor, sizeof descriptor);
      into.emplace_back(descriptor);
    }
  }
}

}  // namespace

struct LocalChannel::Impl : OwnedHandle {
  Impl(Loop& on_loop, Descriptor connected, Handler told)
      : OwnedHandle(on_loop), socket(std::move(connected)), handler(std::move(told)) {}

  void open() {
    ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
    if (uv_poll_init(loop().raw(), &poll, socket.get()) != 0) return;
    opened(&poll);
    watch();
  }

  void watch() {
    uv_poll_start(&poll, UV_READABLE | UV_DISCONNECT | (parts.empty() ? 0 : UV_WRITABLE),
                  [](uv_poll_t* handle, int, int events) {
                    const auto kept = SharedHandle::of<Impl>(handle).shared_from_this();
                    enter<Impl>(handle, [&](Impl& self) { self.ready(events); });
                  });
  }

  void ready(int events) {
    if ((events & UV_WRITABLE) != 0) flush();
    if ((events & (UV_READABLE | UV_DISCONNECT)) != 0) read();
  }

  void flush() {
    while (socket && !parts.empty()) {
      auto& part = parts.front();
      const auto sent = send_part(socket.get(), part);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && errno == EAGAIN) break;
      if (sent < 0) return fail(errno);
      part.sent += static_cast<std::size_t>(sent);
      if (part.sent == part.text.size()) parts.pop_front();
    }
    if (socket) watch();
  }

  // The other end is gone, or the kernel has no room for one more descriptor that is under way.
  // What is missing must not be taken for the whole: reading finds the end, and tells it.
  void fail(int error) {
    refused_descriptor = error == ETOOMANYREFS;
    parts.clear();
    ::shutdown(socket.get(), SHUT_RDWR);
  }

  // Whoever sends us descriptors is not understood, and the kernel closes them.
  void read() {
    std::array<char, 1024> buffer{};
    while (socket) {
      const auto size = ::recv(socket.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
      if (size < 0 && errno == EINTR) continue;
      if (size < 0 && errno == EAGAIN) return;
      if (size <= 0) return end();
      line.append(buffer.data(), static_cast<std::size_t>(size));
      tell_lines();
    }
  }

  void tell_lines() {
    while (socket) {
      const auto line_end = line.find('\n');
      if (line_end == std::string::npos) break;
      const std::string one = line.substr(0, line_end);
      line.erase(0, line_end + 1);
      if (one.size() > kLongestLine) return end();
      handler.on_line(one);
    }
    if (socket && line.size() > kLongestLine) end();
  }

  void end() {
    if (!socket) return;
    const auto told = std::exchange(handler.on_end, nullptr);
    let_go();
    told();
  }

  void let_go() {
    if (!socket) return;
    close();  // libuv must let go of the descriptor before it is closed
    socket.reset();
    parts.clear();
  }

  Descriptor socket;
  Handler handler;
  uv_poll_t poll{};
  std::deque<Part> parts;
  std::string line;
  bool refused_descriptor = false;
};

LocalChannel::LocalChannel(Loop& loop, Descriptor socket, Handler handler)
    : impl_(std::make_shared<Impl>(loop, std::move(socket), std::move(handler))) {
  impl_->open();
}

LocalChannel::~LocalChannel() {
  impl_->let_go();
}

void LocalChannel::send(std::string text) {
  if (!impl_->socket || text.empty()) return;
  impl_->parts.push_back({std::move(text), 0, Descriptor()});
  if (impl_->parts.size() == 1) impl_->flush();
}

void LocalChannel::send(Descriptor descriptor) {
  if (!impl_->socket) return;
  impl_->parts.push_back({".", 0, std::move(descriptor)});
  if (impl_->parts.size() == 1) impl_->flush();
}

bool LocalChannel::has_refused_descriptor() const {
  return impl_->refused_descriptor;
}

bool LocalChannel::is_now(int events) const {
  pollfd wanted{impl_->socket.get(), static_cast<short>(events), 0};
  return ::poll(&wanted, 1, 0) > 0;
}

Descriptor LocalChannel::share() const {
  return duplicate(impl_->socket.get());
}

Result<void> receive_parts(const Descriptor& socket, ReceivedParts& parts, SteadyTime deadline) {
  while (true) {
    if (!wait_for(socket, POLLIN, deadline)) return fail("no answer came in time");
    std::array<char, 4096> text{};
    iovec data{text.data(), text.size()};
    ReceiveBuffer buffer{};
    msghdr message{};
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = buffer.octets.data();
    message.msg_controllen = buffer.octets.size();
    const auto size = ::recvmsg(socket.get(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (size < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (size < 0) return fail(std::strerror(errno));
    take_descriptors(message, parts.descriptors);
    if ((message.msg_flags & MSG_CTRUNC) != 0)
      return fail("there was no room for a descriptor; raise the limit of open files");
    if (size == 0) return fail("it has closed the connection");
    parts.text.append(text.data(), static_cast<std::size_t>(size));
    return {};
  }
}

}  // namespace portcullis::net
