#include "proxy/admin/server.h"

#include <civetweb.h>

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <new>
#include <string_view>
#include <thread>
#include <utility>

#include "proxy/admin/response.h"

namespace portcullis::admin {
namespace {

// A slow client occupies one of the threads, but not for longer than this.
constexpr const char* kRequestTimeoutMs = "2000";
constexpr const char* kMaxRequestBytes = "8192";
constexpr int kHandled = 1;  // keeps civetweb from writing a log of its own

struct LibraryUse {
  LibraryUse() { mg_init_library(0); }
  LibraryUse(const LibraryUse&) = delete;
  LibraryUse& operator=(const LibraryUse&) = delete;
  ~LibraryUse() { mg_exit_library(); }
};

// The listening thread of civetweb looks only every two seconds whether it has to stop, and
// whenever somebody connects. So a thread of our own connects to it for as long as mg_stop() waits.
class Knocker {
 public:
  Knocker(std::string host, int port)
      : thread_([this, host = std::move(host), port](const std::stop_token& stop) {
          std::unique_lock lock(mutex_);
          while (!stop.stop_requested()) {
            std::array<char, 128> error{};
            if (auto* knock = mg_connect_client(host.c_str(), port, 0, error.data(), error.size()))
              mg_close_connection(knock);
            wake_.wait_for(lock, stop, kPause, [] { return false; });
          }
        }) {}

 private:
  static constexpr std::chrono::milliseconds kPause{5};
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last, because the thread uses the other members
};

int send(mg_connection* connection, const Response& response) {
  mg_disable_connection_keep_alive(connection);
  const std::string text = to_http(response);
  mg_write(connection, text.data(), text.size());
  return response.status;
}

// Answers the requests that civetweb itself refuses.
int on_http_error(mg_connection* connection, int status, const char*) {
  send(connection, plain_error(status));
  return 0;
}

// To civetweb a comma means another port, and a letter at the end means TLS.
bool is_plain_host(const std::string& host) {
  return host.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
             "0123456789.-") == std::string::npos;
}

tl::unexpected<Error> explain(const Endpoint& listen, const std::string& why) {
  return fail("[listen] admin: cannot listen on " + listen.text() + ": " + why);
}

}  // namespace

struct Server::Impl {
  explicit Impl(Sources given) : sources(std::move(given)) {
    callbacks.begin_request = &on_request;
    callbacks.http_error = &on_http_error;
    callbacks.log_message = &on_message;
    callbacks.log_access = [](const mg_connection*, const char*) { return kHandled; };
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    if (context == nullptr) return;
    const Knocker knocker(host, port());
    mg_stop(context);
  }

  bool start(const Endpoint& listen);
  int port() const {
    mg_server_port bound{};
    return mg_get_server_ports(context, 1, &bound) == 1 ? bound.port : 0;
  }

  static int on_request(mg_connection* connection) {
    const auto* request = mg_get_request_info(connection);
    const auto& self = *static_cast<const Impl*>(request->user_data);
    const std::string_view path = request->local_uri == nullptr ? "" : request->local_uri;
    const char* const host = mg_get_header(connection, "Host");
    try {
      if (const auto refusal = not_for(host == nullptr ? "" : host, path))
        return send(connection, *refusal);
      return send(connection, respond(request->request_method, path, self.sources));
    } catch (const std::bad_alloc&) {  // no exception may pass through civetweb
      constexpr std::string_view kNoMemory =
          "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
      mg_write(connection, kNoMemory.data(), kNoMemory.size());
      return 503;
    }
  }

  // If the start fails, the first message tells why, and better than the error of mg_start2 does.
  // Later messages are about single clients, and are dropped.
  static int on_message(const mg_connection* connection, const char* message) {
    auto* self = static_cast<Impl*>(mg_get_user_data(mg_get_context(connection)));
    if (self != nullptr && !self->started && self->start_error.empty()) self->start_error = message;
    return kHandled;
  }

  LibraryUse library;
  Sources sources;
  mg_callbacks callbacks{};
  mg_context* context = nullptr;
  std::string host;
  std::atomic<bool> started{false};
  std::string start_error;
};

bool Server::Impl::start(const Endpoint& listen) {
  // Without document_root, no file can be read.
  const std::string address = listen.text();
  host = listen.host;
  std::array<const char*, 13> options{"listening_ports",
                                      address.c_str(),
                                      "num_threads",
                                      "4",
                                      "request_timeout_ms",
                                      kRequestTimeoutMs,
                                      "max_request_size",
                                      kMaxRequestBytes,
                                      "enable_keep_alive",
                                      "no",
                                      "connection_queue",
                                      "16",
                                      nullptr};
  mg_init_data init{&callbacks, this, options.data()};
  context = mg_start2(&init, nullptr);
  started = true;
  return context != nullptr;
}

Result<std::unique_ptr<Server>> Server::start(const Endpoint& listen, Sources sources) {
  // Debian builds civetweb without IPv6.
  if (listen.host.find(':') != std::string::npos)
    return explain(listen, "only IPv4 is possible here; write \"127.0.0.1:9270\"");
  if (!is_plain_host(listen.host))
    return explain(listen, "this is not an address; write \"127.0.0.1:9270\"");
  auto impl = std::make_unique<Impl>(std::move(sources));
  if (!impl->start(listen))
    return explain(listen,
                   impl->start_error + "; `ss -ltnp` shows whether another program has the port");
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() = default;

std::uint16_t Server::port() const {
  return static_cast<std::uint16_t>(impl_->port());
}

}  // namespace portcullis::admin
