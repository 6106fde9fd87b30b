#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "proxy/base/scheduler.h"
#include "proxy/relay/leg_end.h"
#include "proxy/relay/stanza_pace.h"
#include "proxy/relay/stopped_stream.h"

namespace portcullis::relay {

// Whether the ends of a stream are read from. One is not while the other end does not keep up, and
// none is while memory is short and the stream holds most of it. The pace of the peer is not
// measured meanwhile.
class Reading {
 public:
  // All references must outlive this.
  Reading(const Scheduler& clock, HeldBytes& all, StanzaPace& pace)
      : clock_(clock), all_(all), pace_(pace) {}

  // The other end does not keep up with this one, or it does again.
  void hold_back(LegEnd& end) { stop(end, kOtherEnd); }
  void let_go_on(LegEnd& end) { go_on(end, kOtherEnd); }

  // Memory is short for this stream, or it is there again.
  void stop(LegEnd& near, LegEnd& far);
  void go_on(LegEnd& near, LegEnd* far);
  bool is_stopped() const { return stopped_.has_value(); }
  // For how long it is stopped now.
  std::chrono::milliseconds stopped_for() const;

 private:
  enum Why : std::uint8_t { kOtherEnd = 1, kMemory = 2 };
  void stop(LegEnd& end, Why why);
  void go_on(LegEnd& end, Why why);
  std::uint8_t& why(const LegEnd& end) { return why_.at(static_cast<std::size_t>(end.place())); }

  const Scheduler& clock_;
  HeldBytes& all_;
  StanzaPace& pace_;
  std::array<std::uint8_t, 2> why_{};  // by Place; an or of Why
  std::optional<StoppedStream> stopped_;
  std::chrono::milliseconds since_{0};
};

}  // namespace portcullis::relay
