#include "proxy/relay/stream_record.h"

#include <utility>

#include "certs/x509/fingerprint.h"
#include "certs/x509/spki_pin.h"
#include "proxy/relay/leg_end.h"
#include "proxy/session/backend_words.h"
#include "proxy/telemetry/traces.h"

namespace portcullis::relay {

using telemetry::Direction;
using telemetry::End;
using telemetry::Phase;
using telemetry::Return;

namespace {

// A domain stands in the log with A-labels, however it was written: lines of one domain can be
// found by one word, and names that only look alike cannot be mistaken for each other.
std::string shown(const std::optional<xmpp::HeaderAddress>& address) {
  if (!address) return {};
  return address->domain() ? address->domain()->a_label() : policy::printable(address->text());
}

// Who says nothing is refused for none of its acts. But a limit of ours may refuse it, or a fault.
bool follows_from_silence(policy::Reason reason) {
  return reason == policy::Reason::kPeerLeft || reason == policy::Reason::kBackendUnavailable ||
         reason == policy::Reason::kNegotiationTimeout || reason == policy::Reason::kShuttingDown;
}

// Of the backend's own words also the condition: a second login with the same resource is no
// trouble, a policy may be.
std::string why_of(const session::FarFailed& failed) {
  std::string why(policy::id(failed.refusal.reason));
  if (session::is_the_backends_answer(failed))
    why.append(" (").append(failed.condition).append(")");
  return why;
}

constexpr std::string_view kByDialback = "dialback";

// Whether a certificate was found good by our clock. Of a pinned key no date was looked at, nor of
// a backend.
bool shows_the_time(Authentication how) {
  return how == Authentication::kExternal || how == Authentication::kDialbackCertified;
}

}  // namespace

StreamRecord::StreamRecord(const StreamBooks& books, const StreamPlan& plan, std::string id,
                           TlsEntry entry, StreamDecisions::RuleOf rule_of)
    : books_(books),
      plan_(plan),
      facts_{plan.kind, {}, std::move(id), {}, {}, {}, {}, {}},
      decisions_(books_, plan_, facts_, std::move(rule_of)) {
  facts_.near_entry = entry;
  facts_.started = books_.scheduler.now();
  if (!plan.calls_peer()) facts_.entry = entry;
  books_.metrics.streams.accepted(plan_.kind, entry);
}

void StreamRecord::set_called(const Dial::Attempt& attempt) {
  set_peer(attempt.target.address());
  facts_.entry = attempt.entry;
  facts_.found = name(attempt.found);
  facts_.shown = {};  // by the server that was tried before
}

// ---- What the ends tell

// Only the near end's header names the pair; our own header repeats it. The peer of an outgoing
// stream is the far end; its address comes by set_called().
void StreamRecord::on_header(const LegEnd& end, const xmpp::StreamHeader& header) {
  if (end.place() != Place::kNear || facts_.established) return;
  facts_.from = shown(header.from);
  facts_.to = shown(header.to);
  if (plan_.remote_of_header == nullptr) return;
  const auto& claimed = header.*plan_.remote_of_header;
  if (claimed && claimed->domain()) facts_.rule = decisions_.rule_of(*claimed->domain());
}

void StreamRecord::on_secured(const LegEnd& end, std::chrono::milliseconds took) {
  if (end.side() != Side::kWan) return;
  const auto facts = end.transport().tls_facts();
  const auto leaf = end.transport().peer_chain().leaf;
  facts_.shown = {facts.version, facts.cipher, certs::fingerprint_text(leaf.get()),
                  certs::spki_pin_text(leaf.get())};
  books_.metrics.connections.handshake_done(plan_.kind, facts.version, took);
  if (end.place() == Place::kNear && facts.served_key)
    books_.metrics.connections.served_certificate(plan_.kind, *facts.served_key);
}

void StreamRecord::on_tls_failed(const LegEnd& end) {
  if (end.side() == Side::kWan) books_.metrics.connections.handshake_failed(plan_.kind);
}

void StreamRecord::on_guard_fault(const LegEnd& end, policy::Reason reason) {
  books_.metrics.streams.stanza_rejected(plan_.kind, reason);
  ending(End::kError,
         std::string(policy::id(reason)) + (end.side() == Side::kWan ? " (peer)" : " (backend)"));
}

void StreamRecord::on_refused(const LegEnd& end, const policy::Refusal& refusal) {
  if (end.place() != Place::kNear || decided_ || silent_) return;
  if (!end.transport().heard() && follows_from_silence(refusal.reason)) {
    silent_ = true;
    books_.metrics.streams.silent(plan_.kind);
    return;
  }
  decided_ = true;
  books_.metrics.streams.rejected(plan_.kind, refusal.reason);
  decisions_.refused(refusal);
}

bool StreamRecord::wants_steps() const {
  return books_.log.writes(telemetry::Severity::kDebug) ||
         std::as_const(books_.log).traces().wants(facts_.id, facts_.from, facts_.to);
}

void StreamRecord::on_step(const LegEnd& end, const session::Event& event, std::string_view state) {
  if (wants_steps()) write_step(books_.log, facts_, end.side(), event, state);
}

// ---- The life of the stream

void StreamRecord::established(const Established& so) {
  if (decided_) return;
  // First what needs memory: nothing is counted twice, or not at all, if there is none.
  stands_ = books_.metrics.streams.stands(so.host, plan_.kind,
                                          facts_.shown.tls.value_or(TlsVersion::kUnknown), so.how);
  if (plan_.calls_peer() && facts_.found != name(FoundBy::kLocal) &&
      so.decision.verdict == policy::Verdict::kAccepted && shows_the_time(so.how))
    good_ = books_.clock.good(books_.now());
  facts_.host = so.host;
  facts_.how = so.how;
  decided_ = true;
  facts_.established = true;
  books_.metrics.streams.established(plan_.kind);
  if (so.how == Authentication::kDialbackCertified) {
    facts_.auth = kByDialback;
    books_.metrics.streams.by_dialback(plan_.kind);
  }
  decisions_.decided(so.decision);
  // Only an observed stream may have another decision; the others need no memory for it.
  if (so.decision.verdict != policy::Verdict::kWouldReject)
    facts_.shown = {facts_.shown.tls, {}, {}, {}};
}

void StreamRecord::judged_again(Authentication how) {
  // In observe mode a stream outlives its certificate, and says no more that the clock is right.
  if (!shows_the_time(how)) good_ = {};
  if (!facts_.established || counted_ || facts_.how == how) return;
  // The new one before the old one is given up: if there is no memory, nothing has changed.
  stands_ = books_.metrics.streams.stands(facts_.host, plan_.kind,
                                          facts_.shown.tls.value_or(TlsVersion::kUnknown), how);
  facts_.how = how;
}

void StreamRecord::count(bool toward_backend, std::uint64_t bytes) {
  passed_on_.count(toward_backend, bytes);
  books_.metrics.streams.bytes(
      plan_.kind, toward_backend ? Direction::kToBackend : Direction::kFromBackend, bytes);
}

void StreamRecord::ending(End end, std::string why) {
  if (end_) return;
  end_ = end;
  facts_.ending = true;
  why_ = std::move(why);
}

void StreamRecord::ending(End end, const session::FarFailed* failed) {
  if (failed != nullptr && failed->refusal.reason == policy::Reason::kBackendTooStrict &&
      !std::exchange(overruled_, true))
    decisions_.decided({policy::Verdict::kRejected, failed->refusal, {}});
  ending(end, failed != nullptr ? why_of(*failed) : "");
}

// False: it is counted already, or the stream was refused.
bool StreamRecord::count_end() {
  if (std::exchange(counted_, true)) return false;
  stands_ = {};
  good_ = {};
  for (const bool toward_backend : {false, true})
    for (const auto what :
         {Return::kBounced, Return::kNotAnswered, Return::kManaged, Return::kNotBounced})
      books_.metrics.streams.undelivered(
          plan_.kind, toward_backend ? Direction::kToBackend : Direction::kFromBackend, what,
          end_.value_or(End::kError), passed_on_.tally(toward_backend).of(what));
  if (decided_ && !facts_.established) return false;
  books_.metrics.streams.closed(plan_.kind, end_.value_or(End::kError),
                                facts_.established ? Phase::kRelaying : Phase::kNegotiating);
  return true;
}

void StreamRecord::gone(std::chrono::milliseconds now) {
  if (!count_end()) return;
  write_end(books_.log, facts_,
            {end_.value_or(End::kError), why_, now - facts_.started, passed_on_.octets(true),
             passed_on_.octets(false), passed_on_.undelivered(),
             passed_on_.returned(Return::kBounced), silent_});
}

StreamRecord::~StreamRecord() {
  count_end();
}

}  // namespace portcullis::relay
