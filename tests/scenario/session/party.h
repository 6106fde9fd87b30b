#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "proxy/relay/leg_end.h"
#include "tests/support/memory_scheduler.h"
#include "tests/support/memory_transport.h"

// One leg under its real driver, relay::LegEnd, over a connection in memory. What the leg sends and
// asks for is written down as one text.
namespace portcullis::session::stage {

// What a leg did. Only the sentence of a <text/> is taken out, because it depends on the catalogue
// of reasons.
class Notes {
 public:
  void add(std::string_view words) {
    EXPECT_FALSE(closed) << "something behind Close: " << words << " in " << everything_;
    new_ += words;
    everything_ += words;
  }
  void add_sent(std::string bytes) {
    const auto begin = bytes.find("<text");
    if (begin != std::string::npos) {
      const auto inside = bytes.find('>', begin) + 1;
      const auto end = bytes.find("</text>", inside);
      text_ = bytes.substr(inside, end - inside);
      bytes.erase(begin, end + 7 - begin);
    }
    add(bytes);
  }
  // "[relay]" becomes "[relay BYTES]".
  void add_first(std::string_view bytes) {
    for (auto* const notes : {&new_, &everything_})
      notes->insert(notes->size() - 1, " " + std::string(bytes));
  }
  // Everything since the last call.
  std::string take() { return std::exchange(new_, {}); }
  const std::string& everything() const { return everything_; }
  const std::string& text() const { return text_; }

  bool closed = false;

 private:
  std::string new_;
  std::string everything_;
  std::string text_;
};

// Time, as one leg sees it: it has one timer, and starting that is its deadline.
class NotedTime final : public Scheduler {
 public:
  explicit NotedTime(Notes& notes) : notes_(notes) {}

  std::chrono::milliseconds now() const override { return time_.now(); }
  std::chrono::sys_seconds wall_clock() const override { return time_.wall_clock(); }
  std::unique_ptr<Scheduler::Timer> make_timer(std::function<void()> on_expiry) override {
    return std::make_unique<Deadline>(*this, time_.make_timer(std::move(on_expiry)));
  }
  void defer(std::function<void()> task) override { time_.defer(std::move(task)); }

  bool noting = false;  // the first deadline is the driver's own

 private:
  class Deadline final : public Scheduler::Timer {
   public:
    Deadline(NotedTime& time, std::unique_ptr<Scheduler::Timer> timer)
        : time_(time), timer_(std::move(timer)) {}
    void start(std::chrono::milliseconds after) override {
      if (time_.noting) time_.notes_.add("[" + std::to_string(after.count() / 1000) + "s]");
      timer_->start(after);
    }
    void stop() override { timer_->stop(); }

   private:
    NotedTime& time_;
    std::unique_ptr<Scheduler::Timer> timer_;
  };

  Notes& notes_;
  test::MemoryScheduler time_;
};

// The gate, whose answers the test gives.
class NotedGate final : public relay::LegGate {
 public:
  NotedGate(Notes& notes, xmpp::GuardRules rules) : notes_(notes), rules_(std::move(rules)) {}

  relay::EngineOrRefusal make_engine(const relay::LegEnd& /*end*/,
                                     const BeginTls& action) override {
    asked_for_ = action.host ? action.host->a_label() : "";
    return nullptr;  // the connection in memory has no use for one
  }
  relay::Judgement judge(const relay::LegEnd& /*end*/, const JudgePeer& action) override {
    notes_.add("[judge " + action.local.a_label() + " " +
               (action.remote ? action.remote->a_label() : "-") + "]");
    EXPECT_EQ(++judged, 1);
    if (observed) return PeerObserved{};
    if (verdict) return PeerRefused{*verdict};
    return PeerAccepted{binds, identified};
  }
  xmpp::GuardRules guard_rules(const relay::LegEnd& /*end*/,
                               const xmpp::StreamHeader& header) override {
    peer_header = header;
    auto rules = rules_;
    rules.declared = header.declared;
    return rules;
  }
  void on_would_refuse(const relay::LegEnd& /*end*/, policy::Refusal refusal) override {
    notes_.add("[would refuse " + std::string(policy::id(refusal.reason)) + "]");
  }
  void on_remark(const relay::LegEnd& /*end*/, const policy::Refusal& about) override {
    notes_.add("[remark " + std::string(policy::id(about.reason)) + "]");
    remark = about;
  }
  // The driver asks for credentials first, then announces TLS, then begins it.
  void begins_tls() { begins_tls(asked_for_); }
  void begins_tls(const std::string& host) {
    begun = true;
    notes_.add("[tls" + (host.empty() ? "" : " " + host) + "]");
  }

  std::optional<policy::Refusal> verdict;  // of the certificate gate; empty: accepted
  bool observed = false;                   // or let through unauthenticated
  bool binds = false;                      // its certificate is the one that the client was served
  bool identified = false;
  std::optional<policy::Refusal> remark;
  std::optional<xmpp::StreamHeader> peer_header;
  int judged = 0;
  bool begun = false;

 private:
  Notes& notes_;
  xmpp::GuardRules rules_;
  std::string asked_for_;
};

class NotedAccount final : public relay::LegAccount {
 public:
  NotedAccount(Notes& notes, NotedGate& gate, bool receives)
      : notes_(notes), gate_(gate), receives_(receives) {}

  void on_header(const relay::LegEnd& /*end*/, const xmpp::StreamHeader& header) override {
    if (receives_ && !gate_.begun) asked_for_ = header.to ? header.to->text() : "";
  }
  void on_secured(const relay::LegEnd& /*end*/, std::chrono::milliseconds /*took*/) override {}
  void on_tls_failed(const relay::LegEnd& /*end*/) override {}
  void on_guard_fault(const relay::LegEnd& /*end*/, policy::Reason /*reason*/) override {}
  void on_refused(const relay::LegEnd& end, const policy::Refusal& refusal) override {
    EXPECT_FALSE(refused || end.relaying()) << notes_.everything();
    notes_.add("[refused " + std::string(policy::id(refusal.reason)) + "]");
    refused = refusal;
  }
  bool wants_steps() const override { return true; }
  void on_step(const relay::LegEnd& /*end*/, const Event& event, std::string_view now) override {
    state = now;
    far_authenticated |= std::holds_alternative<FarAuthenticated>(event);
    // Where something stands in the clear behind <starttls/> in the same segment, the driver
    // refuses before it asks for credentials. The leg did begin TLS.
    if (std::holds_alternative<PlaintextBehindTls>(event) && !gate_.begun)
      gate_.begins_tls(asked_for_);
  }

  std::string_view state;
  std::optional<policy::Refusal> refused;
  bool far_authenticated = false;

 private:
  Notes& notes_;
  NotedGate& gate_;
  bool receives_;
  std::string asked_for_;
};

// Nothing is answered here: stream management is in force.
class NotedReturns final : public relay::LegReturns {
 public:
  explicit NotedReturns(Notes& notes) : notes_(notes) {}

  void on_heard(const relay::LegEnd& /*end*/, const policy::Refusal& told) override {
    notes_.add("[heard " + std::string(policy::id(told.reason)) + "]");
  }
  void on_managed() override {}
  bool managed() const override { return true; }
  void on_undelivered(const relay::LegEnd& /*end*/) override {}
  void on_takes_no_more(const relay::LegEnd& /*end*/) override {}

 private:
  Notes& notes_;
};

// Nothing is counted.
struct EndlessBudget final : relay::LegBudget {
  std::optional<policy::Refusal> on_open(relay::LegEnd& /*end*/) override { return std::nullopt; }
  void on_held(const relay::LegEnd& /*end*/, std::size_t, std::size_t) override {}
  void on_unfinished(relay::LegEnd& /*end*/, std::size_t /*held*/) override {}
  void on_queue(const relay::LegEnd& /*end*/) override {}
  void charge(const relay::LegEnd& /*end*/, double /*connections*/) override {}
  void on_limit(const relay::LegEnd& /*end*/, telemetry::Limit /*limit*/) override {}
};

// The bridge: the leg of another party, or the test speaks for it.
class NotedPartner final : public relay::LegPartner {
 public:
  explicit NotedPartner(Notes& notes) : notes_(notes) {}

  void open_far(relay::LegEnd& /*end*/, OpenFarLeg action) override {
    constexpr std::array<std::string_view, 5> kApproaches{"", " clear", " anonymous", " observe",
                                                          " dialback"};
    notes_.add("[open" + std::string(kApproaches.at(static_cast<std::size_t>(action.approach))) +
               " " + action.local.a_label() + " " +
               (action.remote ? action.remote->a_label() : "-") + "]");
    wanted = std::move(action);
  }
  void prove(relay::LegEnd& /*end*/, ProveBackend action) override {
    notes_.add("[prove " + action.local.a_label() + " " + action.remote.a_label() + " " +
               action.id + " " + action.key + "]");
  }
  void drop_far(relay::LegEnd& /*end*/) override { notes_.add("[drop]"); }
  void to_far(relay::LegEnd& /*end*/, FarEvent event) override {
    if (tell_far)
      std::visit([&](auto& e) { tell_far(std::move(e)); }, event);
    else
      notes_.add(words_of(event));
  }
  void on_relaying(relay::LegEnd& end) override {
    notes_.add("[relay]");
    first_ = true;
    end.go_on();  // the test speaks for a far leg that relays
  }
  // What is passed on is the business of the bridge; only what the leg read as an element is noted.
  void on_accepted(relay::LegEnd& /*end*/, const relay::AcceptedBytes& accepted) override {
    if (std::exchange(first_, false)) notes_.add_first(accepted.bytes);
  }
  // What comes from here on was not read as an element.
  void end_of_turn() { first_ = false; }
  void on_written(relay::LegEnd& /*end*/) override {}
  void on_closing(relay::LegEnd& /*end*/, const std::string& why) override {
    notes_.add(why.empty() ? "[close]" : "[close " + why + "]");
    notes_.closed = true;
    if (closes_far) closes_far();
  }
  void on_end_gone(relay::LegEnd& /*end*/) override {}

  std::optional<OpenFarLeg> wanted;
  std::function<void(Event event)> tell_far;
  std::function<void()> closes_far;

 private:
  static std::string words_of(const FarEvent& event) {
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
    return words + "]";
  }

  Notes& notes_;
  bool first_ = false;
};

}  // namespace portcullis::session::stage
