#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/relay/network.h"
#include "proxy/relay/transport.h"

namespace portcullis::test {

// A connection in memory: the test speaks for its other end, in bytes of XMPP. The handshake of TLS
// is a call of secure(), so that nothing is encrypted; what is in the clear, what is under TLS and
// what may stand between the two is told apart as over a socket. Outlives its transport.
class MemoryConnection {
 public:
  // What was done to the transport, in this order.
  enum class Did : std::uint8_t { kSend, kBeginTls, kPause, kResume, kClose, kAbort };
  std::function<void(Did did, std::string_view bytes)> on_did;

  relay::Patience patience;  // what the transport was told
  net::SocketAddress peer;
  tls::Facts facts;  // once it is secured
  std::function<certs::PresentedChain()> chain;

  // May be asked for once.
  relay::MakeTransport maker() {
    return [this](relay::Transport::Handler& handler) {
      handler_ = &handler;
      return std::make_unique<End>(*this);
    };
  }
  // The same for one that is called: the other end answers with open() or leave().
  std::unique_ptr<relay::Network::Call> call(std::function<void(relay::Network::Called)> done) {
    called_ = std::move(done);
    return std::make_unique<Ringing>(*this);
  }

  // ---- What the other end does. After the transport is closed only the end of the connection is
  // still seen, and what is said by an end that is relayed, as with a socket.

  void open() {
    if (called_) std::exchange(called_, nullptr)(maker());
    if (!closing_ && handler_ != nullptr) handler_->on_open();
  }
  void say(std::string_view bytes) {
    if (handler_ == nullptr || gone_ || (closing_ && !handler_->relaying())) return;
    heard_ = true;
    if (!securing_) return handler_->on_plain(bytes);
    if (bytes.find_first_not_of(" \t\r\n") != std::string_view::npos)
      handler_->on_out_of_order(OutOfOrder::kPlaintextBehindTls);
  }
  // Its first octets are a TLS record. True if the handshake has begun.
  bool begin_with_tls() {
    heard_ = true;
    if (!closing_ && handler_ != nullptr) handler_->on_out_of_order(OutOfOrder::kTlsFirst);
    return securing_;
  }
  // What the transport was given for the handshake; null: nothing yet.
  tls::Engine* engine() const { return engine_.get(); }
  void secure() {
    heard_ = true;
    securing_ = false;
    secured_ = true;
    if (!closing_) handler_->on_secured();
  }
  void fail_tls(policy::Refusal refusal) {
    heard_ = true;
    if (!closing_) handler_->on_tls_failed(std::move(refusal));
  }
  // The call fails.
  void refuse(relay::Network::CallFailure failure) {
    closing_ = gone_ = destroyed_ = true;
    std::exchange(called_, nullptr)(tl::unexpected(std::move(failure)));
  }
  // FIN.
  void leave(std::string detail = "it closed the connection") {
    left_ = true;
    if (called_) return refuse({.detail = std::move(detail)});
    if (!closing_ && handler_ != nullptr) handler_->on_lost(std::move(detail));
    finish_if_done();
  }
  // Nothing can be sent to it any more. What its kernel has not acknowledged never arrives.
  void reset() {
    reset_ = true;
    queued_ = 0;
    leave("reset");
  }
  // From here on what is sent stays queued, as with a peer that does not read ...
  void stop_reading() { reads_ = false; }
  // ... until so many octets of it were taken. Its kernel acknowledges them.
  void take(std::size_t octets) {
    queued_ -= std::min(octets, queued_);
    acknowledge(octets);
    if (!gone_ && handler_ != nullptr) handler_->on_written();
    finish_if_done();
  }
  // All is written at once, but the kernel of a peer that does not read acknowledges nothing ...
  void stop_acknowledging() { acknowledges_ = false; }
  // ... until so many octets of it.
  void acknowledge(std::size_t octets) { waiting_ -= std::min(octets, waiting_); }

  bool securing() const { return securing_; }
  bool closing() const { return closing_; }
  bool gone() const { return gone_; }
  bool paused() const { return paused_; }
  bool destroyed() const { return destroyed_; }
  std::size_t queued() const { return queued_; }

 private:
  using OutOfOrder = relay::Transport::Handler::OutOfOrder;

  class End final : public relay::Transport {
   public:
    explicit End(MemoryConnection& connection) : at_(connection), outgoing_(connection) {}
    End(const End&) = delete;
    End& operator=(const End&) = delete;
    ~End() override { at_.destroyed_ = true; }

    void begin_tls(std::unique_ptr<tls::Engine> engine) override { at_.begin(std::move(engine)); }
    void send(std::string_view bytes) override { at_.take_in(bytes); }
    void pause_reading() override {
      if (!at_.paused_ && !at_.closing_) at_.note(Did::kPause, {}), at_.paused_ = true;
    }
    void resume_reading() override {
      if (at_.paused_ && !at_.closing_) at_.note(Did::kResume, {}), at_.paused_ = false;
    }
    void close() override { at_.close(); }
    void abort() override { at_.abort(); }
    bool closing() const override { return at_.closing_; }
    bool gone() const override { return at_.gone_; }
    bool paused() const override { return at_.paused_; }
    bool heard() const override { return at_.heard_; }
    relay::Outgoing& outgoing() override { return outgoing_; }
    const relay::Outgoing& outgoing() const override { return outgoing_; }
    const net::SocketAddress& peer() const override { return at_.peer; }
    net::SocketAddress local() const override { return {}; }
    tls::Facts tls_facts() const override { return at_.secured_ ? at_.facts : tls::Facts(); }
    certs::PresentedChain peer_chain() const override {
      return at_.secured_ && at_.chain ? at_.chain() : certs::PresentedChain();
    }

   private:
    class Out final : public relay::Outgoing {
     public:
      explicit Out(MemoryConnection& connection) : at_(connection) {}
      void established(const relay::Patience& given) override { at_.patience = given; }
      std::size_t queued() const override { return at_.queued_; }
      std::uint64_t sent() const override { return at_.sent_; }
      relay::Delivery delivery() const override {
        return {at_.sent_, at_.sent_ - at_.waiting_, at_.reset_};
      }
      bool writable() const override { return !at_.reset_; }

     private:
      MemoryConnection& at_;
    };

    MemoryConnection& at_;
    Out outgoing_;
  };

  // Destroyed before the other end has answered: the call is ended.
  class Ringing final : public relay::Network::Call {
   public:
    explicit Ringing(MemoryConnection& connection) : at_(connection) {}
    Ringing(const Ringing&) = delete;
    Ringing& operator=(const Ringing&) = delete;
    ~Ringing() override {
      if (std::exchange(at_.called_, nullptr)) at_.hang_up();
    }

   private:
    MemoryConnection& at_;
  };

  void hang_up() {
    closing_ = gone_ = destroyed_ = true;
    note(Did::kAbort, {});
  }
  void note(Did did, std::string_view bytes) const {
    if (on_did) on_did(did, bytes);
  }
  void begin(std::unique_ptr<tls::Engine> engine) {
    engine_ = std::move(engine);
    securing_ = true;
    note(Did::kBeginTls, {});
  }
  void take_in(std::string_view bytes) {
    if (closing_) return;
    if (!reads_) queued_ += bytes.size();
    if (!reads_ || !acknowledges_) waiting_ += bytes.size();
    sent_ += bytes.size();
    note(Did::kSend, bytes);
  }
  void close() {
    if (closing_) return;
    closing_ = true;
    note(Did::kClose, {});
    finish_if_done();
  }
  void abort() {
    if (gone_) return;
    closing_ = true;
    note(Did::kAbort, {});
    finish();
  }
  // What is queued still has to reach an end that only closed its own half.
  void finish_if_done() {
    if (closing_ && left_ && queued_ == 0) finish();
  }
  void finish() {
    if (std::exchange(gone_, true)) return;
    handler_->on_gone();
  }

  std::function<void(relay::Network::Called)> called_;
  relay::Transport::Handler* handler_ = nullptr;
  std::unique_ptr<tls::Engine> engine_;
  std::size_t queued_ = 0;
  std::size_t waiting_ = 0;  // not acknowledged, what is queued included
  std::uint64_t sent_ = 0;
  bool heard_ = false;
  bool reads_ = true;
  bool acknowledges_ = true;
  bool reset_ = false;
  bool securing_ = false;
  bool secured_ = false;
  bool paused_ = false;
  bool left_ = false;
  bool closing_ = false;
  bool gone_ = false;
  bool destroyed_ = false;
};

}  // namespace portcullis::test
