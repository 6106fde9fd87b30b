#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "policy/reasons/reason.h"
#include "proxy/net/socket_address.h"
#include "proxy/relay/outgoing.h"
#include "proxy/telemetry/limit_label.h"
#include "proxy/tls/engine.h"

namespace portcullis::relay {

// The connection of one stream, in the clear or under TLS. What is sent is collected and written at
// the end of the loop's turn; no flush is needed. After abort() no callback follows. After close()
// only on_gone() follows, before that on_written(), and on_plain() if the handler was relaying: the
// other side may have said something before it reads that we have closed. No function calls the
// handler before it returns, except that abort() and close() may call on_gone().
class Transport {
 public:
  // What happens on the connection. The owner implements it, and must not destroy the transport
  // inside a call.
  class Handler {
   public:
    enum class OutOfOrder : std::uint8_t {
      // The first octet is that of a TLS record. If begin_tls() is not called meanwhile, it comes
      // as every other.
      kTlsFirst,
      kPlaintextBehindTls,  // the first octets behind begin_tls() are not a TLS record
    };

    virtual ~Handler() = default;
    virtual void on_open() = 0;                         // the connection is open; peer() is known
    virtual void on_plain(std::string_view bytes) = 0;  // valid during the call
    virtual void on_secured() = 0;                      // the handshake is done
    virtual void on_tls_failed(policy::Refusal refusal) = 0;
    virtual void on_out_of_order(OutOfOrder what) = 0;
    // The other side is over a limit of what it may cost us. It may be told why, with `refusal`;
    // without one, on_tls_failed() or on_lost() follows.
    virtual void on_limit(telemetry::Limit limit, std::optional<policy::Refusal> refusal) = 0;
    virtual void on_lost(std::string detail) = 0;  // reset, FIN, or close_notify of the peer
    virtual void on_written() = 0;                 // outgoing().queued() may have become less
    virtual void on_gone() = 0;                    // the connection is closed; nothing follows
    // Whether the other side is no stranger any more, so that it is served first.
    virtual bool relaying() const = 0;
  };

  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  // From here on the bytes are TLS records. Only white space may come before them in the clear.
  virtual void begin_tls(std::unique_ptr<tls::Engine> engine) = 0;
  virtual void send(std::string_view bytes) = 0;
  virtual void pause_reading() = 0;
  virtual void resume_reading() = 0;
  // Sends close_notify and FIN after what is queued, then waits for the peer's FIN as long as our
  // patience lasts.
  virtual void close() = 0;
  // Resets the connection at once. on_gone() is called inside this call.
  virtual void abort() = 0;

  virtual bool closing() const = 0;
  virtual bool gone() const = 0;
  virtual bool paused() const = 0;
  // Whether the other side has said anything: octets have come, behind a PROXY header if there is
  // one, or a part of that header only.
  virtual bool heard() const { return heard_; }
  // The other side has proved who it is: in how many pieces it says what it says is not counted.
  void trust() { trusted_ = true; }
  // What a balancer's PROXY header said beside the addresses; mostly empty.
  const std::string& proxy_tlvs() const { return proxy_tlvs_; }
  virtual Outgoing& outgoing() = 0;
  virtual const Outgoing& outgoing() const = 0;
  virtual const net::SocketAddress& peer() const = 0;
  virtual net::SocketAddress local() const = 0;

  // About the TLS session. Both are empty before there is one.
  virtual tls::Facts tls_facts() const = 0;
  virtual certs::PresentedChain peer_chain() const = 0;

 protected:
  bool trusted() const { return trusted_; }
  void set_heard(bool heard) { heard_ = heard; }
  void set_proxy_tlvs(std::string_view tlvs) { proxy_tlvs_ = tlvs; }

 private:
  bool heard_ = false;
  bool trusted_ = false;
  std::string proxy_tlvs_;
};

// Makes the transport of one end. The handler must outlive the transport.
using MakeTransport = std::function<std::unique_ptr<Transport>(Transport::Handler& handler)>;

}  // namespace portcullis::relay
