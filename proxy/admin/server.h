#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/endpoint.h"
#include "proxy/base/result.h"

namespace portcullis::admin {

// One thing that /readyz tells. Without `required` it is only a warning: the gate is ready even
// where it is not ok.
struct ReadyCheck {
  std::string name;
  bool ok = false;
  std::string detail;
  bool required = true;
};

// These are called on the threads of the server, and several calls can run at the same time.
struct Sources {
  std::function<std::string()> metrics;  // Prometheus text
  std::function<bool()> alive;           // whether every event loop has run recently
  std::function<std::vector<ReadyCheck>()> readiness;
  // A page (HTML) and the same as JSON. Empty: the program is too busy to say.
  std::function<std::optional<std::string>()> status_page = {};
  std::function<std::optional<std::string>()> status_json = {};
  // Digest of the page's style, as Content-Security-Policy has it: "sha256-...".
  std::string_view page_style = {};
};

// An HTTP server (civetweb) with threads of its own. It can only be read: GET /, /status,
// /status.json, /metrics, /livez and /readyz. Other paths get status 404, other methods 405. It
// listens on IPv4 only; start() fails if it cannot listen, and its error says why. The destructor
// waits until the requests that are being answered are finished.
class Server {
 public:
  static Result<std::unique_ptr<Server>> start(const Endpoint& listen, Sources sources);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;  // the port that it is bound to

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace portcullis::admin
