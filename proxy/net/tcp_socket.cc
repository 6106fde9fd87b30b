#include "proxy/net/tcp_socket.h"

#include <sys/socket.h>

#include <utility>
#include <vector>

#include "proxy/net/error_text.h"
#include "proxy/net/handle.h"
#include "proxy/net/kept_descriptors.h"
#include "proxy/net/write_backlog.h"

namespace portcullis::net {
namespace {

// One uv_write and the strings it refers to, until its callback.
struct Batch {
  uv_write_t request{};
  std::vector<std::string> strings;
};

SocketAddress name_of(const uv_tcp_t& tcp, int (*ask)(const uv_tcp_t*, sockaddr*, int*)) {
  sockaddr_storage address{};
  int size = sizeof address;
  if (ask(&tcp, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return SocketAddress::from(reinterpret_cast<const sockaddr*>(&address));
}

}  // namespace

struct TcpSocket::Impl : OwnedHandle {
  enum class State : std::uint8_t { kIdle, kConnecting, kOpen, kOver };

  Impl(Loop& on_loop, Handler& for_handler) : OwnedHandle(on_loop), handler(&for_handler) {}

  void open() {
    uv_tcp_init(loop().raw(), &tcp);
    opened(&tcp);
  }

  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&tcp); }
  int descriptor() const {
    uv_os_fd_t fd = -1;
    return uv_fileno(reinterpret_cast<const uv_handle_t*>(&tcp), &fd) == 0 ? fd : -1;
  }

  void let_go() {
    handler = nullptr;
    state = State::kOver;
    backlog.clear();
    close();
  }

  void connect(const SocketAddress& to);
  void connected(int status);
  void update_reading();
  void received(ssize_t size, const char* bytes);
  void write(std::string_view bytes);
  void send_backlog();
  void written(int status);
  void write_failed(int error);
  void read_the_rest();
  void send_fin_when_drained();
  void fail(int error);
  void fail_later(int error);

  static void on_alloc(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
    *buffer = of<Impl>(handle).loop().receive_buffer();
  }
  static void on_read(uv_stream_t* handle, ssize_t size, const uv_buf_t* buffer) {
    enter<Impl>(handle, [&](Impl& self) { self.received(size, buffer->base); });
  }
  static void on_written(uv_write_t* request, int status) {
    enter<Impl>(request->handle, [&](Impl& self) { self.written(status); });
  }
  static void on_connect(uv_connect_t* request, int status) {
    enter<Impl>(request->handle, [&](Impl& self) { self.connected(status); });
  }

  Handler* handler;  // nullptr as soon as no callback is allowed any more
  uv_tcp_t tcp{};
  std::unique_ptr<uv_connect_t> connecting;
  std::unique_ptr<Batch> in_flight;
  WriteBacklog backlog;  // to be sent after in_flight
  int write_error = 0;
  AcknowledgedOctets acknowledged;
  State state = State::kIdle;
  bool reading_wanted = false;
  bool reading = false;
  bool ended = false;
  bool fin_wanted = false;
};

void TcpSocket::Impl::connect(const SocketAddress& to) {
  if (state != State::kIdle) return;
  state = State::kConnecting;
  uv_tcp_nodelay(&tcp, 1);
  connecting = std::make_unique<uv_connect_t>();
  const int status = uv_tcp_connect(connecting.get(), &tcp, to.raw(), &Impl::on_connect);
  if (status != 0) fail_later(status);
}

void TcpSocket::Impl::connected(int status) {
  connecting.reset();
  if (handler == nullptr) return;
  if (status == 0 && is_kept_descriptor(descriptor())) status = UV_EMFILE;
  if (status != 0) return fail(status);
  state = State::kOpen;
  set_tcp_times(descriptor(), {});
  acknowledged.begin(descriptor());
  send_backlog();
  send_fin_when_drained();
  update_reading();
  handler->on_connected();
}

void TcpSocket::Impl::update_reading() {
  const bool should = reading_wanted && !ended && state == State::kOpen;
  if (should == reading) return;
  reading = should;
  if (!should) {
    uv_read_stop(stream());
    if (write_error != 0) fail_later(write_error);
    return;
  }
  const int status = uv_read_start(stream(), &Impl::on_alloc, &Impl::on_read);
  if (status != 0) fail_later(status);
}

void TcpSocket::Impl::received(ssize_t size, const char* bytes) {
  if (handler == nullptr || size == 0) return;
  if (size > 0) return handler->on_bytes({bytes, static_cast<std::size_t>(size)});
  if (size != UV_EOF) return fail(static_cast<int>(size));
  // libuv reports POLLHUP after the last bytes as a FIN, though it may have been a reset.
  const int error = write_error != 0 ? write_error : -take_socket_error(descriptor());
  if (error != 0) return fail(error);
  ended = true;
  update_reading();
  handler->on_end();
}

void TcpSocket::Impl::write(std::string_view bytes) {
  if (bytes.empty() || state == State::kOver || fin_wanted || write_error != 0) return;
  const bool waits = state != State::kOpen || in_flight != nullptr;
  if (!waits) {
    const uv_buf_t buffer{const_cast<char*>(bytes.data()), bytes.size()};  // libuv only reads it
    const int sent = uv_try_write(stream(), &buffer, 1);
    if (sent < 0 && sent != UV_EAGAIN) return write_failed(sent);
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
    if (bytes.empty()) return;
  }
  backlog.add(std::string(bytes));
  if (!waits) send_backlog();
}

void TcpSocket::Impl::send_backlog() {
  if (backlog.empty()) return;
  in_flight = std::make_unique<Batch>();
  in_flight->strings = backlog.take();
  std::vector<uv_buf_t> buffers;
  buffers.reserve(in_flight->strings.size());
  for (auto& text : in_flight->strings) buffers.push_back({text.data(), text.size()});
  const int status = uv_write(&in_flight->request, stream(), buffers.data(),
                              static_cast<unsigned>(buffers.size()), &Impl::on_written);
  if (status == 0) return;
  in_flight.reset();
  write_failed(status);
}

void TcpSocket::Impl::written(int status) {
  in_flight.reset();
  if (handler == nullptr || state != State::kOpen) return;
  if (status != 0) return write_failed(status);
  if (!backlog.empty()) return send_backlog();
  send_fin_when_drained();
  handler->on_drained();
}

// What a peer said before it was gone is still in the receive buffer when our next write fails, and
// our kernel has acknowledged it. So we read on to the end, and report the error only then.
void TcpSocket::Impl::write_failed(int error) {
  write_error = error;
  backlog.clear();
  if (!leaves_last_words(error) || !reading) fail_later(error);
}

// For an owner that has stopped reading. It is at most what the kernel's receive buffer holds.
void TcpSocket::Impl::read_the_rest() {
  while (handler != nullptr && state == State::kOpen && !ended) {
    const uv_buf_t room = loop().receive_buffer();
    const ssize_t size = ::recv(descriptor(), room.base, room.len, MSG_DONTWAIT);
    if (size <= 0) return;
    handler->on_bytes({room.base, static_cast<std::size_t>(size)});
  }
}

// Not uv_shutdown: nothing is queued in libuv here, and a pending one would forbid a later reset.
void TcpSocket::Impl::send_fin_when_drained() {
  if (fin_wanted && state == State::kOpen && in_flight == nullptr && write_error == 0)
    ::shutdown(descriptor(), SHUT_WR);
}

void TcpSocket::Impl::fail(int error) {
  if (handler == nullptr || state == State::kOver) return;
  state = State::kOver;
  update_reading();
  backlog.clear();
  std::exchange(handler, nullptr)->on_error(error);
}

void TcpSocket::Impl::fail_later(int error) {
  loop().defer([self = weak_from_this(), error] {
    const auto alive = std::static_pointer_cast<Impl>(self.lock());
    if (alive == nullptr) return;
    if (leaves_last_words(error)) alive->read_the_rest();
    alive->fail(error);
  });
}

TcpSocket::TcpSocket(Loop& loop, Handler& handler) : impl_(std::make_shared<Impl>(loop, handler)) {
  impl_->open();
}

TcpSocket::~TcpSocket() {
  impl_->let_go();
}

void TcpSocket::set_handler(Handler& handler) {
  if (impl_->handler != nullptr) impl_->handler = &handler;
}

void TcpSocket::connect(const SocketAddress& to) {
  impl_->connect(to);
}

void TcpSocket::read_start() {
  impl_->reading_wanted = true;
  impl_->update_reading();
}

void TcpSocket::read_stop() {
  impl_->reading_wanted = false;
  impl_->update_reading();
}

void TcpSocket::write(std::string_view bytes) {
  impl_->write(bytes);
}

std::size_t TcpSocket::queued_bytes() const {
  if (impl_->state == Impl::State::kOver) return 0;
  const std::size_t waiting = impl_->backlog.bytes();
  if (impl_->in_flight == nullptr) return waiting;
  return waiting + uv_stream_get_write_queue_size(impl_->stream());
}

Acknowledged TcpSocket::acknowledged() const {
  return impl_->acknowledged.ask(impl_->descriptor());
}

void TcpSocket::count_acknowledged_anew() {
  impl_->acknowledged.begin(impl_->descriptor());
}

void TcpSocket::set_times(const TcpTimes& times) {
  set_tcp_times(impl_->descriptor(), times);
}

void TcpSocket::shutdown() {
  if (impl_->fin_wanted) return;
  impl_->fin_wanted = true;
  impl_->send_fin_when_drained();
}

void TcpSocket::reset() {
  // Not uv_tcp_close_reset: it does the same two steps, but fails if there is no descriptor.
  impl_->acknowledged.ask(impl_->descriptor());
  const linger at_once{1, 0};
  setsockopt(impl_->descriptor(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  impl_->let_go();
}

SocketAddress TcpSocket::peer() const {
  return name_of(impl_->tcp, &uv_tcp_getpeername);
}

SocketAddress TcpSocket::local() const {
  return name_of(impl_->tcp, &uv_tcp_getsockname);
}

// The options are those of the listening socket, and the kernel has counted nothing yet: it counts
// our SYN only where we connect.
bool TcpSocket::adopt(int descriptor) {
  if (impl_->state != Impl::State::kIdle || uv_tcp_open(&impl_->tcp, descriptor) != 0) return false;
  impl_->state = Impl::State::kOpen;
  return true;
}

}  // namespace portcullis::net
