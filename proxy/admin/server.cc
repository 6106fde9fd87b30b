#include "proxy/admin/server.h"

#include <civetweb.h>

#include <array>
#include <atomic>
#include <string_view>
#include <utility>

#include "proxy/admin/response.h"

namespace portcullis::admin {
namespace {

// A client that sends slowly holds one of the two threads until this is over.
constexpr const char* kRequestTimeoutMs = "2000";
constexpr const char* kMaxRequestBytes = "8192";
constexpr int kHandled = 1;  // civetweb shall not write a log of its own

struct LibraryUse {
  LibraryUse() { mg_init_library(0); }
  LibraryUse(const LibraryUse&) = delete;
  LibraryUse& operator=(const LibraryUse&) = delete;
  ~LibraryUse() { mg_exit_library(); }
};

int send(mg_connection* connection, const Response& response) {
  mg_disable_connection_keep_alive(connection);
  const std::string text = to_http(response);
  mg_write(connection, text.data(), text.size());
  return response.status;
}

// Requests that civetweb refuses itself.
int on_http_error(mg_connection* connection, int status, const char*) {
  send(connection, plain_error(status));
  return 0;
}

// civetweb reads a comma as the next port and a trailing letter as TLS.
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
    if (context != nullptr) mg_stop(context);
  }

  bool start(const Endpoint& listen);

  static int on_request(mg_connection* connection) {
    const auto* request = mg_get_request_info(connection);
    const auto& self = *static_cast<const Impl*>(request->user_data);
    const std::string_view path = request->local_uri == nullptr ? "" : request->local_uri;
    return send(connection, respond(request->request_method, path, self.sources));
  }

  // The first message at start says why it failed, in more detail than mg_start2's own error. What
  // comes later is about single clients and goes nowhere: the log is for streams.
  static int on_message(const mg_connection* connection, const char* message) {
    auto* self = static_cast<Impl*>(mg_get_user_data(mg_get_context(connection)));
    if (self != nullptr && !self->started && self->start_error.empty()) self->start_error = message;
    return kHandled;
  }

  LibraryUse library;
  Sources sources;
  mg_callbacks callbacks{};
  mg_context* context = nullptr;
  std::atomic<bool> started{false};
  std::string start_error;
};

bool Server::Impl::start(const Endpoint& listen) {
  // No document_root: there is no file to serve.
  const std::string address = listen.text();
  std::array<const char*, 13> options{"listening_ports",
                                      address.c_str(),
                                      "num_threads",
                                      "2",
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
    return explain(listen, "this is no address; write \"127.0.0.1:9270\"");
  auto impl = std::make_unique<Impl>(std::move(sources));
  if (!impl->start(listen))
    return explain(listen,
                   impl->start_error + "; `ss -ltnp` shows whether another program has the port");
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() = default;

std::uint16_t Server::port() const {
  mg_server_port port{};
  return mg_get_server_ports(impl_->context, 1, &port) == 1 ? static_cast<std::uint16_t>(port.port)
                                                            : std::uint16_t{0};
}

}  // namespace portcullis::admin
