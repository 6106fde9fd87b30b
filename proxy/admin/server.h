#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proxy/base/endpoint.h"
#include "proxy/base/result.h"

namespace portcullis::admin {

struct ReadyCheck {
  std::string name;
  bool ok = false;
  std::string detail;
};

// Called on the server's own threads, also at the same time.
struct Sources {
  std::function<std::string()> metrics;  // Prometheus text
  std::function<bool()> alive;           // every loop turned recently
  std::function<std::vector<ReadyCheck>()> readiness;
};

// Read-only HTTP (civetweb) on its own threads: GET /metrics, /livez, /readyz; everything else is
// 404 or 405. Stops when destroyed, after the requests that it is just answering. IPv4 only.
class Server {
 public:
  static Result<std::unique_ptr<Server>> start(const Endpoint& listen, Sources sources);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;  // the bound one

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace portcullis::admin
