#include "proxy/admin/server.h"

#include <civetweb.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string_view>

namespace portcullis::admin {
namespace {

struct Response {
  int status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::string body;
};

std::string_view status_text(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    default:
      return "Service Unavailable";
  }
}

Response readiness(const std::vector<ReadyCheck>& checks) {
  Response response;
  response.content_type = "application/json";
  const bool ready =
      std::all_of(checks.begin(), checks.end(), [](const ReadyCheck& check) { return check.ok; });
  response.status = ready ? 200 : 503;
  nlohmann::json body{{"schema", 1}, {"ready", ready}, {"checks", nlohmann::json::array()}};
  for (const auto& check : checks)
    body["checks"].push_back({{"name", check.name}, {"ok", check.ok}, {"detail", check.detail}});
  response.body = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  return response;
}

Response answer(const Sources& sources, std::string_view method, std::string_view path) {
  const bool known = path == "/metrics" || path == "/livez" || path == "/readyz";
  if (!known) return {404, {}, "there are /metrics, /livez and /readyz\n"};
  if (method != "GET" && method != "HEAD") return {405, {}, "only GET is answered\n"};
  if (path == "/metrics")
    return {200, "text/plain; version=0.0.4; charset=utf-8", sources.metrics()};
  if (path == "/readyz") return readiness(sources.readiness());
  const bool alive = sources.alive();
  return {alive ? 200 : 503, {}, alive ? "alive\n" : "an event loop does not turn\n"};
}

void send(mg_connection* connection, const Response& response, bool with_body) {
  const std::string_view type =
      response.content_type.empty() ? "text/plain; charset=utf-8" : response.content_type;
  mg_printf(connection,
            "HTTP/1.1 %d %s\r\nContent-Type: %.*s\r\nContent-Length: %zu\r\n"
            "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
            "Content-Security-Policy: default-src 'none'\r\nConnection: close\r\n%s\r\n",
            response.status, std::string(status_text(response.status)).c_str(),
            static_cast<int>(type.size()), type.data(), response.body.size(),
            response.status == 405 ? "Allow: GET, HEAD\r\n" : "");
  if (with_body) mg_write(connection, response.body.data(), response.body.size());
}

// Every request comes here, so that civetweb never looks for files.
int on_request(mg_connection* connection) {
  const mg_request_info* const request = mg_get_request_info(connection);
  const auto& sources = *static_cast<const Sources*>(request->user_data);
  const std::string_view method = request->request_method;
  const std::string_view path = request->local_uri != nullptr ? request->local_uri : "";
  const auto response = answer(sources, method, path);
  send(connection, response, method != "HEAD");
  return response.status;
}

int on_log(const mg_connection*, const char*) {
  return 1;
}

}  // namespace

struct Server::Impl {
  Sources sources;
  mg_context* context = nullptr;

  ~Impl() {
    if (context != nullptr) mg_stop(context);
  }
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::start(const Endpoint& listen, Sources sources) {
  static std::once_flag once;
  std::call_once(once, [] { mg_init_library(0); });
  auto impl = std::make_unique<Impl>();
  impl->sources = std::move(sources);

  mg_callbacks callbacks{};
  callbacks.begin_request = &on_request;
  callbacks.log_message = &on_log;
  const std::string ports = listen.text();
  std::array<const char*, 13> options{"listening_ports",
                                      ports.c_str(),
                                      "num_threads",
                                      "2",
                                      "request_timeout_ms",
                                      "5000",
                                      "max_request_size",
                                      "8192",
                                      "connection_queue",
                                      "16",
                                      "enable_keep_alive",
                                      "no",
                                      nullptr};
  impl->context = mg_start(&callbacks, &impl->sources, options.data());
  if (impl->context == nullptr)
    return fail("listen.admin: cannot listen on " + ports +
                "; is the port taken, or the address not one of this machine?");
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

}  // namespace portcullis::admin
