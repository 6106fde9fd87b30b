#include "proxy/xmpp/hop_features.h"

#include <gmock/gmock.h>

#include <set>

#include "proxy/xmpp/features.h"
#include "proxy/xmpp/sasl_external.h"
#include "reader_support.h"

namespace portcullis::xmpp {
namespace {

using test::element_of;

constexpr StreamLimits kOurs{524288, 14400};

std::string features_with(std::string_view limits) {
  return "<stream:features>" + std::string(limits) + "</stream:features>";
}
std::string limits(std::string_view content) {
  return "<limits xmlns='urn:xmpp:stream-limits:0'>" + std::string(content) + "</limits>";
}
StreamLimits read(std::string_view content) {
  return read_limits(element_of(features_with(limits(content))));
}

// ---- The table

TEST(HopFeatures, EachStandsOnceAndSaysWhy) {
  std::set<std::string_view> seen;
  for (const auto& feature : hop_features()) {
    EXPECT_TRUE(seen.insert(feature.ns).second) << feature.ns;
    EXPECT_FALSE(feature.title.empty() || feature.why.empty()) << feature.ns;
    EXPECT_NE(feature.servers, Handling::kPass) << "a gate writes their features itself";
  }
}

TEST(HopFeatures, ServersAreToldNothingElse) {
  for (const std::string& written :
       {write_starttls_features(), write_optional_starttls_features(kOurs),
        write_dialback_features(kOurs), write_external_features(),
        write_external_and_dialback_features(kOurs), write_limits_features(kOurs)}) {
    for (const Element& feature : element_of(written).children) {
      const auto handling = handling_for_servers(feature.ns);
      EXPECT_TRUE(handling == Handling::kOwn || handling == Handling::kMerge) << feature.ns;
    }
  }
}

TEST(HopFeatures, ClientsGetWhatPassesAndTheLimits) {
  for (const auto& feature : hop_features()) {
    const std::string one = "<x xmlns='" + std::string(feature.ns) + "'/>";
    const auto shown = client_features(element_of(features_with(one)), kOurs);
    // The list of channel-binding types is merged on the leg to the backend.
    const bool passes = feature.clients == Handling::kPass || feature.ns == ns::kSaslChannelBinding;
    ASSERT_EQ(shown.children.size(), passes ? 2U : 1U) << feature.ns;
    EXPECT_EQ(shown.children[0].is(feature.ns, "x"), passes);
    EXPECT_EQ(read_limits(shown), kOurs);
  }
}

TEST(HopFeatures, WhatSpeaksOfNoHopIsPassedToClients) {
  for (const auto* ns : {"urn:ietf:params:xml:ns:xmpp-bind", "urn:xmpp:csi:0",
                         "http://jabber.org/features/iq-register", "urn:unknown"})
    EXPECT_EQ(handling_for_clients(ns), Handling::kPass) << ns;
  EXPECT_EQ(handling_for_servers("urn:unknown"), Handling::kDrop);
}

// ---- XEP-0478

TEST(StreamLimits, AreRead) {
  EXPECT_EQ(read("<max-bytes>262144</max-bytes><idle-seconds>840</idle-seconds>"),
            (StreamLimits{262144, 840}));
  EXPECT_EQ(read("<idle-seconds> 30\n</idle-seconds>"), (StreamLimits{std::nullopt, 30}));
  EXPECT_EQ(read(""), StreamLimits{});
  EXPECT_EQ(read_limits(element_of("<stream:features/>")), StreamLimits{});
}

TEST(StreamLimits, NonsenseIsNoAnnouncement) {
  for (const auto* text : {"", "0", "-1", "+5", "1e5", "0x10", "12 34", "12kB", "many",
                           "18446744073709551616", "99999999999999999999999999"}) {
    EXPECT_EQ(read("<max-bytes>" + std::string(text) + "</max-bytes>"), StreamLimits{}) << text;
  }
  EXPECT_EQ(read("<max-bytes xmlns='urn:x'>5</max-bytes>"), StreamLimits{});
  EXPECT_EQ(read_limits(element_of(features_with("<limits><max-bytes>5</max-bytes></limits>"))),
            StreamLimits{});
}

TEST(StreamLimits, OfSeveralTheSmallestHold) {
  const auto features = features_with(limits("<max-bytes>20000</max-bytes>") +
                                      limits("<max-bytes>30000</max-bytes>"
                                             "<idle-seconds>9</idle-seconds>"));
  EXPECT_EQ(read_limits(element_of(features)), (StreamLimits{20000, 9}));
}

TEST(StreamLimits, TheSmallerValueOfEachHolds) {
  EXPECT_EQ(smaller_of({100, 9}, {50, 20}), (StreamLimits{50, 9}));
  EXPECT_EQ(smaller_of({100, std::nullopt}, {std::nullopt, 20}), (StreamLimits{100, 20}));
  EXPECT_EQ(smaller_of({}, {}), StreamLimits{});
}

TEST(StreamLimits, OfTheBackendAreReplacedByWhatHolds) {
  const auto shown =
      client_features(element_of(features_with(limits("<max-bytes>1048576</max-bytes>"
                                                      "<idle-seconds>600</idle-seconds><x/>") +
                                               "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>")),
                      kOurs);
  ASSERT_EQ(shown.children.size(), 2U);
  EXPECT_EQ(shown.children[1], limits_element({524288, 600}));
}

}  // namespace
}  // namespace portcullis::xmpp
