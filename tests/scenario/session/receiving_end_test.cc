#include "tests/scenario/session/stage.h"
#include "tests/scenario/session/wire.h"

// How a stream that came to us ends before it is established, from each place it may be in.
namespace portcullis::session::stage {
namespace {

using ::testing::HasSubstr;

const std::string kPeer = "from='peer.example' to='legacy.example' version='1.0'";
const std::string kBackend = "from='legacy.example' to='peer.example' version='1.0'";

// How far the other end got.
enum class Place { kAccepted, kStartTls, kHandshake, kSecured, kAuth, kFarLeg, kRestart };

Party& reach(Stage& stage, Side side, Place place) {
  const bool wan = side == Side::kWan;
  auto& other = stage.receiving(wan ? StreamKind::kS2sInbound : StreamKind::kS2sOutbound, side);
  const auto theirs = server(wan ? kPeer : kBackend);
  other.connects();
  if (place >= Place::kStartTls) other.says(theirs);
  if (place >= Place::kHandshake) other.says(kStartTls);
  if (place >= Place::kSecured) other.secures();
  if (place >= Place::kAuth) other.says(theirs);
  if (place >= Place::kFarLeg) other.says(auth(wan ? kAuthPeer : kAuthLegacy));
  if (place >= Place::kRestart) other.tell(FarAuthenticated{});
  EXPECT_FALSE(other.refused());
  other.forget();
  return other;
}

// Whether our header is still to be said, and whether there is a far leg to be told.
bool fresh(Place place) {
  return place == Place::kAccepted || place == Place::kSecured || place == Place::kRestart;
}
std::string header_if_fresh(Place place) {
  if (!fresh(place)) return "";
  const auto* id = place == Place::kAccepted ? "id1" : place == Place::kSecured ? "id2" : "id3";
  return server("id='" + std::string(id) + "' version='1.0'");
}
std::string end_of(Place place, std::string_view reason) {
  return place >= Place::kFarLeg ? ended_both(reason) : ended(reason);
}

constexpr Place kPlaces[] = {Place::kAccepted, Place::kStartTls, Place::kSecured,
                             Place::kAuth,     Place::kFarLeg,   Place::kRestart};

TEST(ReceivingEnd, SaysItsHeaderBeforeTheTimeout) {
  for (const auto place : kPlaces) {
    SCOPED_TRACE(static_cast<int>(place));
    play([place](Stage& stage) {
      auto& peer = reach(stage, Side::kWan, place);
      peer.tell(DeadlineExpired{});
      peer.hears(header_if_fresh(place) + error("connection-timeout", "negotiation_timeout") +
                 end_of(place, "negotiation_timeout"));
    });
  }
}

TEST(ReceivingEnd, BlamesTheBackendForItsDelayButNotForThatOfThePeer) {
  const std::pair<Place, std::string_view> cases[] = {
      {Place::kStartTls, "backend_unavailable"},
      {Place::kAuth, "backend_unavailable"},
      {Place::kRestart, "backend_unavailable"},
      {Place::kFarLeg, "negotiation_timeout"},
  };
  for (const auto& [place, reason] : cases) {
    SCOPED_TRACE(static_cast<int>(place));
    play([p = place, r = reason](Stage& stage) {
      auto& backend = reach(stage, Side::kBackend, p);
      backend.tell(DeadlineExpired{});
      EXPECT_EQ(policy::id(backend.refused()->reason), r);
      EXPECT_EQ(backend.state(), "closed");
    });
  }
}

TEST(ReceivingEnd, SaysNothingWhereNothingMayBeSaid) {
  for (const auto& event : {Event(DeadlineExpired{}), Event(ShutdownRequested{}),
                            Event(TransportLost{"reset"}), Event(StreamClosed{})}) {
    play([&event](Stage& stage) {
      auto& peer = reach(stage, Side::kWan, Place::kHandshake);
      peer.tell(event);
      const auto did = peer.everything();
      EXPECT_TRUE(did.find("[tls legacy.example][refused ") != std::string::npos) << did;
    });
  }
}

TEST(ReceivingEnd, AnnouncesAShutdown) {
  for (const auto place : kPlaces) {
    if (place == Place::kRestart) continue;
    play([place](Stage& stage) {
      auto& peer = reach(stage, Side::kWan, place);
      peer.tell(ShutdownRequested{});
      peer.hears(header_if_fresh(place) + error("system-shutdown", "shutting_down") +
                 ended("shutting_down"));
    });
  }
}

// Who was told <success/> may have stanzas on the way: they are answered first.
TEST(ReceivingEnd, HearsBeforeAShutdownWhatWasSentBehindSuccess) {
  play([](Stage& stage) {
    auto& peer = reach(stage, Side::kWan, Place::kRestart);
    peer.tell(ShutdownRequested{});
    peer.hears("[refused shutting_down][2s]");
    peer.tell(DeadlineExpired{});
    peer.hears(header_if_fresh(Place::kRestart) + error("system-shutdown", "shutting_down") +
               "[close shutting_down]");
  });
}

TEST(ReceivingEnd, NotesWhoLeft) {
  for (const auto place : kPlaces) {
    play([place](Stage& stage) {
      auto& peer = reach(stage, Side::kWan, place);
      peer.tell(TransportLost{"reset"});
      peer.hears(end_of(place, "peer_left"));
    });
    play([place](Stage& stage) {
      auto& backend = reach(stage, Side::kBackend, place);
      backend.tell(TransportLost{"reset"});
      backend.hears(end_of(place, "backend_unavailable"));
    });
    if (fresh(place)) continue;
    play([place](Stage& stage) {
      auto& peer = reach(stage, Side::kWan, place);
      peer.says(kEnd);
      peer.hears(std::string(kEnd) + end_of(place, "peer_left"));
    });
  }
}

// ejabberd says nothing when it does not trust the certificate that was made for the peer.
TEST(ReceivingEnd, KnowsWhatABackendMeansThatLeavesAtOurCertificate) {
  play([](Stage& stage) {
    auto& backend = reach(stage, Side::kBackend, Place::kAuth);
    backend.says(kEnd);
    backend.hears(std::string(kEnd) + end_of(Place::kAuth, "backend_misconfigured"));
    EXPECT_THAT(backend.refused()->text, testing::HasSubstr("does not trust the local CA"));
  });
  play([](Stage& stage) {
    auto& peer = reach(stage, Side::kWan, Place::kAuth);
    peer.says(kEnd);
    EXPECT_EQ(policy::id(peer.refused()->reason), "peer_left");
  });
}

TEST(ReceivingEnd, KeepsTheWordsOfAStreamError) {
  const std::string theirs =
      "<stream:error><not-authorized xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
      "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>untrusted certificate</text>"
      "</stream:error>";
  for (const auto place : {Place::kStartTls, Place::kAuth, Place::kFarLeg}) {
    for (const auto side : {Side::kWan, Side::kBackend}) {
      play([&](Stage& stage) {
        auto& other = reach(stage, side, place);
        other.says(theirs);
        const auto* reason = side == Side::kWan ? "refused_by_peer" : "backend_misconfigured";
        other.hears(std::string(kEnd) + end_of(place, reason));
        EXPECT_THAT(other.refused()->text, HasSubstr("not-authorized (untrusted certificate)"));
      });
    }
  }
}

TEST(ReceivingEnd, RefusesForbiddenXmlWithItsOwnCondition) {
  for (const auto place : kPlaces) {
    if (fresh(place)) continue;
    play([place](Stage& stage) {
      auto& peer = reach(stage, Side::kWan, place);
      peer.says("<!-- -->");
      peer.hears(error("restricted-xml", "xml_restricted") + end_of(place, "xml_restricted"));
    });
  }
}

TEST(ReceivingEnd, HearsThatTheFarLegIsGone) {
  for (const auto place : {Place::kFarLeg, Place::kRestart}) {
    for (const auto& event : {Event(FarEnded{}), Event(FarLost{})}) {
      play([&](Stage& stage) {
        auto& peer = reach(stage, Side::kWan, place);
        peer.tell(event);
        peer.hears(header_if_fresh(place) +
                   error("remote-connection-failed", "backend_unavailable") +
                   ended("backend_unavailable"));
      });
      play([&](Stage& stage) {
        auto& backend = reach(stage, Side::kBackend, place);
        backend.tell(event);
        backend.hears(header_if_fresh(place) + error("remote-connection-failed", "peer_left") +
                      ended("peer_left"));
      });
    }
  }
}

}  // namespace
}  // namespace portcullis::session::stage
