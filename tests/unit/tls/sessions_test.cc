#include <gtest/gtest.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <utility>

#include "certs/own/local_ca.h"
#include "certs/verify/verify.h"
#include "proxy/tls/contexts.h"
#include "proxy/tls/handshake_rules.h"
#include "tests/unit/tls/engine_pair.h"

namespace portcullis::tls {
namespace {

using State = Engine::State;

// The domain of the certificate a client is served that sends this SNI (none: empty).
bool served(const Contexts& local, TlsEntry entry, const std::optional<DomainName>& to,
            const std::string& sni, std::string_view expected) {
  const auto server = local.accept_wan(kS2s, entry, to);
  const RawClient raw([&](SSL_CTX*, SSL* ssl) {
    if (!sni.empty()) SSL_set_tlsext_host_name(ssl, sni.c_str());
  });
  Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
  EXPECT_TRUE(talk.handshake()) << sni;
  EXPECT_EQ(server->facts().sni, sni);
  const auto leaf = raw.engine->peer_chain().leaf;
  return certs::names_domain(leaf.get(), domain(expected));
}

std::unique_ptr<Contexts> three_hosts() {
  ContextsSpec spec;
  spec.hosts.push_back(host("a.example"));
  spec.hosts.push_back(host("b.example", {domain("conference.b.example")}));
  spec.hosts.push_back(host("c.example"));
  return contexts(std::move(spec));
}

TEST(HostChoice, IsBySniOnDirectTls) {
  const auto local = three_hosts();
  EXPECT_TRUE(served(*local, kDirectTls, std::nullopt, "a.example", "a.example"));
  EXPECT_TRUE(served(*local, kDirectTls, std::nullopt, "b.example", "b.example"));
  EXPECT_TRUE(served(*local, kDirectTls, std::nullopt, "C.EXAMPLE", "c.example"));
  EXPECT_TRUE(served(*local, kDirectTls, std::nullopt, "conference.b.example", "b.example"));
}

TEST(HostChoice, FallsBackToTheFirst) {
  const auto local = three_hosts();
  EXPECT_TRUE(served(*local, kDirectTls, std::nullopt, "", "a.example"));
  EXPECT_TRUE(served(*local, kDirectTls, std::nullopt, "unknown.example", "a.example"));
  EXPECT_TRUE(served(*local, kDirectTls, std::nullopt, "x.c.example", "a.example"));
  EXPECT_TRUE(served(*local, kDirectTls, std::nullopt, "127.0.0.1", "a.example"));
  EXPECT_TRUE(served(*local, kStartTls, domain("unknown.example"), "", "a.example"));
}

TEST(HostChoice, IsByStreamToAndNotBySniOnStartTls) {
  const auto local = three_hosts();
  EXPECT_TRUE(served(*local, kStartTls, domain("b.example"), "c.example", "b.example"));
  EXPECT_TRUE(served(*local, kStartTls, domain("conference.b.example"), "", "b.example"));
}

TEST(HostChoice, OutlivesTheContextsItBeganWith) {
  auto local = three_hosts();
  const auto server = local->accept_wan(kS2s, kDirectTls, std::nullopt);
  local.reset();  // a reload drops the old generation while a handshake is under way
  const RawClient raw([](SSL_CTX*, SSL* ssl) { SSL_set_tlsext_host_name(ssl, "c.example"); });
  Talk talk{*raw.engine, *server, 7, {}, {}, {}, {}};
  ASSERT_TRUE(talk.handshake());
  EXPECT_TRUE(certs::names_domain(raw.engine->peer_chain().leaf.get(), domain("c.example")));
}

RawClient client_showing(const certs::KeyPair* pair) {
  return RawClient([pair](SSL_CTX*, SSL* ssl) {
    if (pair == nullptr) return;
    SSL_set_security_level(ssl, 0);
    ASSERT_EQ(SSL_use_cert_and_key(ssl, pair->leaf.get(), pair->key.get(), nullptr, 1), 1);
  });
}

TEST(ClientCertificate, IsAskedForOnS2sWithoutNamingAuthorities) {
  const auto local = contexts_for("legacy.example");
  const certs::KeyPair pair = pair_for("peer.example", test::TestKey::kP256);
  for (const TlsEntry entry : {kStartTls, kDirectTls}) {
    const auto server = local->accept_wan(kS2s, entry, std::nullopt);
    const RawClient raw = client_showing(&pair);
    Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
    ASSERT_TRUE(talk.handshake());
    EXPECT_EQ(X509_cmp(server->peer_chain().leaf.get(), pair.leaf.get()), 0);
    EXPECT_LE(sk_X509_NAME_num(SSL_get0_peer_CA_list(raw.ssl)), 0);
  }
}

TEST(ClientCertificate, MayBeMissing) {
  const auto local = contexts_for("legacy.example");
  const auto server = local->accept_wan(kS2s, kStartTls, std::nullopt);
  const RawClient raw = client_showing(nullptr);
  Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
  ASSERT_TRUE(talk.handshake());
  EXPECT_FALSE(server->peer_chain().leaf);
}

TEST(ClientCertificate, IsNeverAskedForOnC2s) {
  const auto local = contexts_for("legacy.example");
  const certs::KeyPair pair = pair_for("peer.example", test::TestKey::kP256);
  const auto server = local->accept_wan(StreamKind::kC2s, kStartTls, std::nullopt);
  const RawClient raw = client_showing(&pair);
  Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
  ASSERT_TRUE(talk.handshake());
  EXPECT_FALSE(server->peer_chain().leaf);
}

TEST(ClientCertificate, NeverFailsTheHandshakeHoweverBadItIs) {
  const auto local = contexts_for("legacy.example");
  std::vector<test::CertificateSpec> bad(4, test::leaf_spec("peer.example"));
  bad[0].until = test::kNow - std::chrono::days(400);
  bad[1].purposes = "clientAuth";
  bad[2].digest = "SHA1";
  bad[3].key = test::TestKey::kRsa1024;
  for (const test::CertificateSpec& spec : bad) {
    const certs::KeyPair pair = pki().key_pair(test::issue_self_signed(spec));
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      const auto server = local->accept_wan(kS2s, kStartTls, std::nullopt);
      const RawClient raw = client_showing(&pair);
      SSL_set_max_proto_version(raw.ssl, version);
      Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
      ASSERT_TRUE(talk.handshake()) << server->failure().text << raw.engine->failure().text;
      const certs::PresentedChain chain = server->peer_chain();
      ASSERT_TRUE(chain.leaf);
      EXPECT_FALSE(certs::verify_peer({chain,
                                       pki().anchors(),
                                       domain("peer.example"),
                                       certs::PeerRole::kInitiating,
                                       {},
                                       test::kNow}));
    }
  }
}

TEST(ClientCertificate, LeavesNoVerdictThatCouldBeTakenForOurs) {
  certs::SslCtxPtr context(SSL_CTX_new(TLS_client_method()));
  postpone_verification(context.get());
  certs::SslPtr ssl(SSL_new(context.get()));
  SSL* raw = ssl.get();
  SSL_set_connect_state(raw);
  Engine client(std::move(ssl));
  const auto server =
      contexts_for("legacy.example")->accept_wan(kS2s, kStartTls, domain("legacy.example"));
  Talk talk{client, *server, SIZE_MAX, {}, {}, {}, {}};
  ASSERT_TRUE(talk.handshake());
  EXPECT_EQ(SSL_get_verify_result(raw), X509_V_ERR_APPLICATION_VERIFICATION);
}

TEST(ClientCertificate, ListIsBounded) {
  const auto local = contexts_for("legacy.example");
  test::CertificateSpec fat = test::leaf_spec("peer.example");
  for (int i = 0; i < 150; ++i) {
    fat.dns_names.push_back("name-number-" + std::to_string(i) + ".of-a-fat-certificate.example");
  }
  const certs::KeyPair pair = pki().key_pair(pki().leaf(fat));
  for (const int copies : {0, 2}) {  // about 7 KiB each
    const auto server = local->accept_wan(kS2s, kStartTls, std::nullopt);
    const RawClient raw = client_showing(&pair);
    for (int i = 0; i < copies; ++i) SSL_add1_chain_cert(raw.ssl, pair.leaf.get());
    Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
    talk.handshake();
    EXPECT_EQ(server->state(), copies == 0 ? State::kEstablished : State::kFailed);
  }
}

struct Tickets {
  int received = 0;
  SSL_SESSION* last = nullptr;
  ~Tickets() { SSL_SESSION_free(last); }
};

// A client that keeps the sessions it is given.
RawClient collecting_client(Tickets& tickets, int version, SSL_SESSION* resume = nullptr) {
  const auto configure = [=](SSL_CTX*, SSL* ssl) {
    SSL_set_max_proto_version(ssl, version);
    if (resume != nullptr) SSL_set_session(ssl, resume);
  };
  return RawClient(configure, [&tickets](SSL_CTX* context) {
    SSL_CTX_set_app_data(context, &tickets);
    // Not stored: a context that is freed spoils the sessions that it stored.
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, [](SSL* ssl, SSL_SESSION* session) {
      auto* found = static_cast<Tickets*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
      ++found->received;
      SSL_SESSION_free(found->last);
      found->last = session;
      return 1;
    });
  });
}

std::string_view ticket_of(const SSL_SESSION* session) {
  const unsigned char* octets = nullptr;
  std::size_t size = 0;
  SSL_SESSION_get0_ticket(session, &octets, &size);
  return {reinterpret_cast<const char*>(octets), size};
}

TEST(Resumption, HasNoMeansOnS2s) {
  const auto local = contexts_for("legacy.example");
  for (const TlsEntry entry : {kStartTls, kDirectTls}) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      Tickets tickets;
      const auto server = local->accept_wan(kS2s, entry, std::nullopt);
      const RawClient raw = collecting_client(tickets, version);
      Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
      ASSERT_TRUE(talk.handshake());
      EXPECT_EQ(SSL_SESSION_has_ticket(SSL_get0_session(raw.ssl)), 0);
      if (version == TLS1_3_VERSION) {
        EXPECT_EQ(tickets.received, 0);
        continue;
      }
      // A TLS 1.2 session without a ticket could still be resumed by its id.
      SSL_SESSION* session = SSL_get1_session(raw.ssl);
      const auto again = local->accept_wan(kS2s, entry, std::nullopt);
      Tickets ignored;
      const RawClient resuming = collecting_client(ignored, version, session);
      Talk second{*resuming.engine, *again, SIZE_MAX, {}, {}, {}, {}};
      ASSERT_TRUE(second.handshake());
      EXPECT_EQ(SSL_session_reused(resuming.ssl), 0);
      SSL_SESSION_free(session);
    }
  }
}

TEST(Resumption, HasOneTicketOnC2sAndNoEarlyData) {
  const auto local = contexts_for("legacy.example");
  for (const TlsEntry entry : {kStartTls, kDirectTls}) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      Tickets tickets;
      const auto server = local->accept_wan(StreamKind::kC2s, entry, std::nullopt);
      const RawClient raw = collecting_client(tickets, version);
      Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
      ASSERT_TRUE(talk.handshake());
      ASSERT_EQ(tickets.received, 1);
      EXPECT_EQ(SSL_SESSION_has_ticket(tickets.last), 1);
      EXPECT_EQ(SSL_SESSION_get_max_early_data(tickets.last), 0U);

      // A ticket is for one visit (RFC 8446 appendix C.4), so each visit gives the next one.
      using SessionPtr = std::unique_ptr<SSL_SESSION, certs::Deleter<&SSL_SESSION_free>>;
      SessionPtr session(std::exchange(tickets.last, nullptr));
      for (int visit = 0; visit < 5; ++visit) {
        const auto again = local->accept_wan(StreamKind::kC2s, entry, std::nullopt);
        const RawClient resuming = collecting_client(tickets, version, session.get());
        Talk second{*resuming.engine, *again, SIZE_MAX, {}, {}, {}, {}};
        ASSERT_TRUE(second.handshake());
        EXPECT_EQ(SSL_session_reused(resuming.ssl), 1);
        // The library tells of a new one only in TLS 1.3.
        EXPECT_EQ(tickets.received, version == TLS1_3_VERSION ? 2 + visit : 1);
        SessionPtr next(SSL_get1_session(resuming.ssl));
        EXPECT_NE(ticket_of(next.get()), ticket_of(session.get()));
        session = std::move(next);
        resuming.engine->close(second.to_server);  // OpenSSL forgets a session that was cut off
      }
    }
  }
}

// RFC 6066 section 3: whoever came to a.example may not come back to b.example by its ticket.
TEST(Resumption, IsForTheHostOfTheSessionAlone) {
  const auto local = three_hosts();
  for (const TlsEntry entry : {kStartTls, kDirectTls}) {
    for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
      // Whether a client of `first` that comes back to `second` is resumed.
      const auto resumes = [&](const std::string& first, const std::string& second) {
        const auto visit = [&](Tickets& tickets, const std::string& name, SSL_SESSION* session) {
          const auto server = local->accept_wan(StreamKind::kC2s, entry, domain(name));
          const RawClient raw = collecting_client(tickets, version, session);
          SSL_set_tlsext_host_name(raw.ssl, name.c_str());
          Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
          EXPECT_TRUE(talk.handshake());
          EXPECT_TRUE(certs::names_domain(raw.engine->peer_chain().leaf.get(), domain(name)));
          raw.engine->close(talk.to_server);  // OpenSSL forgets a session that was cut off
          return SSL_session_reused(raw.ssl) == 1;
        };
        Tickets tickets;
        Tickets ignored;
        EXPECT_FALSE(visit(tickets, first, nullptr));
        return visit(ignored, second, tickets.last);
      };
      SCOPED_TRACE(version);
      EXPECT_TRUE(resumes("a.example", "a.example"));
      EXPECT_TRUE(resumes("b.example", "b.example"));
      EXPECT_FALSE(resumes("a.example", "b.example"));
      EXPECT_FALSE(resumes("b.example", "a.example"));
      EXPECT_FALSE(resumes("b.example", "c.example"));
    }
  }
}

class BackendTest : public ::testing::Test {
 protected:
  std::shared_ptr<const certs::MintedLeaf> mint(std::string_view remote) {
    return ca_.mint(domain(remote), test::kNow).value();
  }

  test::TempDir files_;
  certs::LocalCa ca_ = [this] {
    EXPECT_TRUE(certs::LocalCa::create(files_.path(), test::kNow));
    return certs::LocalCa::load(files_.path(), {}, test::kNow).value();
  }();
  std::unique_ptr<Contexts> local_ = contexts_for("legacy.example");
};

TEST_F(BackendTest, InitiatingShowsTheMintedLeafAndAsksForTheHost) {
  const auto leaf = mint("remote.example");
  const auto ours = local_->connect_backend(*leaf, domain("legacy.example"));
  const auto backend_contexts = contexts_for("legacy.example");
  const auto backend = backend_contexts->accept_wan(kS2s, kStartTls, domain("legacy.example"));
  Talk talk{*ours, *backend, SIZE_MAX, {}, {}, {}, {}};
  ASSERT_TRUE(talk.handshake());
  EXPECT_EQ(backend->facts().sni, "legacy.example");
  EXPECT_EQ(X509_cmp(backend->peer_chain().leaf.get(), leaf->leaf.get()), 0);
  EXPECT_TRUE(certs::names_domain(ours->peer_chain().leaf.get(), domain("legacy.example")));
}

TEST_F(BackendTest, ReceivingShowsTheMintedLeafAndAsksForACertificate) {
  const auto one = mint("one.example");
  const auto two = mint("two.example");
  const certs::KeyPair backend = pair_for("legacy.example", test::TestKey::kRsa2048);
  // Two sessions at once: a leaf must not stick to the context they share.
  const auto first = local_->accept_backend(*one);
  const auto second = local_->accept_backend(*two);
  const RawClient first_client = client_showing(&backend);
  const RawClient second_client = client_showing(nullptr);
  Talk first_talk{*first_client.engine, *first, SIZE_MAX, {}, {}, {}, {}};
  Talk second_talk{*second_client.engine, *second, SIZE_MAX, {}, {}, {}, {}};
  ASSERT_TRUE(first_talk.handshake());
  ASSERT_TRUE(second_talk.handshake());
  const auto shown = [](const RawClient& raw) { return raw.engine->peer_chain().leaf; };
  EXPECT_EQ(X509_cmp(shown(first_client).get(), one->leaf.get()), 0);
  EXPECT_EQ(X509_cmp(shown(second_client).get(), two->leaf.get()), 0);
  EXPECT_EQ(X509_cmp(first->peer_chain().leaf.get(), backend.leaf.get()), 0);
  EXPECT_FALSE(second->peer_chain().leaf);
}

TEST_F(BackendTest, ASessionWithoutALeafFails) {
  EXPECT_EQ(local_->accept_backend(certs::MintedLeaf{})->state(), State::kFailed);
  EXPECT_EQ(local_->connect_backend(certs::MintedLeaf{}, domain("legacy.example"))->state(),
            State::kFailed);
}

TEST_F(BackendTest, AnonymousInitiatingShowsNothingAndAsksForTheHost) {
  const auto ours = local_->connect_backend_anonymous(domain("legacy.example"));
  const auto backend_contexts = contexts_for("legacy.example");
  const auto backend = backend_contexts->accept_wan(kS2s, kStartTls, domain("legacy.example"));
  Talk talk{*ours, *backend, SIZE_MAX, {}, {}, {}, {}};
  ASSERT_TRUE(talk.handshake());
  EXPECT_EQ(backend->facts().sni, "legacy.example");
  EXPECT_FALSE(backend->peer_chain().leaf);
  EXPECT_TRUE(certs::names_domain(ours->peer_chain().leaf.get(), domain("legacy.example")));
}

TEST_F(BackendTest, AnonymousReceivingVouchesForNobody) {
  const certs::KeyPair backend = pair_for("legacy.example", test::TestKey::kP256);
  const auto serve = [&](Engine& ours) {
    const RawClient raw = client_showing(&backend);
    Talk talk{*raw.engine, ours, SIZE_MAX, {}, {}, {}, {}};
    EXPECT_TRUE(talk.handshake());
    EXPECT_EQ(X509_cmp(ours.peer_chain().leaf.get(), backend.leaf.get()), 0);
    return raw.engine->peer_chain();
  };
  const certs::PresentedChain shown = serve(*local_->accept_backend_anonymous());
  ASSERT_TRUE(shown.leaf);
  EXPECT_TRUE(shown.sent.empty());
  EXPECT_EQ(X509_check_issued(shown.leaf.get(), shown.leaf.get()), X509_V_OK);
  EXPECT_LT(X509_get_ext_by_NID(shown.leaf.get(), NID_subject_alt_name, -1), 0);
  EXPECT_EQ(X509_check_ca(shown.leaf.get()), 0);
  // It is the same one for every stream of these contexts, and of no others.
  const certs::PresentedChain again = serve(*local_->accept_backend_anonymous());
  EXPECT_EQ(X509_cmp(shown.leaf.get(), again.leaf.get()), 0);
  const auto others = contexts_for("legacy.example");
  const certs::PresentedChain other = serve(*others->accept_backend_anonymous());
  EXPECT_NE(X509_cmp(shown.leaf.get(), other.leaf.get()), 0);
}

TEST_F(BackendTest, AMintedLeafDoesNotStickToAnonymousSessions) {
  const auto leaf = mint("remote.example");
  const auto authenticated = local_->connect_backend(*leaf, domain("legacy.example"));
  const auto anonymous = local_->connect_backend_anonymous(domain("legacy.example"));
  const auto backend_contexts = contexts_for("legacy.example");
  const auto backend = backend_contexts->accept_wan(kS2s, kStartTls, domain("legacy.example"));
  Talk talk{*anonymous, *backend, SIZE_MAX, {}, {}, {}, {}};
  ASSERT_TRUE(talk.handshake());
  EXPECT_FALSE(backend->peer_chain().leaf);
}

TEST_F(BackendTest, DirectReceivingShowsWhatIsChosenBySni) {
  const auto leaf = mint("remote.example");
  const certs::KeyPair backend = pair_for("legacy.example", test::TestKey::kP256);
  for (const auto* const sni : {"remote.example", "other.example", ""}) {
    SCOPED_TRACE(sni);
    std::vector<std::string> asked;
    const auto ours = local_->accept_backend_direct([&](std::string_view name) {
      asked.emplace_back(name);
      return name == "remote.example" ? leaf : nullptr;
    });
    const RawClient raw = client_showing(&backend);
    if (*sni != '\0') SSL_set_tlsext_host_name(raw.ssl, sni);
    Talk talk{*raw.engine, *ours, SIZE_MAX, {}, {}, {}, {}};
    ASSERT_TRUE(talk.handshake());
    EXPECT_EQ(asked, std::vector<std::string>{sni});
    const auto shown = raw.engine->peer_chain().leaf;
    EXPECT_EQ(X509_cmp(shown.get(), leaf->leaf.get()) == 0, asked.front() == "remote.example");
    EXPECT_EQ(certs::names_domain(shown.get(), domain("remote.example")),
              asked.front() == "remote.example");
    EXPECT_EQ(X509_cmp(ours->peer_chain().leaf.get(), backend.leaf.get()), 0);
  }
}

TEST_F(BackendTest, DirectReceivingDoesNotThrowThroughTheLibrary) {
  const auto ours = local_->accept_backend_direct(
      [](std::string_view) -> std::shared_ptr<const certs::MintedLeaf> { throw std::bad_alloc(); });
  const RawClient raw = client_showing(nullptr);
  Talk talk{*raw.engine, *ours, SIZE_MAX, {}, {}, {}, {}};
  EXPECT_FALSE(talk.handshake());
  EXPECT_EQ(ours->state(), State::kFailed);
}

TEST_F(BackendTest, DirectReceivingWantsXmppIfAnyProtocolIsOffered) {
  const auto leaf = mint("remote.example");
  for (const std::string offered : {"\x0bxmpp-server", "\x08http/1.1", ""}) {
    const auto ours = local_->accept_backend_direct([&](std::string_view) { return leaf; });
    const RawClient raw = client_showing(nullptr);
    SSL_set_alpn_protos(raw.ssl, reinterpret_cast<const unsigned char*>(offered.data()),
                        static_cast<unsigned int>(offered.size()));
    Talk talk{*raw.engine, *ours, SIZE_MAX, {}, {}, {}, {}};
    EXPECT_EQ(talk.handshake(), offered != "\x08http/1.1");
    if (offered != "\x08http/1.1") continue;
    EXPECT_EQ(ours->failure().reason, policy::Reason::kAlpnMismatch);
  }
}

TEST(ClientCertificate, IsAskedForOnC2sOnDemand) {
  ContextsSpec spec;
  spec.hosts.push_back(host("legacy.example"));
  spec.asks_clients = true;
  const auto asking = contexts(std::move(spec));
  const auto not_asking = contexts_for("legacy.example");
  const certs::KeyPair user = pair_for("user.example", test::TestKey::kP256);
  for (const TlsEntry entry : {kStartTls, kDirectTls}) {
    for (const Contexts* local : {asking.get(), not_asking.get()}) {
      for (const certs::KeyPair* shown : {&user, static_cast<const certs::KeyPair*>(nullptr)}) {
        const auto server = local->accept_wan(StreamKind::kC2s, entry, std::nullopt);
        const RawClient raw = client_showing(shown);
        Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
        ASSERT_TRUE(talk.handshake());
        EXPECT_EQ(server->peer_chain().leaf != nullptr, local == asking.get() && shown != nullptr);
      }
    }
  }
}

TEST(Resumption, IsNotOfferedToClientsThatAreAskedForACertificate) {
  ContextsSpec spec;
  spec.hosts.push_back(host("legacy.example"));
  spec.asks_clients = true;
  const auto local = contexts(std::move(spec));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Tickets tickets;
    const auto server = local->accept_wan(StreamKind::kC2s, kStartTls, std::nullopt);
    const RawClient raw = collecting_client(tickets, version);
    Talk talk{*raw.engine, *server, SIZE_MAX, {}, {}, {}, {}};
    ASSERT_TRUE(talk.handshake());
    // TLS 1.2 gives the client a session even so, of which we keep nothing.
    EXPECT_EQ(SSL_SESSION_has_ticket(SSL_get0_session(raw.ssl)), 0);
    EXPECT_FALSE(version == TLS1_3_VERSION && tickets.received > 0);
  }
}

}  // namespace
}  // namespace portcullis::tls
