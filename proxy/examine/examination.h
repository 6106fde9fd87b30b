#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/base/scheduler.h"
#include "proxy/examine/conversation.h"
#include "proxy/examine/findings.h"
#include "proxy/relay/dial_target.h"
#include "proxy/relay/network.h"
#include "proxy/relay/transport.h"
#include "proxy/tls/engine.h"
#include "proxy/xmpp/stream_reader.h"

namespace portcullis::examine {

// Connects to one address, has the conversation, closes the connection and says what was found.
// What the other end may cost is bounded: its time by the question, its octets and pieces here. It
// lives on one loop.
class Examination final : private relay::Transport::Handler {
 public:
  // Octets that the other end may say in a stream, in the clear and under TLS together.
  static constexpr std::size_t kMostOctets = std::size_t{128} * 1024;

  // Makes the session of the handshake: which certificate is shown, which one is asked for.
  using MakeEngine = std::function<std::unique_ptr<tls::Engine>()>;
  using Done = std::function<void(Findings)>;

  // Begins to connect. `done` is called once, never before this function returns, and may destroy
  // this. If this is destroyed before, nothing more is called. Both references must outlive this.
  // The process must ignore SIGPIPE (net::ignore_sigpipe).
  Examination(Scheduler& scheduler, relay::Network& network, const relay::DialTarget& to,
              Question question, MakeEngine make_engine, Done done);
  ~Examination() override;

 private:
  void on_open() override;
  void on_plain(std::string_view bytes) override;
  void on_secured() override;
  void on_tls_failed(policy::Refusal refusal) override;
  void on_out_of_order(OutOfOrder what) override;
  void on_limit(telemetry::Limit limit, std::optional<policy::Refusal> refusal) override;
  void on_lost(std::string detail) override;
  void on_written() override {}
  void on_gone() override;
  bool relaying() const override { return false; }

  void called(relay::Network::Called called);
  void tell(const Event& event);
  void perform(const Action& action);
  void begin_tls();
  void read();
  void finish();
  void answer();

  Scheduler& scheduler_;
  MakeEngine make_engine_;
  Done done_;
  const std::string preface_;
  Conversation conversation_;
  std::unique_ptr<xmpp::StreamReader> reader_;
  std::size_t octets_ = 0;
  bool closed_ = false;    // nothing more is told to the conversation
  bool answered_ = false;  // `done_` is about to be called
  std::unique_ptr<Scheduler::Timer> timer_;
  std::unique_ptr<relay::Network::Call> call_;
  std::unique_ptr<relay::Transport> transport_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace portcullis::examine
