#include "proxy/net/line_server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "proxy/net/error_text.h"
#include "proxy/net/handed_sockets.h"
#include "proxy/net/handle.h"
#include "proxy/net/local_socket.h"
#include "proxy/net/timer.h"

namespace portcullis::net {
namespace {

constexpr int kBacklog = 8;

// One connection: reads a line, writes the answer, closes.
class Client final : public SharedHandle {
 public:
  Client(Loop& loop, const LineServer::Limits& limits, LineServer::OnLine ask,
         LineServer::OnTake take, std::function<void(Client*)> on_gone)
      : loop_(loop),
        limits_(limits),
        ask_(std::move(ask)),
        take_(std::move(take)),
        on_gone_(std::move(on_gone)),
        deadline_(std::make_unique<Timer>(loop, [this] { leave(); })) {}

  bool open(Loop& loop, uv_stream_t* listening) {
    if (uv_pipe_init(loop.raw(), &pipe_, 0) != 0) return false;
    opened(&pipe_);
    if (uv_accept(listening, stream()) != 0) return false;
    deadline_->start(limits_.time);
    return uv_read_start(stream(), &give_buffer, &on_read) == 0;
  }

  // The server calls this to close the connection; it is not told about the close. A write that is
  // under way still reports its end.
  void drop() {
    on_gone_ = nullptr;
    leave();
  }

 private:
  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&pipe_); }

  static void give_buffer(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
    auto& part = SharedHandle::of<Client>(handle).part_;
    *buffer = uv_buf_init(part.data(), static_cast<unsigned>(part.size()));
  }

  static void on_read(uv_stream_t* stream, ssize_t size, const uv_buf_t*) {
    const auto self = SharedHandle::of<Client>(stream).shared_from_this();
    auto& client = static_cast<Client&>(*self);
    client.loop_.enter(nullptr, [&] { client.take(size); });
  }

  void take(ssize_t size) {
    if (size < 0) return leave();
    line_.append(part_.data(), static_cast<std::size_t>(size));
    const auto end = line_.find('\n');
    if (end == std::string::npos ? line_.size() > limits_.line_bytes : end > limits_.line_bytes)
      return leave();
    if (end != std::string::npos) ask(end);
  }

  void ask(std::size_t end) {
    uv_read_stop(stream());
    const auto share = [this] { return duplicate(descriptor()); };
    if (take_ && take_(std::string_view(line_).substr(0, end), share)) return leave();
    deadline_->start(limits_.answer);
    ask_(std::string_view(line_).substr(0, end), [weak = weak_from_this()](std::string answer) {
      if (const auto self = weak.lock()) static_cast<Client&>(*self).give(std::move(answer));
    });
  }

  void give(std::string answer) {
    if (left_ || std::exchange(answered_, true)) return;
    answer_ = std::move(answer);
    const auto buffer = uv_buf_init(answer_.data(), static_cast<unsigned>(answer_.size()));
    const int status = uv_write(&write_, stream(), &buffer, 1, [](uv_write_t* done, int) {
      const auto self = SharedHandle::of<Client>(done->handle).shared_from_this();
      static_cast<Client&>(*self).leave();
    });
    if (status != 0) return leave();
    deadline_->start(limits_.time);
  }

  int descriptor() const {
    uv_os_fd_t socket = -1;
    uv_fileno(reinterpret_cast<const uv_handle_t*>(&pipe_), &socket);
    return socket;
  }

  // Makes the server give up its share of this object. The object is destroyed when libuv has given
  // up its share, too.
  void leave() {
    left_ = true;
    deadline_->stop();
    close();
    if (on_gone_) std::exchange(on_gone_, nullptr)(this);
  }

  Loop& loop_;
  const LineServer::Limits limits_;
  LineServer::OnLine ask_;
  LineServer::OnTake take_;
  std::function<void(Client*)> on_gone_;
  std::unique_ptr<Timer> deadline_;
  uv_pipe_t pipe_{};
  uv_write_t write_{};
  std::array<char, 512> part_{};
  std::string line_;
  std::string answer_;
  bool answered_ = false;
  bool left_ = false;
};

}  // namespace

struct LineServer::Impl : SharedHandle {
  Impl(Loop& on_loop, std::string socket_path, Limits bounds, OnLine callback, OnTake taker)
      : loop(on_loop),
        path(std::move(socket_path)),
        limits(bounds),
        on_line(std::move(callback)),
        on_take(std::move(taker)) {}

  int open(Descriptor listening) {
    if (const int status = uv_pipe_init(loop.raw(), &pipe, 0); status != 0) return status;
    opened(&pipe);
    if (const int status = uv_pipe_open(&pipe, listening.get()); status != 0) return status;
    listening.release();
    return uv_listen(stream(), kBacklog, [](uv_stream_t* handle, int status) {
      const auto self = SharedHandle::of<Impl>(handle).shared_from_this();
      auto& impl = static_cast<Impl&>(*self);
      if (status == 0) impl.loop.enter(nullptr, [&] { impl.accept(); });
    });
  }

  uv_stream_t* stream() { return reinterpret_cast<uv_stream_t*>(&pipe); }

  void accept() {
    auto client = std::make_shared<Client>(
        loop, limits,
        [this](std::string_view line, LineServer::Reply reply) { on_line(line, std::move(reply)); },
        on_take,
        [this](Client* gone) {
          std::erase_if(clients, [gone](const auto& one) { return one.get() == gone; });
        });
    const bool open = client->open(loop, stream());
    if (open && clients.size() < limits.clients)
      clients.push_back(std::move(client));
    else
      client->drop();
  }

  void stop() {
    for (const auto& client : clients) client->drop();
    clients.clear();
    close();
    struct stat found {};
    if (own && ::lstat(path.c_str(), &found) == 0 && found.st_ino == own->st_ino &&
        found.st_dev == own->st_dev)
      ::unlink(path.c_str());
    own.reset();
  }

  Loop& loop;
  std::string path;
  Limits limits;
  OnLine on_line;
  OnTake on_take;
  uv_pipe_t pipe{};
  std::optional<struct stat> own;  // the socket file as we made it
  std::vector<std::shared_ptr<Client>> clients;
};

Result<std::unique_ptr<LineServer>> LineServer::listen(Loop& loop, const std::string& path,
                                                       Limits limits, OnLine on_line,
                                                       OnTake on_take) {
  auto socket = listen_local(path);
  if (!socket) return tl::unexpected(socket.error());
  auto server =
      serve(loop, path, std::move(*socket), limits, std::move(on_line), std::move(on_take));
  if (server) (*server)->own_file(true);
  return server;
}

Result<std::unique_ptr<LineServer>> LineServer::serve(Loop& loop, const std::string& path,
                                                      Descriptor socket, Limits limits,
                                                      OnLine on_line, OnTake on_take) {
  auto impl = std::make_shared<Impl>(loop, path, limits, std::move(on_line), std::move(on_take));
  const int status = impl->open(std::move(socket));
  std::unique_ptr<LineServer> server(new LineServer(std::move(impl)));
  if (status != 0) return fail(path + ": " + error_text(status));
  return server;
}

LineServer::LineServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Descriptor LineServer::share() const {
  uv_os_fd_t socket = -1;
  uv_fileno(reinterpret_cast<const uv_handle_t*>(&impl_->pipe), &socket);
  return duplicate(socket);
}

bool LineServer::owns_file() const {
  return impl_->own.has_value();
}

void LineServer::own_file(bool ours) {
  struct stat made {};
  impl_->own.reset();
  if (ours && ::lstat(impl_->path.c_str(), &made) == 0) impl_->own = made;
}

LineServer::~LineServer() {
  impl_->stop();
}

}  // namespace portcullis::net
