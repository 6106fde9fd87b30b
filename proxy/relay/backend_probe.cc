#include "proxy/relay/backend_probe.h"

#include <utility>
#include <variant>

#include "proxy/base/log_words.h"
#include "proxy/net/error_text.h"
#include "proxy/net/proxy_protocol.h"
#include "proxy/xmpp/element.h"
#include "proxy/xmpp/stream_header.h"

namespace portcullis::relay {
namespace {

constexpr std::chrono::seconds kPatience{5};  // for the look-up and all addresses together
constexpr std::chrono::seconds kTick{1};

std::string opening(const BackendHealth::Backend& backend) {
  xmpp::StreamHeader header;
  header.content_ns = backend.kind == StreamKind::kC2s ? xmpp::ns::kClient : xmpp::ns::kServer;
  header.to = backend.domain;
  header.version = "1.0";
  return xmpp::write_header(header);
}

}  // namespace

BackendProbe::BackendProbe(net::Loop& loop, BackendHealth::Backend backend, Done done)
    : loop_(loop), backend_(std::move(backend)), done_(std::move(done)), timer_(loop, [this] {
        tell("it did not answer within " + std::to_string(kPatience.count()) + " s");
        close();
      }) {
  timer_.start(kPatience);
  lookup_ = net::Resolver::resolve_endpoint(loop_, backend_.endpoint,
                                            [this](net::EndpointAddresses found) {
                                              if (!found) return try_next(found.error().message);
                                              addresses_ = *std::move(found);
                                              try_next("its name has no address");
                                            });
}

void BackendProbe::try_next(const std::string& why) {
  if (next_ == addresses_.size()) {
    tell(why);
    return close();
  }
  reader_.emplace(xmpp::ReaderLimits{});
  socket_ = std::make_unique<net::TcpSocket>(loop_, static_cast<Handler&>(*this));
  socket_->connect(addresses_[next_++]);
  socket_->read_start();
}

void BackendProbe::on_connected() {
  if (backend_.proxy_protocol != policy::ProxyProtocol::kOff)
    socket_->write(
        net::write_proxy_header(backend_.proxy_protocol, socket_->local(), socket_->peer()));
  socket_->write(opening(backend_));
}

void BackendProbe::on_bytes(std::string_view bytes) {
  if (!done_) return;  // it has answered and says its good-bye
  reader_->push(bytes);
  const auto event = reader_->next();
  if (!event) return;
  if (!std::holds_alternative<xmpp::StreamHeader>(*event))
    return try_next("what it sends is no XMPP stream");
  tell({});
  socket_->write(std::string(xmpp::kStreamEnd));
  socket_->shutdown();
}

void BackendProbe::on_end() {
  if (done_) return try_next("it closed the connection without an answer");
  close();
}

void BackendProbe::on_error(int uv_error) {
  if (net::is_out_of_descriptors(uv_error)) {
    done_ = nullptr;
    return close();
  }
  if (done_) return try_next(net::error_text(uv_error));
  close();
}

void BackendProbe::tell(const std::string& why) {
  if (done_) std::exchange(done_, nullptr)(why);
}

void BackendProbe::close() {
  timer_.stop();
  lookup_.reset();
  socket_.reset();
  over_ = true;
}

BackendProber::BackendProber(net::Loop& loop, BackendHealth& health, telemetry::Log& log)
    : loop_(loop), health_(health), log_(log), timer_(loop, [this] { tick(); }) {
  timer_.start(std::chrono::milliseconds(0));
}

void BackendProber::tick() {
  if (probe_ && probe_->over()) probe_.reset();
  if (!probe_)
    if (auto backend = health_.due(loop_.now())) begin(*backend);
  timer_.start(kTick);
}

void BackendProber::begin(const BackendHealth::Backend& backend) {
  probe_ = std::make_unique<BackendProbe>(loop_, backend, [this, backend](const std::string& why) {
    const bool changed = health_.probed(backend.domain, backend.kind, why.empty(), loop_.now());
    if (!changed || why.empty()) return;
    log_.write(telemetry::Severity::kError, log_event::kBackend,
               {{log_field::kKind, name(backend.kind)},
                {log_field::kHost, backend.domain.a_label()},
                {log_field::kAddress, backend.endpoint.text()},
                {log_field::kReason, policy::id(policy::Reason::kBackendUnavailable)},
                {log_field::kDetail, why}});
  });
}

}  // namespace portcullis::relay
