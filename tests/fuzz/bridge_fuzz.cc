#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/bridge_stage.h"

// A whole bridge, its leg ends, machines, guards, record and account, between two ends in memory
// that do and say what the input wants. Demanded is what every scenario demands at its end, and of
// the octets that come out what judge() does. The first octet chooses where the conversation
// begins, how much comes at once, and whether the account is looked at, which costs most.
namespace {

using namespace portcullis;
using namespace portcullis::fuzz;
using namespace std::chrono_literals;

constexpr std::size_t kMostSteps = 60;
constexpr std::array<std::size_t, 4> kPieces{std::string::npos, 1, 7, 3};

enum class Start : std::uint8_t {
  kInbound,
  kInboundDirect,
  kOutbound,
  kClient,
  kRelayInbound,
  kRelayOutbound,
  kObserved,
  kClientDirect,
};
constexpr std::size_t kStarts = 8;

relay::SnapshotPtr observing() {
  static const relay::SnapshotPtr made =
      world().build("", "[[s2s.rule]]\nmatch = [\"peer.example\"]\nmode = \"observe\"\n");
  return made;
}
relay::SnapshotPtr refusing() {
  static const relay::SnapshotPtr made =
      world().build("", "[federation]\ndeny = [\"peer.example\"]\n");
  return made;
}

StreamKind kind_of(Start start) {
  switch (start) {
    case Start::kInbound:
    case Start::kInboundDirect:
    case Start::kRelayInbound:
    case Start::kObserved:
      return StreamKind::kS2sInbound;
    case Start::kOutbound:
    case Start::kRelayOutbound:
      return StreamKind::kS2sOutbound;
    case Start::kClient:
    case Start::kClientDirect:
      break;
  }
  return StreamKind::kC2s;
}

std::optional<Pair> pair_of(Start start) {
  switch (kind_of(start)) {
    case StreamKind::kS2sInbound:
      return Pair{relay::domain("peer.example"), relay::domain("legacy.example")};
    case StreamKind::kS2sOutbound:
      return Pair{relay::domain("legacy.example"), relay::domain("peer.example")};
    case StreamKind::kC2s:
      break;
  }
  return std::nullopt;
}

class Conversation {
 public:
  Conversation(Start start, std::size_t piece, bool check_account)
      : pair_(pair_of(start)),
        scene_(piece, kind_of(start), start == Start::kObserved ? observing() : world().plain,
               start == Start::kInboundDirect || start == Start::kClientDirect
                   ? TlsEntry::kDirectTls
                   : TlsEntry::kStartTls),
        near_(scene_.near, true) {
    scene_.check_account = check_account;
    if (start == Start::kRelayInbound) relay_inbound();
    if (start == Start::kRelayOutbound) relay_outbound();
  }

  bool perform(Step step) {
    if (scene_.bridge == nullptr) return false;
    if (step.what >= 'a' && step.what <= 'z')
      of_end(near_, step.what, step.with);
    else if (Player* const far = meet_far(); far != nullptr && step.what >= 'A' && step.what <= 'Z')
      of_end(*far, static_cast<char>(step.what - 'A' + 'a'), step.with);
    else
      of_world(step.what, step.with);
    meet_far();
    judge_all();
    return true;
  }

  void end() {
    if (scene_.bridge != nullptr) scene_.bridge->shut_down();
    judge_all();
    // An end may say nothing more, or not be read: then it is reset, as a worker does in the end.
    scene_.time.settle();
    if (scene_.bridge != nullptr) scene_.bridge->abort();
  }

 private:
  void of_end(Player& end, char what, std::string_view with) {
    if (what == 's') end.says(with);
    if (what == 'o') end.open();
    if (what == 'p') end.secures(&world().peer);
    if (what == 'b') end.secures(&world().backend);
    if (what == 'n') end.secures(nullptr);
    if (what == 'x') end.secures(&world().other);
    if (what == 'f') end.fails_tls();
    if (what == 'l') end.leaves();
    if (what == 'q') end.stops_reading();
    if (what == 't') end.takes_all();
  }

  void of_world(char what, std::string_view with) {
    const auto amount = with.empty() ? 1 : static_cast<std::uint8_t>(with.front()) + 1;
    if (what == '0') scene_.time.settle();
    if (what == '1') scene_.time.advance(amount * 100ms);
    if (what == '2') scene_.time.advance(amount * 1min);
    if (what == '3') scene_.bridge->rejudge(refusing());
    if (what == '4') scene_.bridge->rejudge(world().plain);
    if (what == '5') scene_.bridge->shut_down();
    if (what == '6') scene_.bridge->abort();
    if (what == '7') answer(true);
    if (what == '8') answer(false);
  }

  // The look-up that runs: of a service in DNS, or of an endpoint in the configuration.
  void answer(bool found) {
    if (!scene_.network.running()) return;
    const auto& asked = scene_.network.asked;
    if (asked.find(':', asked.rfind('[')) == asked.npos) {
      scene_.network.finds(found ? candidates({"198.51.100.1", "198.51.100.2"})
                                 : net::Candidates());
    } else if (found) {
      scene_.network.resolves(kBackendAddress);
    } else {
      scene_.network.resolves(tl::unexpected(net::EndpointError(Error{"no such name"}, true)));
    }
  }

  // The newest far end; new ones are met as they come.
  Player* meet_far() {
    auto& ends = scene_.network.ends;
    while (far_.size() < ends.size())
      far_.push_back(std::make_unique<Player>(*ends.at(far_.size()), false));
    return far_.empty() ? nullptr : far_.back().get();
  }

  void judge_all() const {
    if (far_.empty()) return;
    for (const auto& far : far_) judge(*far, near_, pair_);
    std::optional<Pair> back = pair_;
    if (back) std::swap(back->from, back->to);
    judge(near_, *far_.back(), back);
  }

  void far_accepts(const test::Issued* shown) {
    Player& far = *meet_far();
    far.open();
    far.says(theirs(wire::kStartTlsFeatures));
    far.says(wire::kProceed);
    far.secures(shown);
    far.says(theirs(wire::kExternalFeatures));
    far.says(wire::kSuccess);
  }
  void near_authenticates(const std::string& header, const test::Issued* shown,
                          std::string_view authzid) {
    near_.says(header);
    near_.says(wire::kStartTls);
    near_.secures(shown);
    near_.says(header);
    near_.says(wire::auth(authzid));
  }
  void relay_inbound() {
    near_authenticates(kFromPeer, &world().peer, wire::kAuthPeer);
    scene_.network.resolves(kBackendAddress);
    far_accepts(&world().backend);
    near_.says(kFromPeer);
    far_.back()->says(theirs(wire::kNoFeatures));
    demand(scene_.bridge != nullptr);
  }
  void relay_outbound() {
    near_authenticates(kFromLegacy, &world().backend, wire::kAuthLegacy);
    scene_.network.finds(candidates({"198.51.100.1"}));
    far_accepts(&world().peer);
    near_.says(kFromLegacy);
    far_.back()->says(theirs(wire::kNoFeatures));
    demand(scene_.bridge != nullptr);
  }

  std::optional<Pair> pair_;
  Scene scene_;
  Player near_;
  std::vector<std::unique_ptr<Player>> far_;
};

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  GTEST_FLAG_SET(break_on_failure, true);  // what a scene demands is demanded here, too
  observing();                             // made now, so that it is not in the time of an input
  refusing();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = as_text(data, size);
  const auto first = preamble(input);
  const auto choice = first.empty() ? 0U : static_cast<std::uint8_t>(first.front());
  Conversation conversation(static_cast<Start>(choice % kStarts),
                            kPieces.at(choice / kStarts % kPieces.size()), choice >= 128);
  for_each_step(input, kMostSteps,
                [&conversation](Step step) { return conversation.perform(step); });
  conversation.end();
  return 0;
}
