#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "policy/model/config.h"
#include "proxy/examine/examination.h"
#include "tests/fuzz/steps.h"
#include "tests/support/memory_scheduler.h"
#include "tests/support/memory_transport.h"

// Whatever a server says to an examination, it ends in time, answers once, keeps little, and all
// that it keeps can be printed.
namespace {

using namespace portcullis;
using namespace std::chrono_literals;

constexpr std::size_t kMostSteps = 200;

void expect(bool holds) {
  if (!holds) std::abort();
}

class OneConnection final : public relay::Network {
 public:
  std::unique_ptr<Call> call(const relay::DialTarget& /*to*/,
                             std::function<void(Called)> done) override {
    return connection.call(std::move(done));
  }
  Lookup find_server(const DomainName& /*remote*/, std::chrono::milliseconds /*at_most*/,
                     std::function<void(net::Candidates)> /*done*/) override {
    return nullptr;
  }
  Lookup resolve_endpoint(const Endpoint& /*endpoint*/,
                          std::function<void(net::EndpointAddresses)> /*done*/) override {
    return nullptr;
  }

  test::MemoryConnection connection;
};

void expect_printable(std::string_view text, std::size_t limit) {
  expect(text.size() <= limit);
  expect(std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }));
}

void expect_offer(const std::optional<examine::Offer>& offer) {
  if (!offer) return;
  for (const auto* const words : {&offer->mechanisms, &offer->bindings}) {
    expect(words->size() <= examine::Offer::kMostWords);
    for (const auto& word : *words) expect_printable(word, 64);
  }
}

void expect_findings(const examine::Findings& found) {
  using examine::Stage;
  expect_offer(found.clear);
  expect_offer(found.secured);
  expect_printable(found.login_words, 1024);
  expect(found.failure.has_value() == (found.stage != Stage::kDone));
  if (found.failure) expect_printable(found.failure->refusal.text, 512);
  expect(!found.secured || found.tls);
  expect(found.login == examine::Login::kNotTried || found.secured);
}

examine::Question question_from(char octet) {
  examine::Question question{(octet & 1) != 0 ? StreamKind::kC2s : StreamKind::kS2sOutbound,
                             (octet & 2) != 0 ? TlsEntry::kDirectTls : TlsEntry::kStartTls,
                             *DomainName::parse("peer.example"),
                             DomainName::parse("legacy.example").value()};
  question.depth = (octet & 4) != 0 ? examine::Depth::kOffer : examine::Depth::kLogin;
  return question;
}

void perform(const fuzz::Step& step, test::MemoryConnection& peer, test::MemoryScheduler& clock) {
  switch (step.what) {
    case 'o':
      return peer.open();
    case 's':
      return peer.say(step.with);
    case 'T':
      if (peer.securing()) peer.secure();
      return;
    case 'F':
      if (peer.securing()) peer.fail_tls(policy::refuse(policy::Reason::kTlsFailed));
      return;
    case 'w':
      return clock.advance(1s);
    case 'l':
      return peer.leave();
    default:
      return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = fuzz::as_text(data, size);
  static const auto rules =
      *relay::DialRules::of(policy::Config(), [](const auto&) { return net::Whose::kOthers; });
  static const auto target =
      *relay::DialTarget::peer(*net::SocketAddress::from(Endpoint{"8.8.8.8", 5269}), rules, {});
  test::MemoryScheduler clock;
  OneConnection network;
  std::optional<examine::Findings> found;
  const auto before = fuzz::preamble(input);
  examine::Examination examination(
      clock, network, target, question_from(before.empty() ? '\0' : before.front()),
      [] { return std::make_unique<tls::Engine>(nullptr); },
      [&found](examine::Findings all) {
        expect(!found);
        found = std::move(all);
      });
  bool is_open = false;
  fuzz::for_each_step(input, kMostSteps, [&](const fuzz::Step& step) {
    const bool opens = step.what == 'o';
    if (opens == is_open) return true;  // it opens first, and once
    is_open = true;
    perform(step, network.connection, clock);
    clock.settle();
    return !found;
  });
  if (!is_open) network.connection.refuse({.detail = "nobody is there"});
  clock.advance(1min);
  if (!found) network.connection.leave();
  clock.settle();
  expect(found.has_value());
  expect_findings(*found);
  return 0;
}
