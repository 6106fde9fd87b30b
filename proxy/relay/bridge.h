#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/relay/admission.h"
#include "proxy/relay/backend_proof.h"
#include "proxy/relay/bounces.h"
#include "proxy/relay/far_dialer.h"
#include "proxy/relay/leg_end.h"
#include "proxy/relay/leg_pair.h"
#include "proxy/relay/operators_hand.h"
#include "proxy/relay/services.h"
#include "proxy/relay/stream_budget.h"
#include "proxy/relay/stream_gate.h"
#include "proxy/relay/stream_record.h"
#include "proxy/relay/stream_watch.h"

namespace portcullis::relay {

// What an accepted connection is.
struct Accepted {
  std::uint64_t number = 0;  // for on_gone
  std::string id;            // of the stream in the log; unique across restarts
  StreamKind kind = StreamKind::kS2sInbound;
  TlsEntry entry = TlsEntry::kStartTls;
  Admission admission;
};

// Two legs that carry one stream pair. The near leg was accepted: we are its receiving entity. The
// far leg is dialed when the near one asks for it. The bridge tells each leg what happens on the
// other, stops reading from an end if the other end reads too slowly, and makes sure that both legs
// end.
class Bridge final : private LegPartner, private FarDialer::Owner {
 public:
  // `on_gone` is called once, from a deferred task, when both connections are closed. It may
  // destroy the bridge.
  Bridge(Services services, SnapshotPtr snapshot, Accepted accepted, const MakeTransport& make_near,
         std::function<void(std::uint64_t number)> on_gone);
  ~Bridge() override;

  // Ends both legs. The near end, and who is not established, reads the stream error
  // system-shutdown. Once the near end has ended, too, the far end reads </stream:stream>; but with
  // stream management (XEP-0198) a backend sees a lost connection, and at once.
  void shut_down();
  // Judges an established stream by a newer generation of the configuration. If the stream is
  // refused now, it ends with a stream error. Everything else, limits and certificates for example,
  // stays as in the generation with which the stream began.
  // With kWaits it may also return true: it has to end only because the way to the backend is
  // another one now. That is so of many streams at once, and it goes on until it is judged with
  // kEnds.
  enum class Changed : std::uint8_t { kEnds, kWaits };
  bool rejudge(SnapshotPtr newer, Changed changed = Changed::kEnds);
  // Looks at the memory that all streams hold, if this one is established. If it is one of those
  // that hold most, it is stopped when memory is short, and ended with a stream error when there is
  // none left. To be called from time to time while HeldBytes::is_short().
  void mind_memory();
  // There was no memory for this stream, and it was left in the middle of something. Writes its
  // account. After that it can only be destroyed, which closes its connections.
  void give_up() noexcept;
  OperatorsHand& operators() { return operators_; }
  const OperatorsHand& operators() const { return operators_; }
  // Resets both connections without a word. Used when the time for last words is over.
  void abort();

 private:
  void prove(LegEnd& end, session::ProveBackend action) override;
  void open_far(LegEnd& end, session::OpenFarLeg action) override;
  void drop_far(LegEnd& end) override {
    if (end.place() == Place::kNear) dialer_.drop();
  }
  void to_far(LegEnd& end, session::FarEvent event) override;
  void on_relaying(LegEnd& end) override;
  void on_accepted(LegEnd& end, const AcceptedBytes& accepted) override;
  void on_written(LegEnd& end) override;
  void on_closing(LegEnd& end, const std::string& why) override;
  void on_end_gone(LegEnd& end) override;
  std::unique_ptr<LegEnd> make_far(const Dial::Attempt& attempt,
                                   const MakeTransport& make) override;
  void on_unreachable(DialFailure failure) override;

  void from_far(session::FarEvent event);
  // Ends the established stream unless all that its standing rests on still holds. `occasion` is
  // put behind the reason in the log. True: `changed` says that it waits, and it does.
  bool review(std::string_view occasion, std::string_view condition,
              Changed changed = Changed::kEnds);
  void on_over(StreamWatch::Over over);
  void check_gone();

  Services services_;
  const StreamPlan& plan_;
  const std::uint64_t number_;
  StreamRecord record_;
  FarRecord far_record_;
  StreamBudget budget_;
  StreamGate gate_;
  FarDialer dialer_;
  std::function<void(std::uint64_t)> on_gone_;
  LegPair ends_;
  Bounces bounces_;
  StreamWatch watch_;
  OperatorsHand operators_;
  std::unique_ptr<BackendProof> proof_;  // null unless the near end began dialback
  SnapshotPtr newest_;  // the newest generation; null if none came since the stream began
  bool check_pending_ = false;
  // Deferred tasks look at this to know whether the bridge still exists.
  std::shared_ptr<const bool> alive_ = std::make_shared<const bool>(true);
};

}  // namespace portcullis::relay
