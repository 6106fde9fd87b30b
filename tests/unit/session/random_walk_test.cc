#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "proxy/session/initiating_leg.h"
#include "proxy/session/receiving_leg.h"
#include "proxy/xmpp/dialback_answer.h"
#include "tests/unit/session/samples.h"

// Legs that are told anything in any order; the promises of docs/state-machines.md must hold on
// every path.
namespace portcullis::session {
namespace {

constexpr int kWalks = 6'000;
constexpr int kSteps = 8;

class Watch {
 public:
  explicit Watch(bool observe) : observe_(observe) {}
  void answers_refused(bool wanted) { answers_refused_ = wanted; }
  void by_dialback(bool wanted) { dialback_ = wanted; }

  void before(const Event& event) {
    if (std::holds_alternative<FarAuthenticated>(event)) far_authenticated_ = true;
    if (std::holds_alternative<PeerAccepted>(event)) accepted_ = true;
    const auto* const received = std::get_if<ElementReceived>(&event);
    if (received != nullptr && asked_) {
      const auto answer = xmpp::read_dialback_answer(received->element);
      valid_ = valid_ || (answer && answer->type == xmpp::DialbackAnswer::Type::kValid);
    }
    if (std::holds_alternative<TlsEstablished>(event)) securing_ = false;
  }

  void after(const Actions& actions, bool server) {
    for (const auto& action : actions) {
      ASSERT_FALSE(closed_);
      if (const auto* send = std::get_if<Send>(&action)) check(*send, server);
      if (std::holds_alternative<BeginTls>(action)) securing_ = true;
      const bool judges =
          std::holds_alternative<JudgePeer>(action) || std::holds_alternative<ProveBackend>(action);
      judged_ += judges ? 1 : 0;
      refused_ += std::holds_alternative<Refused>(action) ? 1 : 0;
      ASSERT_TRUE(judged_ <= 1 && refused_ <= 1);
      ASSERT_FALSE(relaying_ && std::holds_alternative<Refused>(action));
      if (std::holds_alternative<Close>(action)) closed_ = true;
      if (std::holds_alternative<StartRelay>(action)) {
        ASSERT_FALSE(relaying_);
        // Observe mode lets through what nobody has authenticated, and says so.
        const bool proved = dialback_ ? valid_ : accepted_ && judged_ == 1;
        ASSERT_TRUE(!server || observe_ || proved);
        relaying_ = true;
      }
    }
  }

 private:
  void check(const Send& send, bool server) {
    ASSERT_FALSE(securing_) << send.bytes;
    if (!server) return;
    const auto has = [&](std::string_view what) {
      return send.bytes.find(what) != std::string::npos;
    };
    asked_ = asked_ || has("<db:result");
    const bool heard = answers_refused_ && accepted_ && refused_ == 1;
    ASSERT_TRUE(far_authenticated_ || heard || !has("<success")) << send.bytes;
    ASSERT_TRUE(accepted_ || !(has("<mechanism>") || has("<auth "))) << send.bytes;
    // What a peer wrote is never sent on before the relay: the elements of the samples carry this.
    ASSERT_FALSE(has("tainted")) << send.bytes;
  }

  const bool observe_;
  int judged_ = 0;
  int refused_ = 0;
  bool far_authenticated_ = false;
  bool accepted_ = false;
  bool securing_ = false;
  bool relaying_ = false;
  bool answers_refused_ = false;
  bool dialback_ = false;
  bool asked_ = false;  // our key was sent
  bool valid_ = false;  // and then found valid
  bool closed_ = false;
};

std::vector<Event> tainted_events() {
  auto events = samples::events();
  for (auto& event : events)
    if (auto* received = std::get_if<ElementReceived>(&event))
      received->element.attributes.push_back({"", "note", "tainted"});
  return events;
}

using Reached = std::set<std::string, std::less<>>;

// Each walk begins with a known path to some state, so that none is out of reach for chance.
template <class Leg, class Profile>
void walk(const Profile& profile, Reached& reached, bool observe = false, unsigned seed = 3) {
  std::mt19937 random(seed);  // the same walks every time
  const auto events = tainted_events();
  const bool server = profile.kind != StreamKind::kC2s;
  std::map<std::string, std::vector<Event>> paths{{std::string(Leg(profile).state_name()), {}}};
  for (int i = 0; i < kWalks; ++i) {
    Leg leg(profile);
    Watch watch(observe);
    if constexpr (requires { profile.approach; })
      watch.by_dialback(profile.approach == Approach::kDialback);
    if constexpr (requires { profile.answers_refused; })
      watch.answers_refused(static_cast<bool>(profile.answers_refused));
    auto path = std::next(paths.begin(), static_cast<int>(random() % paths.size()))->second;
    const auto tell = [&](const Event& event) {
      watch.before(event);
      watch.after(leg.handle(event), server);
    };
    for (const auto& event : path) tell(event);
    for (int step = 0; step < kSteps; ++step) {
      path.push_back(events[random() % events.size()]);
      tell(path.back());
      if (::testing::Test::HasFatalFailure()) return;
      paths.emplace(leg.state_name(), path);
    }
  }
  for (const auto& [state, path] : paths) reached.insert(state);
}

template <class States>
Reached names(const States& states) {
  Reached all;
  for (const auto& state : states) all.emplace(name_of(state));
  return all;
}

TEST(RandomWalk, BreaksNoPromiseOfTheReceivingLeg) {
  Reached reached;
  for (const auto kind : kStreamKinds)
    for (const bool observe : {false, true})
      walk<ReceivingLeg>(samples::receiving_profile(kind, TlsEntry::kStartTls, observe), reached,
                         observe);
  auto answered = samples::receiving_profile(StreamKind::kS2sOutbound, TlsEntry::kStartTls);
  answered.answers_refused = [](const DomainName&) { return true; };
  for (const unsigned seed : {7U, 8U, 9U, 10U}) walk<ReceivingLeg>(answered, reached, false, seed);
  auto dialback = answered;
  dialback.dialback = samples::dialback_terms();
  dialback.serves = [own = samples::domain("peer.example")](const DomainName& name) {
    return name == own ? &own : nullptr;
  };
  for (const unsigned seed : {7U, 8U}) walk<ReceivingLeg>(dialback, reached, false, seed);
  walk<ReceivingLeg>(samples::asked_profile(TlsEntry::kStartTls), reached, false, 7U);
  EXPECT_EQ(reached, names(samples::receiving_states()));
}

TEST(RandomWalk, BreaksNoPromiseOfTheInitiatingLeg) {
  Reached reached;
  for (const auto kind : kStreamKinds)
    for (const auto approach :
         {Approach::kAuthenticate, Approach::kAnonymousClear, Approach::kAnonymousTls,
          Approach::kObserve, Approach::kDialback, Approach::kExternalOrDialback})
      walk<InitiatingLeg>(samples::initiating_profile(kind, TlsEntry::kStartTls, approach), reached,
                          is_observed(approach));
  EXPECT_EQ(reached, names(samples::initiating_states()));
}

}  // namespace
}  // namespace portcullis::session
