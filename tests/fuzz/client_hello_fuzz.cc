#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tests/fuzz/engine_stage.h"
#include "tests/fuzz/steps.h"

// A ClientHello into a receiving engine: what chooses the host, the protocol, the version and the
// group, before anything is known of who sends it. The input is the body of the message (RFC 8446
// section 4.1.2); its first octet chooses the listener, the second how it is cut into records. So
// lengths of records and message are always right, and what is behind them is reached.
namespace {

using namespace portcullis;
using namespace portcullis::fuzz;

constexpr std::size_t kMostBody = 16'000;  // of one record

struct Listener {
  StreamKind kind;
  TlsEntry entry;
};
constexpr std::array<Listener, 5> kListeners{{{StreamKind::kS2sInbound, TlsEntry::kStartTls},
                                              {StreamKind::kS2sInbound, TlsEntry::kDirectTls},
                                              {StreamKind::kC2s, TlsEntry::kStartTls},
                                              {StreamKind::kC2s, TlsEntry::kDirectTls},
                                              // What the backend begins.
                                              {StreamKind::kS2sOutbound, TlsEntry::kDirectTls}}};

const tls::Contexts& contexts() {
  static const auto made = [] {
    tls::ContextsSpec spec;
    spec.hosts.push_back(tls::host("legacy.example", {tls::domain("conference.legacy.example")}));
    spec.hosts.push_back(tls::host("other.example"));
    return tls::contexts(std::move(spec));
  }();
  return *made;
}

std::string number(std::size_t value, int octets) {
  std::string text;
  for (int at = octets - 1; at >= 0; --at)
    text += static_cast<char>(static_cast<std::uint8_t>(value >> (8 * at)));
  return text;
}

std::string in_records(std::string_view message, std::size_t piece) {
  std::string records;
  while (!message.empty()) {
    const auto part = message.substr(0, piece);
    records += "\x16\x03\x01" + number(part.size(), 2) + std::string(part);
    message.remove_prefix(part.size());
  }
  return records;
}

std::unique_ptr<tls::Engine> engine_of(const Listener& listener) {
  if (listener.kind == StreamKind::kS2sOutbound)
    return contexts().accept_backend_direct(
        [](std::string_view name) -> std::shared_ptr<const certs::MintedLeaf> {
          demand(name.size() <= kMostBody);
          DomainName::parse(name);
          return nullptr;
        });
  return contexts().accept_wan(listener.kind, listener.entry,
                               listener.entry == TlsEntry::kStartTls
                                   ? std::optional(tls::domain("legacy.example"))
                                   : std::nullopt);
}

// What a peer can make us say to its ClientHello: our certificates and little more.
constexpr std::size_t kMostAnswer = 8 * std::size_t{1024};

struct Outcome {
  tls::Engine::State state;
  std::string reason;
  bool operator==(const Outcome&) const = default;
};

Outcome outcome_of(const Listener& listener, std::string_view records, std::size_t piece) {
  ExaminedEngine engine(engine_of(listener));
  for (; !records.empty(); records.remove_prefix(std::min(piece, records.size())))
    engine.receive(records.substr(0, piece));
  demand(engine.take_wire().size() <= kMostAnswer);
  demand(engine.state() == tls::Engine::State::kHandshaking ||
         engine.state() == tls::Engine::State::kFailed);
  Outcome outcome{engine.state(), {}};
  if (engine.state() == tls::Engine::State::kFailed)
    outcome.reason = policy::id(engine.engine().failure().reason);
  return outcome;
}

}  // namespace

// What takes long is made now, so that it is not in the time of an input.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  contexts();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const auto body = as_text(data + 2, std::min(size - 2, kMostBody));
  const auto& listener = kListeners.at(data[0] % kListeners.size());
  const std::string message = "\x01" + number(body.size(), 3) + std::string(body);
  const std::size_t record = data[1] == 0 ? message.size() : data[1];
  const auto whole = outcome_of(listener, in_records(message, message.size()), std::string::npos);
  // How it is cut changes nothing. OpenSSL refuses some messages that come in many records.
  const auto records = in_records(message, record);
  const auto at_once = outcome_of(listener, records, std::string::npos);
  demand(outcome_of(listener, records, 11) == at_once);
  if (record >= message.size()) demand(at_once == whole);
  return 0;
}
