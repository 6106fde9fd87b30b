#pragma once

#include <string>

#include "proxy/status/overview.h"
#include "proxy/status/stream_row.h"

namespace portcullis::status::test {

inline constexpr std::chrono::sys_seconds kNow{std::chrono::seconds(1'795'000'000)};

inline Overview overview() {
  using std::chrono::days;
  Overview made;
  made.version = "1.0";
  made.now = kNow;
  made.started = kNow - std::chrono::hours(3);
  made.mode = policy::Mode::kEnforce;
  made.c2s_mode = policy::Mode::kEnforce;
  made.hosts = {{"legacy.example", {"conference.legacy.example"}}, {"second.example", {}}};
  made.listeners = {{"[::]:5269", StreamKind::kS2sInbound, TlsEntry::kStartTls}};
  made.certificates = {
      {"legacy.example", KeyType::kEcdsa, CertificateRow::Use::kServing, kNow + days(60)},
      {"legacy.example", KeyType::kRsa, CertificateRow::Use::kOutgoing, kNow + days(61)},
      {"", KeyType::kEcdsa, CertificateRow::Use::kLocalCa, kNow + days(3000)}};
  made.backends = {
      {"legacy.example", StreamKind::kS2sInbound, "127.0.0.1:15269", true, false,
       kNow - std::chrono::hours(1)},
      {"second.example", StreamKind::kC2s, "127.0.0.1:15222", std::nullopt, false, std::nullopt}};
  made.generation = 2;
  made.loops = 2;
  made.streams = {
      {StreamKind::kS2sInbound, "legacy.example", TlsVersion::kTls13, Authentication::kExternal, 3},
      {StreamKind::kS2sOutbound, "legacy.example", TlsVersion::kTls12, Authentication::kExcepted,
       1},
      {StreamKind::kS2sOutbound, "second.example", std::nullopt, Authentication::kPlain, 2},
      {StreamKind::kC2s, "legacy.example", TlsVersion::kTls13, Authentication::kLogin, 7},
      {StreamKind::kC2s, "", std::nullopt, std::nullopt, 4}};
  return made;
}

inline StreamRow row(std::uint64_t number = 17) {
  StreamRow made;
  made.number = number;
  made.id = "6925f1a0-" + std::to_string(number);
  made.kind = StreamKind::kS2sOutbound;
  made.established = true;
  made.age = std::chrono::minutes(5);
  made.idle = std::chrono::seconds(7);
  made.local = "legacy.example";
  made.remote = "peer.example";
  made.peer = "192.0.2.1:5269";
  made.entry = TlsEntry::kDirectTls;
  made.tls = TlsVersion::kTls13;
  made.cipher = "TLS_AES_256_GCM_SHA384";
  made.peer_key = "RSA 2048 bits";
  made.auth = Authentication::kExternal;
  made.rule = "*.example";
  made.to_backend_bytes = 2048;
  made.to_wan_bytes = 10;
  return made;
}

// What a hostile peer might have brought into a text, were it not for printable().
inline constexpr const char* kHostile =
    "<script>alert(1)</script>\"' onload=x &amp; </td></table> javascript:x";

// The same overview with hostile text everywhere where text of others stands.
inline Overview hostile_overview() {
  auto made = overview();
  RefusalRow refusal;
  for (auto* const text :
       {&refusal.from, &refusal.to, &refusal.peer, &refusal.rule, &refusal.detail})
    *text = kHostile;
  refusal.at = kNow;
  refusal.reason = policy::Reason::kExpired;
  made.refusals.push_back(refusal);
  made.hosts.push_back({kHostile, {kHostile}});
  made.strict.push_back({kHostile, kHostile, kNow});
  made.backends.push_back({kHostile, StreamKind::kC2s, kHostile, false, false, kNow});
  made.certificates.push_back({kHostile, {}, CertificateRow::Use::kServing, kNow});
  made.listeners.push_back({kHostile, StreamKind::kC2s, TlsEntry::kStartTls});
  made.other_modes.push_back({kHostile, policy::Mode::kObserve});
  made.exceptions.push_back({kHostile, kNow});
  made.last_reload = Reload{kNow, kHostile, false, kHostile};
  made.traces.push_back({kHostile, kNow});
  made.capture = {policy::Capture::kDns, false, 3, kHostile};
  made.busiest = BusiestAddress{kHostile, 5, 6, 7};
  made.draining = kHostile;
  made.version = kHostile;
  return made;
}

inline StreamRow hostile_row() {
  auto made = row();
  for (auto* const text :
       {&made.id, &made.local, &made.remote, &made.peer, &made.cipher, &made.peer_key, &made.rule})
    *text = kHostile;
  return made;
}

}  // namespace portcullis::status::test
