#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/base/dns_outcome.h"
#include "proxy/net/dns_answers.h"
#include "proxy/net/forwarded_query.h"
#include "proxy/net/loop.h"
#include "proxy/net/turn_task.h"

namespace portcullis::net {

struct DnsSettings {
  std::vector<SocketAddress> targets;       // as in DnsCapture
  std::optional<SocketAddress> forward_to;  // a resolver; absent: what is not captured is refused
};

// Finds the answer to each query, by itself or from another resolver.
class DnsService {
 public:
  struct Limits {
    std::size_t forwarded = 256;  // queries that wait for the resolver; more fail
    std::chrono::milliseconds answer{5'000};
  };
  // `answer` is empty if nothing may be said.
  using Deliver = std::function<void(std::string answer)>;
  using OnOutcome = std::function<void(DnsOutcome)>;

  DnsService(Loop& loop, DnsSettings settings, Limits limits, OnOutcome on_outcome);
  DnsService(const DnsService&) = delete;
  DnsService& operator=(const DnsService&) = delete;

  // For queries from now on.
  void change(DnsSettings settings);
  // `deliver` is called once, perhaps before this function returns, and not after ~DnsService.
  void ask(std::string_view message, DnsTransport transport, Deliver deliver);

 private:
  void forward(std::string_view message, DnsTransport transport, Deliver deliver);
  void lose(std::string_view message, const Deliver& deliver);

  Loop& loop_;
  const Limits limits_;
  const OnOutcome on_outcome_;
  DnsCapture capture_;
  std::optional<SocketAddress> forward_to_;
  std::vector<std::unique_ptr<ForwardedQuery>> forwarded_;
  TurnTask sweep_;
};

}  // namespace portcullis::net
