#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "proxy/relay/error_stream_books.h"
#include "proxy/relay/error_stream_gate.h"
#include "proxy/relay/far_dialer.h"
#include "proxy/relay/log_ids.h"
#include "proxy/relay/lone_leg.h"

namespace portcullis::relay {

// What streams that tell errors use but do not own.
struct ErrorStreamServices {
  Scheduler& scheduler;
  Network& network;
  Scratch& scratch;
  telemetry::Metrics& metrics;
  telemetry::Log& log;
  telemetry::LimitHits& hits;
  BackendHealth& backends;
  LogIds& ids;
};

// One stream that we open only to tell errors. It is the ordinary initiating leg, found and dialed
// as the far leg of a bridge is, but there is no near leg and no bridge: nothing that comes on it
// can go anywhere. It says its stanzas once it is authenticated by SASL EXTERNAL, waits until the
// other kernel has acknowledged them, closes its stream, and is over. It is never tried again.
class ErrorStream final : private LoneLeg, private FarDialer::Owner {
 public:
  // So much one stream says at most, and so long it lives at most.
  static constexpr std::size_t kMostOctets = std::size_t{256} * 1024;
  static constexpr std::chrono::seconds kLongest{30};
  // The other end may take so long to answer our </stream:stream>.
  static constexpr std::chrono::seconds kFarewell{2};

  // ErrorStreamGate::refuses() must have let it pass. `leaf` as there. `on_over` is called once,
  // when all its connections are closed, and may destroy this. All references must outlive this.
  ErrorStream(const ErrorStreamServices& services, SnapshotPtr snapshot, ErrorPair pair,
              ErrorStreamGate::Leaf leaf, std::function<void(const ErrorStream&)> on_over);

  const ErrorPair& pair() const { return gate_.pair(); }
  std::chrono::milliseconds started() const { return started_; }
  // Whether it still says what is added, as far as octets allow.
  bool takes_more() const { return !ending_ && !done_; }
  // Takes it and answers true, or answers false if it is too much. Only if takes_more().
  bool add(const std::string& stanza);
  // Resets all connections. on_over() follows.
  void abort(std::string why);

  // Once it is over: why not all was told; empty if it was. How many stanzas it had to tell.
  const std::string& why() const { return why_; }
  std::size_t stanzas() const { return stanzas_; }

 private:
  void to_far(LegEnd& end, session::FarEvent event) override;
  void on_relaying(LegEnd& end) override;
  void on_end_gone(LegEnd& end) override;
  std::unique_ptr<LegEnd> make_far(const Dial::Attempt& attempt,
                                   const MakeTransport& make) override;
  void on_unreachable(DialFailure failure) override;

  session::OpenFarLeg wanted() const;
  bool all_acknowledged() const;
  void look();
  void end(LegEnd& leg);
  void on_time_over();
  void finish(std::string why);
  void sweep();

  const ErrorStreamServices services_;
  const StreamPlan& plan_;
  const std::chrono::milliseconds started_;
  FarRecord record_;
  ErrorStreamBooks books_;
  ErrorStreamGate gate_;
  FarDialer dialer_;
  std::function<void(const ErrorStream&)> on_over_;
  std::unique_ptr<Scheduler::Timer> time_;  // for all of it, then for the farewell
  std::unique_ptr<Scheduler::Timer> look_;  // whether all is acknowledged
  std::string unsaid_;                      // until it relays
  std::size_t octets_ = 0;
  std::size_t stanzas_ = 0;
  std::string why_;
  bool acknowledged_ = false;
  bool ending_ = false;  // we have said </stream:stream>
  bool done_ = false;    // nothing more can be said, and why_ is known
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace portcullis::relay
