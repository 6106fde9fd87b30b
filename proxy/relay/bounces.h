#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "proxy/relay/leg_pair.h"
#include "proxy/relay/passed_on.h"
#include "proxy/relay/stream_gate.h"
#include "proxy/relay/stream_plan.h"
#include "proxy/relay/undelivered_notices.h"

namespace portcullis::relay {

// Tells the senders of stanzas that have not arrived (RFC 6120 section 8.3), and counts them. On
// c2s they are told on their own stream. A stream between servers has one direction only, so they
// are told by UndeliveredNotices; but nobody is told who was not authenticated: he may be somebody
// else than he says. An own backend is always known.
class Bounces final : public LegReturns {
 public:
  // All references must outlive this.
  Bounces(const StreamPlan& plan, const StreamGate& gate, PassedOn& passed_on, LegPair& ends,
          UndeliveredNotices& notices)
      : plan_(plan), gate_(gate), passed_on_(passed_on), ends_(ends), notices_(notices) {}

  // It was told <success/>, so it is known who it is. To the other end nothing is passed on any
  // more.
  void on_heard(const LegEnd& end, const policy::Refusal& told) override;
  void on_managed() override { managed_ = true; }
  bool managed() const override { return managed_; }
  void on_undelivered(const LegEnd& end) override;
  void on_takes_no_more(const LegEnd& end) override { open(end) = false; }
  // Whether what the other end says may be passed on to this one. No end takes nothing.
  bool takes_more(const LegEnd* end) const;
  // The connection is gone. Only now it is known how much has arrived.
  void gone(const LegEnd& end);
  // The guard of `sender` let it pass, but there is nobody to whom it could be passed on.
  void dropped(LegEnd& sender, const AcceptedBytes& accepted);

 private:
  bool toward_backend(const LegEnd& end) const { return plan_.side(end.place()) == Side::kBackend; }
  bool& open(const LegEnd& end) { return open_.at(static_cast<std::size_t>(end.place())); }
  void answer(LegEnd* sender, bool toward_backend, const std::vector<std::string>& tags);
  // Whether the errors were sent.
  bool tell(LegEnd* sender, bool toward_backend, std::vector<std::string> errors);

  const StreamPlan& plan_;
  const StreamGate& gate_;
  PassedOn& passed_on_;
  LegPair& ends_;
  UndeliveredNotices& notices_;
  std::optional<std::string> told_;
  bool managed_ = false;
  std::array<bool, 2> open_{true, true};  // by Place
};

}  // namespace portcullis::relay
