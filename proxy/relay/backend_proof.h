#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/model/config.h"
#include "proxy/base/scheduler.h"
#include "proxy/relay/dial_rules.h"
#include "proxy/relay/network.h"
#include "proxy/relay/transport.h"
#include "proxy/session/key_question.h"

namespace portcullis::relay {

// Calls the backend's own port, asks it one KeyQuestion, and closes the connection. It takes five
// seconds at most, whatever the other side does.
class BackendProof final : private Transport::Handler {
 public:
  static constexpr std::chrono::seconds kPatience{5};  // for the look-up and all addresses together

  struct Place {
    Endpoint endpoint;
    policy::ProxyProtocol proxy_protocol;
  };
  using Done = std::function<void(session::KeyQuestion::Answer)>;

  // `done` is called once, never before this constructor returns, and must not destroy this. All
  // references must outlive this.
  BackendProof(Scheduler& scheduler, Network& network, const DialRules& rules, Place place,
               session::KeyQuestion question, Done done);

 private:
  void on_open() override;
  void on_plain(std::string_view bytes) override;
  void on_secured() override {}
  void on_tls_failed(policy::Refusal /*refusal*/) override {}
  void on_out_of_order(OutOfOrder /*what*/) override {}
  void on_limit(telemetry::Limit limit, std::optional<policy::Refusal> refusal) override;
  void on_lost(std::string detail) override;
  void on_written() override {}
  void on_gone() override;
  bool relaying() const override { return false; }

  void try_next(const std::string& why);
  void on_called(Network::Called called);
  void fail(const std::string& why);
  void tell(session::KeyQuestion::Answer answer);

  Scheduler& scheduler_;
  Network& network_;
  const DialRules& rules_;
  const Place place_;
  session::KeyQuestion question_;
  Done done_;
  std::unique_ptr<Scheduler::Timer> timer_;
  Network::Lookup lookup_;
  std::vector<net::SocketAddress> addresses_;
  std::size_t next_ = 0;
  std::unique_ptr<Network::Call> call_;
  std::unique_ptr<Transport> transport_;
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace portcullis::relay
