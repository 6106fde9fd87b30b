#include <functional>

#include "tests/scenario/bridge/streams.h"

// Who reads what of one refusal: the remote admin on his stream, our users and our operator.
namespace portcullis::relay::scene {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr auto kClientStream = StreamKind::kC2s;

const std::string kHelp = " Contact: xmpp:me@legacy.example Help: https://legacy.example/tls#";

SnapshotPtr helpful() {
  return world().build("",
                       "[policy]\ncontact = \"xmpp:me@legacy.example\"\n"
                       "help_url = \"https://legacy.example/tls#{reason}\"\n");
}

// All that this end is sent from here on, sentences included.
void listen(End& end, std::string& heard) {
  end.connection.on_did = [&heard](test::MemoryConnection::Did did, std::string_view bytes) {
    if (did == test::MemoryConnection::Did::kSend) heard += bytes;
  };
}

// ---- The remote admin

std::string told_to_stranger(StreamKind kind, const std::function<void(Scene&)>& happens) {
  Scene scene(1, kind, helpful());
  std::string told;
  listen(scene.near, told);
  happens(scene);
  return told;
}

void secure(Scene& scene, const test::Issued* shown) {
  scene.near.says(kFromPeer);
  scene.near.says(wire::kStartTls);
  scene.near.secures(shown);
}

TEST(WordsForTheRemoteAdmin, SayWhereToAskFromTheFirstHeaderOn) {
  const std::string to_nobody =
      wire::server("from='peer.example' to='nobody.example' version='1.0'");
  const std::vector<std::pair<std::string, std::function<void(Scene&)>>> refusals{
      {"host_unknown", [&](Scene& s) { s.near.says(to_nobody); }},
      {"plaintext_refused",
       [](Scene& s) {
         s.near.says(kFromPeer);
         s.near.says(wire::auth(wire::kAuthPeer));
       }},
      {"unsupported_version",
       [](Scene& s) { s.near.says(wire::server("from='peer.example' to='legacy.example'")); }},
      {"xml_invalid", [](Scene& s) { s.near.says("<?xml version='1.0'?><a></b>"); }},
      {"bad_address",
       [](Scene& s) {
         secure(s, &world().peer);
         s.near.says(wire::server("to='legacy.example' version='1.0'"));
       }},
      {"cert_missing",
       [](Scene& s) {
         secure(s, nullptr);
         s.near.says(kFromPeer);
       }},
      {"name_mismatch",
       [](Scene& s) {
         secure(s, &world().other);
         s.near.says(kFromPeer);
       }},
      {"unauthenticated_stanza",
       [](Scene& s) {
         secure(s, &world().peer);
         s.near.says(kFromPeer);
         s.near.says(wire::kMessage);
       }},
      {"dialback_attempted",
       [](Scene& s) {
         secure(s, &world().peer);
         s.near.says(kFromPeer);
         s.near.says(wire::kDialback);
       }},
      // Here it stands in the <failure/> of SASL.
      {"authzid_mismatch",
       [](Scene& s) { near_authenticates(s.near, kFromPeer, &world().peer, wire::kAuthLegacy); }},
      {"external_not_offered",
       [](Scene& s) {
         secure(s, &world().peer);
         s.near.says(kFromPeer);
         s.near.says(wire::auth("AGEAYg==", "PLAIN"));
       }},
      {"negotiation_timeout",
       [](Scene& s) {
         s.near.says(kFromPeer);
         s.time.advance(11s);
       }},
      {"shutting_down",
       [](Scene& s) {
         s.near.says(kFromPeer);
         s.bridge->shut_down();
       }},
  };
  for (const auto& [reason, happens] : refusals) {
    const auto told = told_to_stranger(kInbound, happens);
    EXPECT_THAT(told, HasSubstr("." + kHelp + reason + "</text>"));
    EXPECT_EQ(told.find(" Contact:"), told.rfind(" Contact:")) << told;
  }
}

TEST(WordsForTheRemoteAdmin, SayWhereToAskOnAnEstablishedStream) {
  const auto told = told_to_stranger(kInbound, [](Scene& s) {
    relay_inbound(s);
    s.near.says("<message from='a@other.example' to='b@legacy.example'/>");
  });
  EXPECT_THAT(told, HasSubstr("." + kHelp + "address_spoofed</text>"));
}

// He is told nothing of our settings; all the more he needs somebody whom he can tell.
TEST(WordsForTheRemoteAdmin, SayWhereToAskWhenTheFaultIsOurs) {
  const auto told = told_to_stranger(kInbound, [](Scene& s) {
    peer_authenticates(s);
    s.network.resolves(kBackendAddress);
    s.far().connection.leave("connection refused");
  });
  EXPECT_THAT(told, AllOf(HasSubstr("temporarily unavailable." + kHelp + "backend_unavailable"),
                          Not(HasSubstr("127.0.0.1"))));
}

TEST(WordsForAClient, SayWhereToAsk) {
  EXPECT_THAT(told_to_stranger(kClientStream,
                               [](Scene& s) {
                                 s.near.says(kClient);
                                 s.near.says(wire::auth("AGEAYg==", "PLAIN"));
                               }),
              HasSubstr("." + kHelp + "plaintext_refused</text>"));
}

// ---- One refusal of a peer that we called, and its three readers

struct Readers {
  std::string remote_admin;
  std::string user;  // through the backend
  std::string operator_;
};

Readers readers_of(const std::function<void(Scene&)>& happens) {
  Readers all;
  Scene scene(1, kOutbound, helpful());
  listen(scene.near, all.user);
  backend_authenticates(scene);
  scene.network.finds(candidates({"198.51.100.1"}));
  listen(scene.far(), all.remote_admin);
  scene.far().connection.open();
  scene.far().says(wire::server("id='theirs' version='1.0'"));
  all.user.clear();
  happens(scene);
  EXPECT_TRUE(scene.near.connection.closing());
  all.operator_ = scene.log_text;
  return all;
}

std::string text(std::string_view words) {
  return "xml:lang='en'>" + std::string(words) + "</text>";
}

TEST(Words, OfAPeerWithoutTlsNameTheRightServerToEach) {
  const auto all = readers_of([](Scene& s) { s.far().says(wire::kNoFeatures); });
  EXPECT_THAT(all.remote_admin,
              HasSubstr(text("Your server does not offer STARTTLS. Enable it and load a "
                             "certificate." +
                             kHelp + "starttls_not_offered")));
  const std::string at_home =
      "STARTTLS is not offered by peer.example, and streams without encryption are not used.";
  EXPECT_THAT(all.user, HasSubstr(text(at_home)));
  EXPECT_THAT(all.operator_, AllOf(HasSubstr("detail=\"" + at_home + "\""), Not(HasSubstr("Your")),
                                   Not(HasSubstr("Contact"))));
}

TEST(Words, OfAWrongCertificateNameItsOwnerToEach) {
  const auto all = readers_of([](Scene& s) {
    s.far().says(wire::kStartTlsFeatures);
    s.far().says(wire::kProceed);
    s.far().secures(&world().other);
  });
  EXPECT_THAT(all.remote_admin,
              HasSubstr(text("Your certificate is not for peer.example, but for other.example. "
                             "Reissue it with peer.example." +
                             kHelp + "name_mismatch")));
  const std::string at_home =
      "The certificate of peer.example is not for peer.example, but for other.example.";
  EXPECT_THAT(all.user, HasSubstr(text(at_home)));
  EXPECT_THAT(all.operator_, HasSubstr("detail=\"" + at_home + "\""));
}

TEST(Words, SayThatItIsUsWhoIsNotTrusted) {
  const auto all = readers_of([](Scene& s) {
    s.far().says(wire::kStartTlsFeatures);
    s.far().says(wire::kProceed);
    s.far().secures(&world().peer);
    s.far().says(theirs(wire::kNoFeatures));
  });
  EXPECT_THAT(all.remote_admin, HasSubstr("it does not accept our certificate"));
  EXPECT_THAT(all.user, AllOf(HasSubstr("it does not accept the certificate of legacy.example"),
                              HasSubstr("SASL EXTERNAL is not offered by peer.example")));
  EXPECT_THAT(all.operator_, HasSubstr("does not accept the certificate of legacy.example"));
}

// The exception let its certificate pass, and so the fault must be somewhere else.
TEST(Words, SayWhatAnExceptionCannotDo) {
  auto spec = test::leaf_spec("peer.example");
  spec.until = test::kNow - std::chrono::days(1);
  const auto old = pki().leaf(spec);
  Scene scene(1, kOutbound,
              world().build("",
                            "[[s2s.exception]]\ndomain = \"peer.example\"\n"
                            "allow = [\"expired\"]\nuntil = 2026-06-20\nwhy = \"x\"\n"));
  std::string told;
  listen(scene.near, told);
  backend_authenticates(scene);
  scene.network.finds(candidates({"198.51.100.1"}));
  scene.far().connection.open();
  scene.far().says(theirs(wire::kStartTlsFeatures));
  scene.far().says(wire::kProceed);
  scene.far().secures(&old);
  scene.far().says(theirs(wire::kNoFeatures));
  EXPECT_THAT(told, HasSubstr("the exception for it waives what is wrong with its certificate, and "
                              "cannot make it accept ours"));
  EXPECT_THAT(scene.log_text, HasSubstr("cannot make it accept ours"));
}

// What ends in a full stop already gets no second one.
TEST(Words, OfOthersEndWithOneFullStop) {
  const auto all = readers_of([](Scene& s) {
    s.far().says(
        "<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
        "<text xmlns='urn:ietf:params:xml:ns:xmpp-streams'>We know nobody. Ask elsewhere...</text>"
        "</stream:error>");
  });
  EXPECT_THAT(all.user, HasSubstr(text("The stream was refused by peer.example: host-unknown (We "
                                       "know nobody. Ask elsewhere).")));
}

// ---- Our own server

TEST(Words, OfOurOwnServerNameItsDomain) {
  Scene scene(1, kOutbound);
  std::string told;
  listen(scene.near, told);
  scene.near.says(kFromLegacy);
  scene.near.says(
      "<db:result xmlns:db='jabber:server:dialback' from='legacy.example' "
      "to='peer.example'>key</db:result>");
  EXPECT_THAT(told, HasSubstr(text("Server dialback was tried by legacy.example, and only SASL "
                                   "EXTERNAL is accepted.")));
  EXPECT_THAT(scene.log_text, HasSubstr("tried by legacy.example, and"));
}

}  // namespace
}  // namespace portcullis::relay::scene
