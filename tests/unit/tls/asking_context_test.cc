// Unit tests of the sessions by which a server is asked what it shows.

#include "proxy/tls/asking_context.h"

#include <gtest/gtest.h>

#include "tests/unit/tls/engine_pair.h"

namespace portcullis::tls {
namespace {

HostCredentials nothing() {
  return {domain("asker.example"), {}, {}};
}

AskingContext asking(const HostCredentials& shown = nothing()) {
  return AskingContext::build(shown, TlsVersion::kTls12, {}).value();
}

std::unique_ptr<Contexts> server_with(std::vector<test::TestKey> keys) {
  ContextsSpec spec;
  spec.hosts.push_back({domain("peer.example"), {}, {}});
  for (const auto key : keys) spec.hosts[0].pairs.push_back(pair_for("peer.example", key));
  return contexts(std::move(spec));
}

struct Met {
  Engine::State state;
  std::optional<KeyType> shown;      // by the server
  std::optional<KeyType> our_shown;  // by us
  std::string alpn;
};

Met meet(const AskingContext& asker, const Contexts& server, TlsEntry entry,
         std::optional<KeyType> only) {
  const auto ours = asker.connect(domain("peer.example"), StreamKind::kS2sOutbound, entry, only);
  const auto theirs = server.accept_wan(StreamKind::kS2sInbound, entry, domain("peer.example"));
  Talk talk{*ours, *theirs, SIZE_MAX, {}, {}, {}, {}};
  talk.handshake();
  return {ours->state(), certs::key_type_of_leaf(ours->peer_chain().leaf.get()),
          certs::key_type_of_leaf(theirs->peer_chain().leaf.get()), ours->facts().alpn};
}

using test::TestKey;

TEST(Asking, GetsTheKindOfCertificateThatItAsksFor) {
  const auto server = server_with({TestKey::kRsa2048, TestKey::kP256});
  for (const auto type : {KeyType::kEcdsa, KeyType::kRsa}) {
    const auto met = meet(asking(), *server, TlsEntry::kStartTls, type);
    EXPECT_EQ(met.state, Engine::State::kEstablished);
    EXPECT_EQ(met.shown, type);
  }
  EXPECT_EQ(meet(asking(), *server, TlsEntry::kStartTls, {}).shown, KeyType::kEcdsa);
}

TEST(Asking, FailsWhereThereIsNoneOfThatKind) {
  const auto only_rsa = server_with({TestKey::kRsa2048});
  EXPECT_EQ(meet(asking(), *only_rsa, TlsEntry::kStartTls, KeyType::kEcdsa).state,
            Engine::State::kFailed);
  const auto only_ecdsa = server_with({TestKey::kP256});
  EXPECT_EQ(meet(asking(), *only_ecdsa, TlsEntry::kStartTls, KeyType::kRsa).state,
            Engine::State::kFailed);
}

TEST(Asking, ShowsWhatItWasGivenAndElseNothing) {
  const auto server = server_with({TestKey::kP256});
  EXPECT_FALSE(meet(asking(), *server, TlsEntry::kStartTls, {}).our_shown);
  EXPECT_TRUE(meet(asking(host("asker.example")), *server, TlsEntry::kStartTls, {}).our_shown);
}

TEST(Asking, OffersAlpnWithDirectTlsOnly) {
  const auto server = server_with({TestKey::kP256});
  EXPECT_EQ(meet(asking(), *server, TlsEntry::kDirectTls, {}).alpn, "xmpp-server");
  EXPECT_EQ(meet(asking(), *server, TlsEntry::kStartTls, {}).alpn, "");
}

}  // namespace
}  // namespace portcullis::tls
