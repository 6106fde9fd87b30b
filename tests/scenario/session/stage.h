#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "proxy/session/initiating_leg.h"
#include "proxy/session/receiving_leg.h"
#include "proxy/xmpp/stream_reader.h"

// A stage for one leg or two that form a bridge. The test speaks for the other ends, in bytes; the
// real stream reader reads them. What a leg sends and asks for is one text, which the test compares
// octet by octet; only the sentence of a <text/> is taken out and can be looked at by itself.
//
// play() performs a scenario whole, octet by octet, and with every utterance cut at each place.
namespace portcullis::session::stage {

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};
template <class... Ts>
Overloaded(Ts...) -> Overloaded<Ts...>;

inline DomainName domain(std::string_view text) {
  return DomainName::parse(text).value();
}

// The sentence of a <text/> depends on the catalogue of reasons; everything else is compared.
inline std::string without_text(std::string bytes, std::string& text) {
  const auto begin = bytes.find("<text");
  if (begin == std::string::npos) return bytes;
  const auto inside = bytes.find('>', begin) + 1;
  const auto end = bytes.find("</text>", inside);
  text = bytes.substr(inside, end - inside);
  return bytes.erase(begin, end + 7 - begin);
}

constexpr std::array<std::string_view, 4> kApproaches{"", " clear", " anonymous", " observe"};

class Party {
 public:
  using Leg = std::variant<ReceivingLeg, InitiatingLeg>;
  using Chop = std::function<std::size_t(std::size_t length)>;  // where the first piece ends

  Party(Leg leg, Chop chop) : leg_(std::move(leg)), chop_(std::move(chop)) { renew_reader({}); }

  // ---- The other end
  void connects() { tell(TransportReady{}); }
  void says(std::string_view bytes) {
    while (!bytes.empty() && !closed_) {
      const auto length = chop_(bytes.size());
      take(bytes.substr(0, length));
      bytes.remove_prefix(length);
    }
  }
  void secures() {
    EXPECT_TRUE(securing_) << log_;
    securing_ = false;
    tell(TlsEstablished{TlsVersion::kTls13});
  }
  // Everything the leg did since the last call.
  void hears(std::string_view expected) { EXPECT_EQ(std::exchange(log_, {}), expected) << text_; }

  void forget() { log_.clear(); }

  // ---- The driver and the far leg
  void tell(Event event) {
    events_.push_back(std::move(event));
    if (std::exchange(busy_, true)) return;
    while (!events_.empty()) {
      Event next = std::move(events_.front());
      events_.pop_front();
      if (std::holds_alternative<FarAuthenticated>(next)) far_authenticated_ = true;
      auto actions = std::visit([&](auto& leg) { return leg.handle(next); }, leg_);
      for (auto& action : actions) perform(action);
    }
    busy_ = false;
  }

  std::string_view state() const {
    return std::visit([](const auto& leg) { return leg.state_name(); }, leg_);
  }
  const std::string& text() const { return text_; }
  const std::optional<policy::Refusal>& refused() const { return refused_; }
  const std::optional<xmpp::StreamHeader>& peer_header() const { return peer_header_; }
  int judged() const { return judged_; }
  const std::string& everything() const { return everything_; }

  Party* far = nullptr;                    // or the test speaks for it
  std::optional<policy::Refusal> verdict;  // of the certificate gate; empty: accepted
  bool observed = false;                   // or let through unauthenticated
  std::optional<OpenFarLeg> wanted;

 private:
  void renew_reader(std::string_view unread) {
    reader_ = std::make_unique<xmpp::StreamReader>(xmpp::ReaderLimits{});
    if (!unread.empty()) reader_->push(unread);
  }

  void take(std::string_view bytes) {
    if (securing_) {
      if (bytes.find_first_not_of(" \r\n\t") != std::string_view::npos) tell(PlaintextBehindTls{});
      return;
    }
    reader_->push(bytes);
    while (!closed_ && !relaying_ && !securing_) {
      auto event = reader_->next();
      if (!event) return;
      std::visit(
          Overloaded{[&](xmpp::StreamHeader& h) { tell(HeaderReceived{h}); },
                     [&](xmpp::Element& e) { tell(ElementReceived{e}); },
                     [&](xmpp::StreamEnded&) { tell(StreamClosed{}); },
                     [&](xmpp::ReadFault& f) {
                       tell(InputRefused{policy::refuse(f.reason, {{"detail", f.detail}}), {}});
                     }},
          *event);
    }
  }

  void note(std::string_view words) {
    log_ += words;
    everything_ += words;
  }

  void perform(Action& action) {
    EXPECT_FALSE(closed_) << "an action behind Close: " << everything_;
    std::visit(
        Overloaded{
            [&](Send& a) { send(a.bytes); }, [&](BeginTls& a) { begin_tls(a); },
            [&](RestartStream&) { renew_reader(std::string(reader_->unread())); },
            [&](JudgePeer& a) {
              note("[judge " + a.local.text() + " " + (a.remote ? a.remote->text() : "-") + "]");
              EXPECT_EQ(++judged_, 1);
              if (observed)
                tell(PeerObserved{});
              else
                tell(verdict ? Event(PeerRefused{*verdict}) : Event(PeerAccepted{}));
            },
            [&](OpenFarLeg& a) {
              note("[open" + std::string(kApproaches.at(static_cast<std::size_t>(a.approach))) +
                   " " + a.local.text() + " " + (a.remote ? a.remote->text() : "-") + "]");
              wanted = std::move(a);
            },
            [&](DropFarLeg&) { note("[drop]"); },
            [&](WouldRefuse& a) {
              note("[would refuse " + std::string(policy::id(a.refusal.reason)) + "]");
            },
            [&](ToFar& a) { to_far(std::move(a.event)); },
            [&](ArmDeadline& a) { note("[" + std::to_string(a.after.count() / 1000) + "s]"); },
            [&](StartRelay& a) {
              note(a.first.empty() ? "[relay]" : "[relay " + a.first + "]");
              peer_header_ = a.peer_header;
              relaying_ = true;
            },
            [&](Refused& a) {
              EXPECT_FALSE(refused_ || relaying_) << everything_;
              note("[refused " + std::string(policy::id(a.refusal.reason)) + "]");
              refused_ = std::move(a.refusal);
            },
            [&](Close& a) {
              note(a.why.empty() ? "[close]" : "[close " + a.why + "]");
              closed_ = true;
            }},
        action);
  }

  void send(const std::string& bytes) {
    EXPECT_FALSE(securing_) << "plaintext during the handshake: " << bytes;
    const bool success = bytes.find("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>") == 0;
    if (success && !client) {
      EXPECT_TRUE(far_authenticated_) << "success too early";
    }
    note(without_text(bytes, text_));
  }

  void begin_tls(const BeginTls& action) {
    note("[tls" + (action.host ? " " + action.host->text() : "") + "]");
    const auto unread = reader_->unread();
    securing_ = true;
    if (unread.find_first_not_of(" \r\n\t") != std::string_view::npos) tell(PlaintextBehindTls{});
    renew_reader({});
  }

  void to_far(FarEvent event) {
    if (far != nullptr) {
      std::visit([&](auto& e) { far->tell(std::move(e)); }, event);
      return;
    }
    constexpr std::array<std::string_view, 10> kNames{
        "authenticated", "header", "features", "element", "failed",
        "ended",         "lost",   "open",     "ready",   "declined"};
    std::string words = "[far " + std::string(kNames.at(event.index()));
    if (const auto* failed = std::get_if<FarFailed>(&event)) {
      words += " " + std::string(policy::id(failed->refusal.reason));
      if (!failed->condition.empty()) words += " " + failed->condition;
    }
    if (const auto* open = std::get_if<FarOpen>(&event))
      words += std::string(open->tls ? " tls" : "") + (open->external ? " external" : "") + " " +
               open->header.id.value_or("-");
    if (const auto* element = std::get_if<FarElement>(&event)) words += " " + element->element.name;
    note(words + "]");
  }

 public:
  bool client = false;  // c2s: <success/> is the backend's own

 private:
  Leg leg_;
  Chop chop_;
  std::unique_ptr<xmpp::StreamReader> reader_;
  std::deque<Event> events_;
  std::string log_;
  std::string everything_;
  std::string text_;
  std::optional<policy::Refusal> refused_;
  std::optional<xmpp::StreamHeader> peer_header_;
  int judged_ = 0;
  bool busy_ = false;
  bool securing_ = false;
  bool relaying_ = false;
  bool closed_ = false;
  bool far_authenticated_ = false;
};

class Stage {
 public:
  explicit Stage(Party::Chop chop) : chop_(std::move(chop)) {}

  // What the policy says of peer.example, and how the initiating leg goes about it.
  RemoteStance stance;
  Approach approach = Approach::kAuthenticate;
  bool judges_clients = false;

  Party& receiving(StreamKind kind, Side side, TlsEntry entry = TlsEntry::kStartTls) {
    ReceivingProfile profile;
    profile.stance = [stance = stance](const DomainName& remote) {
      return remote.text() == "peer.example" ? stance : RemoteStance{};
    };
    profile.judges_clients = judges_clients;
    profile.kind = kind;
    profile.side = side;
    profile.entry = entry;
    profile.serves = [](const DomainName& name) {
      return name.text() == "legacy.example" || name.text() == "rooms.legacy.example";
    };
    profile.new_stream_id = [count = 0]() mutable { return "id" + std::to_string(++count); };
    near_ = std::make_unique<Party>(ReceivingLeg(std::move(profile)), chop());
    near_->client = kind == StreamKind::kC2s;
    return *near_;
  }
  // An s2s leg for the pair peer.example, legacy.example; a c2s leg for legacy.example.
  Party& initiating(StreamKind kind, Side side, TlsEntry entry = TlsEntry::kStartTls,
                    std::optional<xmpp::StreamHeader> client = std::nullopt) {
    const bool out = kind == StreamKind::kS2sOutbound;
    InitiatingProfile profile{.kind = kind,
                              .side = side,
                              .entry = entry,
                              .from = domain(out ? "legacy.example" : "peer.example"),
                              .to = domain(out ? "peer.example" : "legacy.example"),
                              .client_from = client ? client->from : std::nullopt,
                              .negotiation = std::chrono::seconds(10),
                              .approach = approach,
                              .initial_header = client};
    if (kind == StreamKind::kC2s) profile.from.reset();
    far_ = std::make_unique<Party>(InitiatingLeg(std::move(profile)), chop());
    return *far_;
  }
  void join() {
    near_->far = far_.get();
    far_->far = near_.get();
  }
  std::string everything() const {
    return (near_ ? near_->everything() : "") + "|" + (far_ ? far_->everything() : "");
  }
  std::size_t longest() const { return *longest_; }

 private:
  Party::Chop chop() const {
    return [chop = chop_, longest = longest_](std::size_t length) {
      *longest = std::max(*longest, length);
      return chop(length);
    };
  }
  Party::Chop chop_;
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
