#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/scenario/session/party.h"

// A stage for one leg or two that form a bridge. The test speaks for the other ends, in bytes; the
// real driver takes them to the leg. What a leg sends and asks for is one text, which the test
// compares octet by octet; only the sentence of a <text/> can be looked at by itself.
//
// play() performs a scenario whole, octet by octet, and with every utterance cut at each place.
namespace portcullis::session::stage {

inline DomainName domain(std::string_view text) {
  return DomainName::parse(text).value();
}

// One leg with its driver, and the other end of its connection, for which the test speaks.
class Party {
 public:
  using Chop = std::function<std::size_t(std::size_t length)>;  // where the first piece ends

  Party(relay::LegEnd::Leg leg, relay::LegEnd::Settings settings, xmpp::GuardRules rules, Chop chop)
      : time_(notes_),
        gate_(notes_, std::move(rules)),
        account_(notes_, gate_, settings.place == relay::Place::kNear),
        partner_(notes_),
        chop_(std::move(chop)) {
    account_.state = std::visit([](const auto& l) { return l.state_name(); }, leg);
    connection_.facts.version = TlsVersion::kTls13;
    connection_.on_did = [this](test::MemoryConnection::Did did, std::string_view bytes) {
      if (did == test::MemoryConnection::Did::kSend) sends(std::string(bytes));
      if (did == test::MemoryConnection::Did::kBeginTls) gate_.begins_tls();
    };
    end_ = std::make_unique<relay::LegEnd>(
        time_, relay::LegRoles{gate_, account_, partner_, budget_, returns_}, scratch_,
        std::move(leg), settings, connection_.maker());
    time_.noting = true;
  }
  Party(const Party&) = delete;
  Party& operator=(const Party&) = delete;
  ~Party() = default;

  // ---- The other end
  void connects() { connection_.open(); }
  void says(std::string_view bytes) {
    while (!bytes.empty() && !notes_.closed) {
      const auto length = chop_(bytes.size());
      connection_.say(bytes.substr(0, length));
      partner_.end_of_turn();
      bytes.remove_prefix(length);
    }
  }
  void begins_with_tls() { connection_.begin_with_tls(); }
  void secures() {
    EXPECT_TRUE(connection_.securing()) << everything();
    connection_.secure();
  }
  // Everything the leg did since the last call.
  void hears(std::string_view expected) { EXPECT_EQ(notes_.take(), expected) << text(); }
  void forget() { notes_.take(); }

  // ---- The driver and the far leg
  void tell(Event event) {
    end_->dispatch(std::move(event));
    partner_.end_of_turn();
  }
  void join(Party& far) {
    partner_.tell_far = [&far](Event event) { far.tell(std::move(event)); };
    partner_.closes_far = [&far] {
      if (far.end_->relaying()) far.tell(FarClosed{});
    };
  }

  std::string_view state() const { return account_.state; }
  const std::string& text() const { return notes_.text(); }
  const std::optional<policy::Refusal>& refused() const { return account_.refused; }
  const std::optional<xmpp::StreamHeader>& peer_header() const { return gate_.peer_header; }
  int judged() const { return gate_.judged; }
  const std::string& everything() const { return notes_.everything(); }

 private:
  void sends(std::string bytes) {
    EXPECT_FALSE(connection_.securing()) << "plaintext during the handshake: " << bytes;
    const bool success = bytes.starts_with("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
    if (success && !client) {
      EXPECT_TRUE(account_.far_authenticated) << "success too early";
    }
    notes_.add_sent(std::move(bytes));
  }

  Notes notes_;
  NotedTime time_;
  NotedGate gate_;
  NotedAccount account_;
  NotedPartner partner_;
  EndlessBudget budget_;
  NotedReturns returns_{notes_};
  relay::Scratch scratch_;
  test::MemoryConnection connection_;
  std::unique_ptr<relay::LegEnd> end_;
  Chop chop_;

 public:
  std::optional<policy::Refusal>& verdict = gate_.verdict;
  bool& observed = gate_.observed;
  bool& binds = gate_.binds;
  bool& identified = gate_.identified;
  std::optional<policy::Refusal>& remark = gate_.remark;
  std::optional<OpenFarLeg>& wanted = partner_.wanted;
  bool client = false;  // c2s: <success/> is the backend's own
};

class Stage {
 public:
  explicit Stage(Party::Chop chop) : chop_(std::move(chop)) {}

  // What the policy says of peer.example, and how the initiating leg goes about it.
  RemoteStance stance;
  // What the receiving leg serves, in the operator's spelling.
  std::vector<DomainName> served{domain("legacy.example"), domain("rooms.legacy.example")};
  bool connected = false;  // the gate connects them with each other
  // The pair of an initiating leg between servers; by default peer.example and legacy.example.
  std::optional<DomainName> from;
  std::optional<DomainName> to;
  Approach approach = Approach::kAuthenticate;
  std::shared_ptr<const xmpp::DialbackKeys> dialback_keys =
      std::make_shared<const xmpp::DialbackKeys>("a secret of sixteen",
                                                 xmpp::DialbackPlace::kBackend);
  bool judges_clients = false;
  bool client_tls = false;         // to the backend
  bool end_point_binding = false;  // with it
  AttemptCounter attempts;
  // The backend of legacy.example is authenticated by dialback, and so is who names nobody. The
  // only key of ours is "ours", also for a peer that may ask about it.
  bool dialback = false;

  Party& receiving(StreamKind kind, Side side, TlsEntry entry = TlsEntry::kStartTls) {
    ReceivingProfile profile;
    profile.stance = [stance = stance](const DomainName&, const DomainName& remote) {
      return remote.a_label() == "peer.example" ? stance : RemoteStance{};
    };
    profile.judges_clients = judges_clients;
    profile.attempts = attempts;
    profile.kind = kind;
    profile.side = side;
    profile.entry = entry;
    profile.serves = [this](const DomainName& name) -> const DomainName* {
      const auto found = std::find(served.begin(), served.end(), name);
      return found == served.end() ? nullptr : &*found;
    };
    profile.connects = [connected = connected](const DomainName&, const DomainName&) {
      return connected;
    };
    if (dialback)
      profile.dialback = {[](const DomainName* local) {
                            return local == nullptr || local->a_label() == "legacy.example";
                          },
                          [](const xmpp::DialbackRequest& request) {
                            return request.key == "ours" && request.id == "asked" &&
                                   request.to.a_label() != "rooms.legacy.example";
                          }};
    if (stance.answers_keys)
      profile.dialback.knows = [](const xmpp::DialbackRequest& request) {
        return request.key == "ours" && request.id == "asked";
      };
    profile.new_stream_id = [count = 0]() mutable { return "id" + std::to_string(++count); };
    near_ = std::make_unique<Party>(ReceivingLeg(std::move(profile)),
                                    settings(relay::Place::kNear, side),
                                    rules(relay::Place::kNear, kind, side), chop());
    near_->client = kind == StreamKind::kC2s;
    return *near_;
  }
  // A c2s leg is for legacy.example.
  Party& initiating(StreamKind kind, Side side, TlsEntry entry = TlsEntry::kStartTls,
                    std::optional<xmpp::StreamHeader> client = std::nullopt) {
    const bool out = kind == StreamKind::kS2sOutbound;
    InitiatingProfile profile{
        .kind = kind,
        .side = side,
        .entry = entry,
        .from = from.value_or(domain(out ? "legacy.example" : "peer.example")),
        .to = to.value_or(domain(out ? "peer.example" : "legacy.example")),
        .negotiation = std::chrono::seconds(10),
        .approach = approach,
        .client_tls = kind == StreamKind::kC2s && client_tls,
        .end_point_binding = end_point_binding,
        .initial_header = nullptr,
        .dialback_keys = dialback_keys};
    if (client)
      profile.initial_header = std::make_shared<const xmpp::StreamHeader>(*std::move(client));
    if (kind == StreamKind::kC2s) profile.from.reset();
    far_ = std::make_unique<Party>(InitiatingLeg(std::move(profile)),
                                   settings(relay::Place::kFar, side),
                                   rules(relay::Place::kFar, kind, side), chop());
    return *far_;
  }
  void join() {
    near_->join(*far_);
    far_->join(*near_);
  }
  std::string everything() const {
    return (near_ ? near_->everything() : "") + "|" + (far_ ? far_->everything() : "");
  }
  std::size_t longest() const { return *longest_; }

 private:
  static relay::LegEnd::Settings settings(relay::Place place, Side side) {
    return {place, side, {}, std::chrono::seconds(10)};
  }
  // As the gate's, for the pair of domains that the scenarios use.
  xmpp::GuardRules rules(relay::Place place, StreamKind kind, Side side) const {
    using Traffic = xmpp::GuardRules::Traffic;
    const bool near = place == relay::Place::kNear;
    xmpp::GuardRules rules;
    if (kind == StreamKind::kC2s) {
      rules.content_ns = "jabber:client";
      rules.traffic = near ? Traffic::kClientToHost : Traffic::kHostToClient;
      return rules;
    }
    rules.content_ns = "jabber:server";
    rules.questions = questions_;
    rules.from = domain(side == Side::kWan ? "peer.example" : "legacy.example");
    rules.to = domain(side == Side::kWan ? "legacy.example" : "peer.example");
    rules.takes_dialback = near && (dialback || stance.answers_keys);
    if (near)
      rules.traffic = stance.observe ? Traffic::kS2sObserved : Traffic::kS2sStanzas;
    else
      rules.traffic = is_observed(approach) ? Traffic::kS2sObservedAnswers : Traffic::kS2sSilent;
    return rules;
  }
  Party::Chop chop() const {
    return [chop = chop_, longest = longest_](std::size_t length) {
      *longest = std::max(*longest, length);
      return chop(length);
    };
  }
  Party::Chop chop_;
  std::shared_ptr<xmpp::DialbackQuestions> questions_ = std::make_shared<xmpp::DialbackQuestions>();
  std::shared_ptr<std::size_t> longest_ = std::make_shared<std::size_t>(0);
  std::unique_ptr<Party> near_;
  std::unique_ptr<Party> far_;
};

template <class Scenario>
void play(Scenario scenario) {
  Stage whole([](std::size_t length) { return length; });
  scenario(whole);
  const auto again = [&](std::size_t cut, Party::Chop chop) {
    if (::testing::Test::HasFailure()) return;
    SCOPED_TRACE("cut at octet " + std::to_string(cut));
    Stage stage(std::move(chop));
    scenario(stage);
    EXPECT_EQ(stage.everything(), whole.everything());
  };
  again(0, [](std::size_t) { return std::size_t{1}; });
  for (std::size_t cut = 1; cut < whole.longest(); ++cut)
    again(cut, [cut](std::size_t length) { return length > cut ? cut : length; });
}

}  // namespace portcullis::session::stage
