// Who may come back with the session of an earlier visit, and to whom.

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "proxy/tls/contexts.h"
#include "tests/unit/tls/hosts_and_clients.h"

namespace portcullis::tls {
namespace {

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
