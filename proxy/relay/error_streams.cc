#include "proxy/relay/error_streams.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "proxy/base/log_words.h"
#include "proxy/relay/leg_profiles.h"

namespace portcullis::relay {
namespace {

using telemetry::Direction;

// As telemetry::LimitHits: so many failures, one line.
constexpr std::chrono::seconds kBetweenLines{10};

StreamKind kind_of(const ErrorPair& pair) {
  return pair.to == Side::kBackend ? StreamKind::kS2sInbound : StreamKind::kS2sOutbound;
}

}  // namespace

ErrorStreams::ErrorStreams(ErrorStreamServices services, Owner owner)
    : services_(services), owner_(std::move(owner)) {}

void ErrorStreams::tell(const DomainName& from, const DomainName& to, Side to_side,
                        std::vector<std::string> stanzas) {
  if (stanzas.empty()) return;
  const bool backend = to_side == Side::kBackend;
  const ErrorPair pair{backend ? to : from, backend ? from : to, to_side};
  auto* stream = find(pair);
  if (stream == nullptr) stream = open(pair, stanzas.size());
  if (stream == nullptr) return;
  bool all = true;
  for (const auto& stanza : stanzas) all &= stream->add(stanza);
  if (!all) drop(pair);
}

void ErrorStreams::abort() {
  for (const auto& stream : streams_) stream->abort("the gate is shutting down");
}

ErrorStream* ErrorStreams::find(const ErrorPair& pair) const {
  for (const auto& stream : streams_)
    if (stream->takes_more() && stream->pair() == pair) return stream.get();
  return nullptr;
}

ErrorStream* ErrorStreams::open(const ErrorPair& pair, std::size_t stanzas) {
  const auto refused = [&](const policy::Refusal& refusal) {
    count(pair, stanzas, in_words(refusal, pair));
    return nullptr;
  };
  const auto snapshot = owner_.newest();
  if (const auto refusal =
          ErrorStreamGate::refuses(*snapshot, pair, services_.scheduler.wall_clock()))
    return refused(*refusal);
  if (!has_room(pair)) {
    drop(pair);
    return nullptr;
  }
  ErrorStreamGate::Leaf shown;
  if (pair.to == Side::kBackend &&
      approach_to_backend(snapshot->config(), pair.local) == session::Approach::kAuthenticate) {
    auto made = leaf(*snapshot, pair);
    if (!made) return refused(made.error());
    shown = std::move(*made);
  }
  streams_.push_back(
      std::make_unique<ErrorStream>(services_, snapshot, pair, std::move(shown),
                                    [this](const ErrorStream& stream) { on_over(stream); }));
  return streams_.back().get();
}

bool ErrorStreams::has_room(const ErrorPair& pair) {
  const auto now = services_.scheduler.now();
  std::size_t of_pair = 0;
  std::size_t of_side = 0;
  ErrorStream* oldest = nullptr;
  for (const auto& stream : streams_) {
    if (stream->pair().to != pair.to) continue;
    ++of_side;
    if (stream->pair() == pair) ++of_pair;
    if (oldest == nullptr || stream->started() < oldest->started()) oldest = stream.get();
  }
  auto& starts = starts_[static_cast<std::size_t>(pair.to)];
  if (of_pair >= kMostOfPair || pauses(pair) || !starts.has(kStarts, 1, now)) return false;
  // One that is aborted keeps its entry until its connections are closed, which is the next turn.
  if (of_side >= kMost && (of_side >= 2 * kMost || now - oldest->started() < kItsTime))
    return false;
  if (of_side >= kMost) oldest->abort("others wait for its place");
  starts.take(kStarts, 1, now);
  return true;
}

bool ErrorStreams::pauses(const ErrorPair& pair) {
  const auto now = services_.scheduler.now();
  std::erase_if(pauses_, [now](const Pause& one) { return one.until <= now; });
  return std::any_of(pauses_.begin(), pauses_.end(),
                     [&](const Pause& one) { return one.pair == pair; });
}

tl::expected<ErrorStreamGate::Leaf, policy::Refusal> ErrorStreams::leaf(const Snapshot& snapshot,
                                                                        const ErrorPair& pair) {
  using certs::LeafPurpose;
  const auto now = services_.scheduler.wall_clock();
  auto* const ca = snapshot.local_ca();
  if (ca == nullptr)
    return tl::unexpected(
        policy::refuse(policy::Reason::kInternalError, {{"detail", "no local CA is configured"}}));
  for (const auto purpose : {LeafPurpose::kOutbound, LeafPurpose::kInbound, LeafPurpose::kRefused})
    if (auto kept = ca->kept(pair.remote, now, purpose, pair.local)) return kept;
  if (!mints_.has(kMints, 1, services_.scheduler.now()))
    return tl::unexpected(policy::refuse(policy::Reason::kDialLimit));
  mints_.take(kMints, 1, services_.scheduler.now());
  auto made = ca->mint(pair.remote, now, {LeafPurpose::kRefused, "error streams", pair.local});
  if (!made)
    return tl::unexpected(policy::Refusal{policy::Reason::kLocalCaUnavailable,
                                          policy::printable(made.error().message, 512)});
  return std::move(*made);
}

void ErrorStreams::on_over(const ErrorStream& stream) {
  const auto found = std::find_if(streams_.begin(), streams_.end(),
                                  [&stream](const auto& one) { return one.get() == &stream; });
  const auto gone = std::move(*found);
  streams_.erase(found);
  count(gone->pair(), gone->stanzas(), gone->why());
  if (streams_.empty()) owner_.on_idle();
}

void ErrorStreams::drop(const ErrorPair& pair) {
  services_.hits.hit(telemetry::Limit::kErrorStreams, {{}, pair.remote.a_label(), kind_of(pair)},
                     services_.scheduler.now());
}

void ErrorStreams::count(const ErrorPair& pair, std::size_t stanzas, const std::string& why) {
  services_.metrics.streams.error_stream(
      pair.to == Side::kBackend ? Direction::kToBackend : Direction::kFromBackend,
      telemetry::outcome_of(why.empty()));
  if (why.empty()) return;
  const auto now = services_.scheduler.now();
  if (pauses_.size() >= kMostPauses) pauses_.pop_front();
  pauses_.push_back({pair, now + kPause});
  ++unwritten_;
  if (written_ && now - *written_ < kBetweenLines) return;
  const bool backend = pair.to == Side::kBackend;
  services_.log.write(telemetry::Severity::kWarning, log_event::kUntold,
                      {{log_field::kKind, name(kind_of(pair))},
                       {log_field::kFrom, (backend ? pair.remote : pair.local).a_label()},
                       {log_field::kTo, (backend ? pair.local : pair.remote).a_label()},
                       {log_field::kUndelivered, static_cast<std::int64_t>(stanzas)},
                       {log_field::kRepeated, std::exchange(unwritten_, 0)},
                       {log_field::kDetail, why}});
  written_ = now;
}

}  // namespace portcullis::relay
