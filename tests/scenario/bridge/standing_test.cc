#include "certs/x509/spki_pin.h"
#include "tests/scenario/bridge/streams.h"

// An established stream ends when anything ends that it rests on, and goes on when only something
// else does.
namespace portcullis::relay::scene {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string exception(const std::string& until, const std::string& more) {
  return "[[s2s.exception]]\ndomain = \"peer.example\"\nuntil = " + until + "\nwhy = \"test\"\n" +
         more;
}

// peer.example showed `shown`, by which it is accepted.
void relay_inbound_with(Scene& scene, const test::Issued& shown) {
  near_authenticates(scene.near, kFromPeer, &shown, wire::kAuthPeer);
  scene.network.resolves(kBackendAddress);
  far_accepts(scene.far(), &world().backend);
  scene.near.says(kFromPeer);
  scene.far().says(theirs(wire::kNoFeatures));
  ASSERT_TRUE(scene.established()) << scene.log_text << scene.near.heard();
  forget(scene);
}

void expect_to_go_on(Scene& scene) {
  EXPECT_FALSE(scene.near.connection.closing() || scene.far().connection.closing());
  scene.near.says(wire::kMessage);
  scene.far().hears(wire::kMessage);
  scene.near.says(wire::kEnd);
}

void expect_the_end(Scene& scene, std::string_view condition, std::string_view reason) {
  EXPECT_TRUE(scene.near.connection.closing() && scene.far().connection.closing());
  const auto heard = scene.near.heard();
  EXPECT_THAT(heard, HasSubstr("<" + std::string(condition) + " "));
  EXPECT_THAT(heard, HasSubstr(std::string(reason) + "</reason>"));
}

test::Issued expired_peer() {
  auto spec = test::leaf_spec("peer.example");
  spec.until = test::kNow - std::chrono::days(1);
  return pki().leaf(spec);
}

const auto kMidnight = std::chrono::sys_days(std::chrono::year(2026) / std::chrono::June / 21);

// ---- An exception whose last day is over, without a reload

TEST(Standing, EndsOnceTheLastDayOfItsExceptionIsOver) {
  play([](std::size_t piece) {
    const auto peer = expired_peer();
    Scene scene(piece, kInbound,
                world().build("", exception("2026-06-20", "allow = [\"expired\"]\n")));
    relay_inbound_with(scene, peer);
    EXPECT_THAT(scene.log_text, HasSubstr("verdict=excepted"));
    scene.time.set_wall_clock(kMidnight - 2min);
    scene.time.advance(1min);
    EXPECT_FALSE(scene.near.connection.closing());
    scene.time.advance(2min);
    expect_the_end(scene, "policy-violation", "expired");
    scene.near.connection.leave();
    scene.far().connection.leave();
    scene.time.settle();
    EXPECT_THAT(scene.log_text, HasSubstr("expired (its exception is over)"));
  });
}

// Observe mode, which a reload has brought, lets it go on; it is known by nothing any more.
TEST(Standing, IsOnlyObservedOnceItsExceptionIsOver) {
  const auto peer = expired_peer();
  const auto excepted = exception("2026-06-20", "allow = [\"expired\"]\n");
  Scene scene(1, kInbound, world().build("", excepted));
  relay_inbound_with(scene, peer);
  const auto known = [&scene] { return name(*scene.bridge->operators().facts().how); };
  EXPECT_EQ(known(), "excepted");
  scene.bridge->rejudge(world().build("", "[policy]\nmode = \"observe\"\n" + excepted));
  EXPECT_EQ(known(), "excepted");
  scene.time.set_wall_clock(kMidnight - 1min);
  scene.time.advance(2min);
  EXPECT_EQ(known(), "observed");
  expect_to_go_on(scene);
}

TEST(Standing, EndsAnOutgoingStreamWithItsException) {
  const auto peer = expired_peer();
  Scene scene(1, kOutbound, world().build("", exception("2026-06-20", "allow = [\"expired\"]\n")));
  backend_authenticates(scene);
  scene.network.finds(candidates({"198.51.100.1"}));
  far_accepts(scene.far(), &peer);
  scene.near.says(kFromLegacy);
  scene.far().says(theirs(wire::kNoFeatures));
  ASSERT_TRUE(scene.established()) << scene.log_text;
  forget(scene);
  scene.time.set_wall_clock(kMidnight - 1min);
  scene.time.advance(2min);
  EXPECT_TRUE(scene.near.connection.closing() && scene.far().connection.closing());
  EXPECT_THAT(scene.far().heard(), HasSubstr("expired</reason>"));
}

TEST(Standing, AnExceptionThatIsNotNeededEndsNobody) {
  Scene scene(1, kInbound, world().build("", exception("2026-06-20", "allow = [\"expired\"]\n")));
  relay_inbound(scene);
  scene.time.set_wall_clock(kMidnight - 1min);
  scene.time.advance(2min);
  expect_to_go_on(scene);
}

TEST(Standing, AnExceptionOfAnotherDomainEndsNobody) {
  Scene scene(1, kInbound,
              world().build("",
                            "[[s2s.exception]]\ndomain = \"other.example\"\nuntil = 2026-06-20\n"
                            "why = \"test\"\nallow = [\"expired\"]\n"));
  relay_inbound(scene);
  scene.time.set_wall_clock(kMidnight - 1min);
  scene.time.advance(2min);
  expect_to_go_on(scene);
}

// A reload in time gives it a later day.
TEST(Standing, LastsUntilTheLaterDayOfAProlongedException) {
  const auto peer = expired_peer();
  Scene scene(1, kInbound, world().build("", exception("2026-06-20", "allow = [\"expired\"]\n")));
  relay_inbound_with(scene, peer);
  scene.bridge->rejudge(world().build("", exception("2026-06-22", "allow = [\"expired\"]\n")));
  scene.time.set_wall_clock(kMidnight - 1min);
  scene.time.advance(2min);
  EXPECT_FALSE(scene.near.connection.closing());
  scene.time.set_wall_clock(kMidnight + std::chrono::days(2) - 1min);
  scene.time.advance(2min);
  expect_the_end(scene, "policy-violation", "expired");
}

TEST(Standing, AReloadThatTakesTheExceptionAwayEndsTheStreamAtOnce) {
  const auto peer = expired_peer();
  Scene scene(1, kInbound, world().build("", exception("2026-06-20", "allow = [\"expired\"]\n")));
  relay_inbound_with(scene, peer);
  scene.bridge->rejudge(world().plain);
  expect_the_end(scene, "policy-violation", "expired");
}

// What the rule brings outlives the exception that was needed before it.
TEST(Standing, GoesOnWhereAPinTookThePlaceOfTheException) {
  const auto peer = expired_peer();
  Scene scene(1, kInbound, world().build("", exception("2026-06-20", "allow = [\"expired\"]\n")));
  relay_inbound_with(scene, peer);
  const auto pin = policy::pin_text(*certs::spki_pin(peer.certificate.get()));
  scene.bridge->rejudge(world().build(
      "",
      "[[s2s.rule]]\nmatch = [\"peer.example\"]\nauth = [\"pin\"]\npins = [\"" + pin + "\"]\n"));
  scene.time.set_wall_clock(kMidnight + std::chrono::days(30));
  scene.time.advance(2min);
  expect_to_go_on(scene);
}

// ---- The keys of the backend, changed by a reload

TEST(Standing, EndsWhereTheBackendHasAnotherKeyNow) {
  static const auto next = pki().leaf(test::leaf_spec("x.example"));
  Scene inbound(1, kInbound);
  relay_inbound(inbound);
  EXPECT_TRUE(inbound.bridge->rejudge(world().with_backends({&next}), Bridge::Changed::kWaits));
  EXPECT_FALSE(inbound.near.connection.closing()) << "it waits for its turn";
  inbound.bridge->rejudge(world().with_backends({&next}));
  expect_the_end(inbound, "reset", "backend_changed");

  Scene outbound(1, kOutbound);
  relay_outbound(outbound);
  outbound.bridge->rejudge(world().with_backends({&next}));
  EXPECT_TRUE(outbound.near.connection.closing() && outbound.far().connection.closing());
  EXPECT_THAT(outbound.far().heard(), HasSubstr("backend_changed</reason>"));
}

// It is set back, or the old key is listed again, before the stream's turn has come.
TEST(Standing, GoesOnWhereTheKeyIsBackInTime) {
  static const auto next = pki().leaf(test::leaf_spec("x.example"));
  Scene inbound(1, kInbound);
  relay_inbound(inbound);
  EXPECT_TRUE(inbound.bridge->rejudge(world().with_backends({&next}), Bridge::Changed::kWaits));
  inbound.bridge->rejudge(world().with_backends({&next, &world().backend}));
  expect_to_go_on(inbound);
}

TEST(Standing, GoesOnWhereTheBackendHasOneKeyMore) {
  static const auto next = pki().leaf(test::leaf_spec("x.example"));
  Scene inbound(1, kInbound);
  relay_inbound(inbound);
  inbound.bridge->rejudge(world().with_backends({&next, &world().backend}));
  expect_to_go_on(inbound);

  Scene outbound(1, kOutbound);
  relay_outbound(outbound);
  outbound.bridge->rejudge(world().with_backends({&next, &world().backend}));
  EXPECT_FALSE(outbound.near.connection.closing() || outbound.far().connection.closing());
  outbound.near.says(wire::kEnd);
}

// ---- A list that revokes the peer, taken by a reload

TEST(Standing, EndsWhereANewListRevokesThePeerAndNobodyElse) {
  const auto revoking = [](const test::Issued& revoked) {
    world().write("list.pem", test::crl_pem({{revoked.certificate.get()}}, pki().intermediate()));
    return world().build("crls = [\"list.pem\"]\n");
  };
  Scene scene(1, kInbound);
  relay_inbound(scene);
  scene.bridge->rejudge(revoking(world().other));
  EXPECT_FALSE(scene.near.connection.closing());
  scene.bridge->rejudge(revoking(world().peer));
  expect_the_end(scene, "policy-violation", "revoked");
}

// With crl-hard nobody may go on of whom it is no longer known that they are not revoked.
TEST(Standing, EndsWithTheRevocationListsWhereTheyAreDemanded) {
  const auto until = test::kNow + std::chrono::days(2);
  const auto listed = [&](const std::string& how) {
    const test::CrlSpec spec{{}, test::kNow - std::chrono::days(1), until};
    world().write("list.pem",
                  test::crl_pem(spec, pki().intermediate()) + test::crl_pem(spec, pki().root()));
    return world().build("revocation = \"" + how + "\"\ncrls = [\"list.pem\"]\n");
  };
  for (const std::string how : {"crl-soft", "crl-hard"}) {
    Scene scene(1, kInbound, listed(how));
    relay_inbound(scene);
    scene.time.set_wall_clock(until - 1min);
    scene.time.advance(30s);
    EXPECT_FALSE(scene.near.connection.closing());
    scene.time.advance(2min);
    if (how == "crl-hard")
      expect_the_end(scene, "reset", "revocation_unknown");
    else
      expect_to_go_on(scene);
  }
}

}  // namespace
}  // namespace portcullis::relay::scene
