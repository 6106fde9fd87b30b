#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/unit/session/edges.h"
#include "tests/unit/session/samples.h"

// Every state meets every event, whether it accepts it or not, with the wire open and shut.
namespace portcullis::session {
namespace {

template <class Alternative>
std::size_t count(const Actions& actions) {
  return static_cast<std::size_t>(std::count_if(
      actions.begin(), actions.end(),
      [](const Action& action) { return std::holds_alternative<Alternative>(action); }));
}

template <class State, class Context>
bool accepts(const State& state, const Event& event) {
  static const auto kEdges = edges::of_machine<State, Event, Context>();
  return std::any_of(kEdges.begin(), kEdges.end(), [&](const edges::Edge& edge) {
    return edge.state == name_of(state) && edge.event == name_of(event);
  });
}

template <class State>
bool is_closed(const State& state) {
  return std::holds_alternative<Closed>(state);
}

// It is over, and only what its end still says is heard.
template <class State>
bool is_heard(const State& state) {
  return name_of(state) == receiving::AwaitingRefusedHeader::name ||
         name_of(state) == receiving::HearingRefused::name;
}

// It has said nothing, or nothing but questions.
template <class State>
bool may_leave(const State& state) {
  return name_of(state) == receiving::AwaitingStanza::name ||
         name_of(state) == receiving::AwaitingDialback::name ||
         name_of(state) == receiving::AwaitingAuth::name;
}

void speak_dialback(receiving::Context& context) {
  context.dialback = std::make_shared<const AnsweredDialback>(
      AnsweredDialback{samples::dialback_terms(), samples::domain("legacy.example"),
                       samples::domain("peer.example")});
}
void speak_dialback(initiating::Context&) {}

template <class Context, class State>
void meet(Context& context, State state, const Event& event) {
  speak_dialback(context);
  const bool leaves = may_leave(state);
  const auto before = std::string(name_of(state));
  const bool was_closed = is_closed(state);
  const bool was_heard = is_heard(state);
  const bool was_relaying =
      std::holds_alternative<Relaying>(state) || std::holds_alternative<AwaitingFarEnd>(state) ||
      std::holds_alternative<AwaitingEnd>(state) || std::holds_alternative<AwaitingBothEnds>(state);
  const bool accepted = accepts<State, Context>(state, event);
  SCOPED_TRACE(before + " meets " + std::string(name_of(event)));
  if (was_relaying) context.start_relay({});
  (void)context.out.take_actions();
  step(state, event, context);
  const auto actions = context.out.take_actions();
  if (was_closed) {
    EXPECT_TRUE(actions.empty());
    EXPECT_TRUE(is_closed(state));
    return;
  }
  EXPECT_EQ(count<Close>(actions), is_closed(state) ? 1U : 0U);
  const bool decided = is_closed(state) || (is_heard(state) && !was_heard);
  const auto refusals = count<Refused>(actions);
  EXPECT_EQ(refusals, decided && !was_relaying && !(leaves && refusals == 0) ? 1U : 0U);
  if (count<Close>(actions) == 1) {
    EXPECT_TRUE(std::holds_alternative<Close>(actions.back()));
  }
  if (accepted) return;
  EXPECT_TRUE(is_closed(state));
  ASSERT_FALSE(actions.empty());
  EXPECT_EQ(std::get<Close>(actions.back()).why, "internal_error");
}

template <class Context, class Profile, class States>
void meet_all(const Profile& profile, const States& states) {
  for (const auto& event : samples::events()) {
    for (const auto& state : states) {
      Context shut(profile);
      meet(shut, state, event);
      Context open(profile);
      open.out.transport_ready();
      meet(open, state, event);
      Context talking(profile);
      talking.out.transport_ready();
      talking.out.send_header();
      meet(talking, state, event);
    }
  }
}

TEST(EveryEvent, HasAnAnswerInEveryStateOfTheReceivingLeg) {
  for (const auto kind : kStreamKinds)
    for (const auto entry : {TlsEntry::kStartTls, TlsEntry::kDirectTls})
      for (const bool observe : {false, true})
        meet_all<receiving::Context>(samples::receiving_profile(kind, entry, observe),
                                     samples::receiving_states());
  meet_all<receiving::Context>(samples::asked_profile(TlsEntry::kStartTls),
                               samples::receiving_states());
}

TEST(EveryEvent, HasAnAnswerInEveryStateOfTheInitiatingLeg) {
  for (const auto kind : kStreamKinds)
    for (const auto entry : {TlsEntry::kStartTls, TlsEntry::kDirectTls})
      for (const auto approach :
           {Approach::kAuthenticate, Approach::kAnonymousClear, Approach::kAnonymousTls,
            Approach::kObserve, Approach::kDialback, Approach::kExternalOrDialback})
        meet_all<initiating::Context>(samples::initiating_profile(kind, entry, approach),
                                      samples::initiating_states());
}

TEST(EveryEvent, IsWrittenOnlyWhereTheWireIsOpen) {
  for (const auto& event : samples::events()) {
    receiving::Context context(
        samples::receiving_profile(StreamKind::kS2sInbound, TlsEntry::kStartTls));
    context.out.transport_ready();
    context.out.send_header();
    context.out.begin_tls({});
    (void)context.out.take_actions();
    receiving::State state = receiving::SecuringTls{receiving::Addresses{}};
    step(state, event, context);
    EXPECT_EQ(count<Send>(context.out.take_actions()), 0U) << name_of(event);
  }
}

TEST(EveryEvent, EndsAServersLegThatSpeaksForNobody) {
  auto profile = samples::initiating_profile(StreamKind::kS2sInbound, TlsEntry::kStartTls);
  profile.from.reset();
  initiating::Context context(profile);
  initiating::State state;
  step(state, Event(TransportReady{}), context);
  EXPECT_TRUE(is_closed(state));
  EXPECT_EQ(std::get<Close>(context.out.take_actions().back()).why, "internal_error");
}

TEST(Samples, HoldEachStateOnce) {
  EXPECT_EQ(samples::receiving_states().size(), std::variant_size_v<receiving::State>);
  EXPECT_EQ(samples::initiating_states().size(), std::variant_size_v<initiating::State>);
  std::vector<bool> seen(std::variant_size_v<Event>, false);
  for (const auto& event : samples::events()) seen[event.index()] = true;
  EXPECT_EQ(std::count(seen.begin(), seen.end(), false), 0);
}

}  // namespace
}  // namespace portcullis::session
