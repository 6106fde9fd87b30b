#include "proxy/examine/examination.h"

#include <optional>
#include <utility>
#include <variant>

#include "proxy/relay/overloaded.h"

namespace portcullis::examine {
namespace {

using policy::Reason;

std::unique_ptr<xmpp::StreamReader> new_reader() {
  return std::make_unique<xmpp::StreamReader>(xmpp::ReaderLimits{});
}

bool only_whitespace(std::string_view bytes) {
  return bytes.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

Examination::Examination(Scheduler& scheduler, relay::Network& network, const relay::DialTarget& to,
                         Question question, MakeEngine make_engine, Done done)
    : scheduler_(scheduler),
      make_engine_(std::move(make_engine)),
      done_(std::move(done)),
      preface_(question.preface),
      conversation_(std::move(question)),
      reader_(new_reader()),
      timer_(scheduler.make_timer([this] { tell(session::DeadlineExpired{}); })) {
  timer_->start(conversation_.question().time);
  call_ = network.call(to, [this](relay::Network::Called result) { called(std::move(result)); });
}

Examination::~Examination() {
  *alive_ = false;
  if (transport_ && !transport_->gone()) transport_->abort();
}

void Examination::called(relay::Network::Called result) {
  if (!result) return tell(session::TransportLost{result.error().detail});
  if (closed_) return;
  transport_ = (*result)(*this);
}

void Examination::on_open() {
  if (!preface_.empty()) transport_->send(preface_);
  tell(session::TransportReady{});
}

void Examination::tell(const Event& event) {
  if (closed_) return;
  for (const auto& action : conversation_.handle(event)) perform(action);
}

void Examination::perform(const Action& action) {
  std::visit(relay::Overloaded{
                 [this](const session::Send& send) {
                   if (transport_) transport_->send(send.bytes);
                 },
                 [this](const session::BeginTls&) { begin_tls(); },
                 [this](const session::RestartStream&) {
                   // Under TLS the other end may write its next header at once.
                   const std::string unread(reader_->unread());
                   reader_ = new_reader();
                   if (!unread.empty()) reader_->push(unread);
                 },
                 [this](const session::Close&) { finish(); },
             },
             action);
}

void Examination::begin_tls() {
  if (!only_whitespace(reader_->unread())) return tell(session::PlaintextBehindTls{});
  auto engine = make_engine_();
  if (!engine)
    return tell(session::TlsFailed{
        policy::refuse(Reason::kInternalError, {{"detail", "TLS cannot be set up"}})});
  // After this, nothing that was read in the clear may be used.
  reader_ = new_reader();
  transport_->begin_tls(std::move(engine));
}

void Examination::on_plain(std::string_view bytes) {
  if (closed_) return;
  octets_ += bytes.size();
  if (octets_ > kMostOctets)
    return tell(session::InputRefused{
        policy::refuse(Reason::kNegotiationTooLong, {{"detail", "more than 128 KiB"}}), {}});
  reader_->push(bytes);
  read();
}

void Examination::read() {
  while (!closed_) {
    auto event = reader_->next();
    if (!event) return;
    std::visit(
        relay::Overloaded{
            [this](xmpp::StreamHeader& header) {
              tell(session::HeaderReceived{std::move(header)});
            },
            [this](xmpp::Element& element) { tell(session::ElementReceived{std::move(element)}); },
            [this](xmpp::StreamEnded&) { tell(session::StreamClosed{}); },
            [this](xmpp::ReadFault& fault) {
              tell(session::InputRefused{policy::refuse(fault.reason, {{"detail", fault.detail}}),
                                         std::string(fault.condition)});
            },
        },
        *event);
  }
}

void Examination::on_secured() {
  conversation_.keep({transport_->tls_facts(), transport_->peer_chain()});
  tell(session::TlsEstablished{transport_->tls_facts().version});
}

void Examination::on_tls_failed(policy::Refusal refusal) {
  tell(session::TlsFailed{std::move(refusal)});
}

void Examination::on_out_of_order(OutOfOrder what) {
  if (what == OutOfOrder::kPlaintextBehindTls) tell(session::PlaintextBehindTls{});
}

void Examination::on_limit(telemetry::Limit, std::optional<policy::Refusal> refusal) {
  if (refusal) tell(session::InputRefused{std::move(*refusal), {}});
}

void Examination::on_lost(std::string detail) {
  tell(session::TransportLost{std::move(detail)});
}

void Examination::on_gone() {
  if (closed_) return answer();
  tell(session::TransportLost{"the connection is gone"});
}

// Our last words are sent first, and the transport bounds how long that takes.
void Examination::finish() {
  closed_ = true;
  timer_->stop();
  call_.reset();
  if (!transport_ || transport_->gone()) return answer();
  transport_->close();
}

void Examination::answer() {
  if (std::exchange(answered_, true)) return;
  scheduler_.defer([this, alive = alive_] {
    if (!*alive) return;
    const auto done = std::move(done_);  // may destroy this
    done(conversation_.take_findings());
  });
}

}  // namespace portcullis::examine
