#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/net/descriptor.h"
#include "proxy/net/proxy_protocol.h"
#include "proxy/relay/socket_transport.h"
#include "tests/fuzz/steps.h"
#include "tests/unit/tls/engine_pair.h"

// A connection over a real socket as a listener takes it: perhaps with a PROXY header, then in the
// clear, then perhaps under TLS. The input's octets come between those of an honest TLS client.
// Whatever comes: the address is the one that the parser of the header reads in the whole of it;
// what is heard in the clear is what stands behind the header; and what is heard under TLS is what
// the honest client said.
namespace {

using namespace portcullis;
using namespace portcullis::fuzz;
using tls::Engine;

constexpr std::size_t kMostSteps = 30;

void demand(bool holds) {
  if (!holds) std::abort();
}

struct Choice {
  explicit Choice(std::uint8_t octet)
      : proxy_header((octet & 1) != 0), direct((octet & 2) != 0), piece(octet >> 2) {}
  bool proxy_header;
  bool direct;        // TLS from the first octet; else it begins when 'T' is heard in the clear
  std::size_t piece;  // octets that come at once; 0: all
};

const tls::Contexts& contexts() {
  static const auto made = tls::contexts_for("legacy.example");
  return *made;
}

// The owner of the transport.
class Owner final : public relay::Transport::Handler {
 public:
  explicit Owner(bool direct) : direct_(direct) {}

  void on_open() override {
    demand(!opened_);
    opened_ = true;
    if (direct_) begin_tls();
  }
  void on_plain(std::string_view bytes) override {
    demand(opened_ && !lost_ && !bytes.empty());
    (began_ ? under_tls : in_clear).append(bytes);
    demand(!began_ || secured_);
    if (!began_ && bytes.back() == 'T') begin_tls();
  }
  void on_secured() override {
    demand(began_ && !secured_);
    secured_ = true;
  }
  void on_tls_failed(policy::Refusal refusal) override {
    demand(began_ && !secured_ && !refusal.text.empty());
    transport->close();
  }
  void on_out_of_order(OutOfOrder what) override {
    if (what == OutOfOrder::kTlsFirst)
      return demand(opened_ && !lost_ && !began_ && in_clear.empty());
    demand(began_ && !secured_ && !direct_);
    transport->abort();
  }
  void on_limit(telemetry::Limit, std::optional<policy::Refusal> refusal) override {
    if (refusal) transport->close();
  }
  void on_lost(std::string detail) override {
    demand(!lost_ && !detail.empty());
    lost_ = true;
    transport->close();
  }
  void on_written() override {}
  void on_gone() override { gone = true; }
  bool relaying() const override { return false; }

  bool opened() const { return opened_; }

  std::unique_ptr<relay::SocketTransport> transport;
  std::string in_clear;
  std::string under_tls;
  bool gone = false;

 private:
  void begin_tls() {
    began_ = true;
    transport->begin_tls(contexts().accept_wan(
        StreamKind::kC2s, direct_ ? TlsEntry::kDirectTls : TlsEntry::kStartTls,
        direct_ ? std::nullopt : std::optional(tls::domain("legacy.example"))));
  }

  bool direct_;
  bool opened_ = false;
  bool began_ = false;
  bool secured_ = false;
  bool lost_ = false;
};

// One loop and one listener for all inputs.
class Place {
 public:
  Place() {
    auto made = net::Listener::listen(
        loop_, *net::SocketAddress::from(Endpoint{"127.0.0.1", 0}),
        [this](const net::Listener::Accept& accept, const net::SocketAddress& from) {
          owner_->transport = std::make_unique<relay::SocketTransport>(
              loop_, *owner_, scratch_, accept, from, proxy_header_, nullptr);
        });
    listener_ = std::move(*made);
  }

  // A socket whose other end `owner` has.
  net::Descriptor connect(Owner& owner, bool proxy_header) {
    owner_ = &owner;
    proxy_header_ = proxy_header;
    net::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto to = listener_->address();
    demand(::connect(socket.get(), to.raw(), to.raw_size()) == 0);
    while (owner.transport == nullptr) uv_run(loop_.raw(), UV_RUN_ONCE);
    turn();
    return socket;
  }
  // What the other end sent is read, and what follows from it is done.
  void turn() {
    for (int i = 0; i < 3; ++i) uv_run(loop_.raw(), UV_RUN_NOWAIT);
  }

 private:
  net::Loop loop_;
  std::string scratch_;
  std::unique_ptr<net::Listener> listener_;
  Owner* owner_ = nullptr;
  bool proxy_header_ = false;
};

class Connection {
 public:
  Connection(Place& place, const Choice& choice)
      : place_(place),
        choice_(choice),
        owner_(choice.direct),
        socket_(place.connect(owner_, choice.proxy_header)) {}
  // A reset on both ends: no connection is left behind in the kernel.
  ~Connection() {
    owner_.transport->abort();
    place_.turn();
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void perform(Step step) {
    switch (step.what) {
      case 'r':
        return send(step.with);
      case 'h':  // the next flight of the honest client
        return send(next_flight());
      case 's':
        if (client_.engine->send(step.with, from_client_)) said_.append(step.with);
        return;
      case 'f':
        ::shutdown(socket_.get(), SHUT_WR);
        return place_.turn();
      default:
        return;
    }
  }

  void end() {
    while (!owner_.gone && is_under_way()) place_.turn();
    place_.turn();
    demand(std::string_view(said_).starts_with(owner_.under_tls));
    std::string_view rest = sent_;
    if (choice_.proxy_header) {
      const auto parsed = net::parse_proxy_header(sent_);
      const auto* header = std::get_if<net::ProxyHeader>(&parsed);
      demand(owner_.opened() == (header != nullptr));
      if (header == nullptr) return demand(owner_.in_clear.empty());
      if (header->source) demand(owner_.transport->peer() == *header->source);
      rest.remove_prefix(header->size);
    }
    demand(rest.starts_with(owner_.in_clear));
  }

 private:
  std::string next_flight() {
    if (!begun_) client_.engine->start(from_client_);
    begun_ = true;
    std::array<char, 65536> chunk;
    const auto got = ::recv(socket_.get(), chunk.data(), chunk.size(), MSG_DONTWAIT);
    std::string heard;
    if (got > 0)
      client_.engine->receive({chunk.data(), static_cast<std::size_t>(got)}, heard, from_client_);
    return std::exchange(from_client_, {});
  }
  void send(std::string_view bytes) {
    const auto piece = choice_.piece == 0 ? bytes.size() : choice_.piece;
    while (!bytes.empty() && !owner_.gone) {
      const auto part = bytes.substr(0, piece);
      const auto sent =
          ::send(socket_.get(), part.data(), part.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent <= 0) return;
      sent_.append(part.substr(0, static_cast<std::size_t>(sent)));
      bytes.remove_prefix(static_cast<std::size_t>(sent));
      place_.turn();
    }
  }
  // Whether something that was sent has not arrived: a kernel that is busy takes its time.
  bool is_under_way() const {
    int octets = 0;
    return ::ioctl(socket_.get(), SIOCOUTQ, &octets) == 0 && octets > 0;
  }

  Place& place_;
  Choice choice_;
  Owner owner_;
  net::Descriptor socket_;
  tls::RawClient client_{
      [](SSL_CTX*, SSL* ssl) { SSL_set_tlsext_host_name(ssl, "legacy.example"); }};
  std::string from_client_;
  std::string sent_;
  std::string said_;
  bool begun_ = false;
};

}  // namespace

// What takes long is made now, so that it is not in the time of an input.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  contexts();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Place place;
  const auto input = as_text(data, size);
  const auto first = preamble(input);
  Connection connection(place,
                        Choice(first.empty() ? 0 : static_cast<std::uint8_t>(first.front())));
  for_each_step(input, kMostSteps, [&connection](Step step) {
    connection.perform(step);
    return true;
  });
  connection.end();
  return 0;
}
