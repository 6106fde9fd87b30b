// Unit tests of what is believed of a file that `portcullis probe --json` may have written.

#include "proxy/report/probe_result.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/report/probe_sample.h"

namespace portcullis::report {
namespace {

using nlohmann::json;
using test::address;
using test::probe_of;
using testing::HasSubstr;

KeyKinds kinds(const json& probe) {
  const auto read = read_probe(probe.dump());
  EXPECT_TRUE(read) << read.error().message;
  return read ? read->kinds : KeyKinds::kUnproved;
}
std::string fault(const std::string& text) {
  const auto read = read_probe(text);
  EXPECT_FALSE(read);
  return read ? "" : read.error().message;
}

const json kOnlyRsa = address("RSA 2048 bits", "ecdsa", nullptr);
const json kOnlyEcdsa = address("ECDSA P-256", "rsa", nullptr);
const json kBoth = address("ECDSA P-256", "rsa", "RSA 4096 bits");

TEST(ProbeResult, SaysWhichKindsOfKeysWereProved) {
  EXPECT_EQ(read_probe(probe_of("peer.example", {kOnlyRsa}).dump())->domain, "peer.example");
  EXPECT_EQ(kinds(probe_of("peer.example", {kOnlyRsa})), KeyKinds::kOnlyRsa);
  EXPECT_EQ(kinds(probe_of("peer.example", {kOnlyEcdsa, kOnlyEcdsa})), KeyKinds::kOnlyEcdsa);
  EXPECT_EQ(kinds(probe_of("peer.example", {kBoth})), KeyKinds::kBoth);
}

TEST(ProbeResult, OneAddressWithTheOtherKindIsEnoughForBoth) {
  EXPECT_EQ(kinds(probe_of("peer.example", {kOnlyRsa, kBoth})), KeyKinds::kBoth);
  EXPECT_EQ(kinds(probe_of("peer.example", {kOnlyRsa, kOnlyEcdsa})), KeyKinds::kBoth);
}

TEST(ProbeResult, NothingIsProvedWhereAnAddressDidNotSay) {
  auto not_called = kOnlyRsa;
  for (const auto* const name : {"certificate", "other_certificates", "stage"})
    not_called.erase(name);
  auto no_certificate = kOnlyRsa;
  no_certificate["certificate"] = nullptr;
  auto other_key = kOnlyRsa;
  other_key["certificate"]["key"] = "ED25519";
  auto by_proxy = kOnlyRsa;
  by_proxy["by_proxy"] = true;
  auto not_asked = kOnlyRsa;
  not_asked["other_certificates"] = json::array();
  for (const auto& unclear : {not_called, no_certificate, other_key, by_proxy, not_asked}) {
    EXPECT_EQ(kinds(probe_of("peer.example", {unclear})), KeyKinds::kUnproved) << unclear;
    EXPECT_EQ(kinds(probe_of("peer.example", {kOnlyRsa, unclear})), KeyKinds::kUnproved) << unclear;
  }
  EXPECT_EQ(kinds(probe_of("peer.example", {})), KeyKinds::kUnproved);
  auto more = probe_of("peer.example", {kOnlyRsa});
  more["addresses_left_out"] = 1;
  EXPECT_EQ(kinds(more), KeyKinds::kUnproved);
}

// A server that is slow, or takes no second connection, has perhaps both.
TEST(ProbeResult, OnlyARefusalInTheHandshakeIsAProof) {
  for (const auto& [stage, reason] :
       std::vector<std::pair<std::string, std::string>>{{"connecting", "peer_unreachable"},
                                                        {"handshake", "negotiation_timeout"},
                                                        {"handshake", "peer_unreachable"},
                                                        {"handshake", "tls_failed"},
                                                        {"clear", "tls_no_common_suite"},
                                                        {"handshake", "tls_version_too_low"},
                                                        {"clear", "starttls_not_offered"},
                                                        {"", ""}}) {
    auto unclear = kOnlyRsa;
    unclear["other_certificates"][0]["failure"] = {{"stage", stage}, {"reason", reason}};
    EXPECT_EQ(kinds(probe_of("peer.example", {unclear})), KeyKinds::kUnproved) << stage << reason;
  }
  auto silent = kOnlyRsa;
  silent["other_certificates"][0].erase("failure");
  EXPECT_EQ(kinds(probe_of("peer.example", {silent})), KeyKinds::kUnproved);
}

TEST(ProbeResult, TakesNothingThatIsBroken) {
  const auto whole = probe_of("peer.example", {kOnlyRsa}).dump();
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_THAT(fault(whole.substr(0, size)), HasSubstr("no JSON")) << size;
  EXPECT_THAT(fault(whole + whole), HasSubstr("more than one object"));
  EXPECT_THAT(fault("\xff\xfe{}"), HasSubstr("no JSON"));
  for (const auto* const text : {"null", "[]", "7", "\"x\"", "{}", "[{\"schema\":1}]"})
    EXPECT_THAT(fault(text), HasSubstr("\"schema\" is")) << text;
}

TEST(ProbeResult, TakesNoOtherVersionAndNoOtherKind) {
  for (const json& schema : {json(2), json(0), json("1"), json(1.5), json(-1), json(nullptr)}) {
    auto probe = probe_of("peer.example", {kOnlyRsa});
    probe["schema"] = schema;
    EXPECT_THAT(fault(probe.dump()), HasSubstr("\"schema\"")) << schema;
  }
  auto probe = probe_of("peer.example", {kOnlyRsa});
  probe["kind"] = "c2s";
  EXPECT_THAT(fault(probe.dump()), HasSubstr("--c2s"));
}

TEST(ProbeResult, TakesNoTextThatIsTooLarge) {
  auto probe = probe_of("peer.example", {kOnlyRsa});
  probe["for_admin"] = std::string(kMostProbeText, 'x');
  EXPECT_THAT(fault(probe.dump()), HasSubstr("larger than 1 MiB"));
  EXPECT_THAT(fault(std::string(kMostProbeText + 1, ' ')), HasSubstr("larger than 1 MiB"));
}

TEST(ProbeResult, TakesNothingThatIsNestedTooDeeply) {
  const std::size_t depth = kMostProbeText / 2 - 1;
  EXPECT_FALSE(read_probe(std::string(depth, '[') + std::string(depth, ']')));
  auto probe = probe_of("peer.example", {kOnlyRsa});
  json nested = 1;
  for (int i = 0; i < 20; ++i) nested = json::array({nested});
  probe["more"] = nested;
  EXPECT_THAT(fault(probe.dump()), HasSubstr("nested too deeply"));
}

// Each of them is small, and a parser that looks back over its siblings at the end of each takes
// seconds for a file of this size.
TEST(ProbeResult, TakesNoMoreValuesThanAProbeHas) {
  for (const std::string one : {"{}", "[]", "0", "\"\"", "null", "{\"a\":{}}"}) {
    std::string list = "[" + one;
    while (list.size() + one.size() + 2 < kMostProbeText) list += "," + one;
    EXPECT_THAT(fault(list + "]"), HasSubstr("more than 50000 values")) << one;
  }
  EXPECT_THAT(fault(R"({"a":1,"a":2,"more":[)" + std::string(1000, '[')),
              HasSubstr("\"a\" stands there twice"))
      << "the first fault ends it";
}

TEST(ProbeResult, ReadsALargeOne) {
  auto probe = probe_of("peer.example", {kOnlyRsa});
  auto more = json::array();
  for (int i = 0; i < 20000; ++i) more.push_back({{"more", i}});
  probe["more"] = more;
  EXPECT_EQ(kinds(probe), KeyKinds::kOnlyRsa);
  probe["more"] = std::string(kMostProbeText / 2, 'x');
  EXPECT_EQ(kinds(probe), KeyKinds::kOnlyRsa);
}

TEST(ProbeResult, ANameStandsInAnObjectOnce) {
  auto text = probe_of("peer.example", {kOnlyRsa}).dump();
  text.insert(1, "\"domain\":\"other.example\",");
  EXPECT_THAT(fault(text), HasSubstr("\"domain\" stands there twice"));
  const std::string hostile = "{\"a\\u001b[2J\":1,\"a\\u001b[2J\":2}";
  EXPECT_EQ(fault(hostile).find('\x1b'), std::string::npos);
}

TEST(ProbeResult, TakesNoMemberOfAnotherKind) {
  const auto whole = probe_of("peer.example", {kBoth});
  const std::vector<json::json_pointer> places{
      "/domain"_json_pointer,
      "/kind"_json_pointer,
      "/addresses"_json_pointer,
      "/addresses_left_out"_json_pointer,
      "/addresses/0"_json_pointer,
      "/addresses/0/by_proxy"_json_pointer,
      "/addresses/0/certificate/key"_json_pointer,
      "/addresses/0/other_certificates"_json_pointer,
      "/addresses/0/other_certificates/0/asked"_json_pointer,
      "/addresses/0/other_certificates/0/certificate/key"_json_pointer};
  for (const auto& place : places) {
    auto wrong = whole;
    wrong[place] = json::object({{"x", 1}});
    EXPECT_FALSE(read_probe(wrong.dump())) << place;
    auto missing = whole;
    if (place.parent_pointer().empty() || place.back() != "0") {
      missing[place.parent_pointer()].erase(place.back());
      EXPECT_FALSE(read_probe(missing.dump())) << place;
    }
  }
  auto many = whole;
  for (int i = 0; i < 17; ++i) many["addresses"].push_back(kBoth);
  EXPECT_THAT(fault(many.dump()), HasSubstr("too long"));
}

TEST(ProbeResult, TakesNothingThatContradictsItself) {
  EXPECT_THAT(fault(probe_of("peer.example", {address("RSA 2048 bits", "rsa", nullptr)}).dump()),
              HasSubstr("asked for once more"));
  EXPECT_THAT(
      fault(probe_of("peer.example", {address("RSA 2048 bits", "ecdsa", "RSA 2048 bits")}).dump()),
      HasSubstr("another kind"));
  EXPECT_THAT(fault(probe_of("peer.example", {address("RSA 1 bits", "dsa", nullptr)}).dump()),
              HasSubstr("neither"));
}

TEST(ProbeResult, TakesADomainInALabelsOnly) {
  for (const auto* const domain : {"", "PEER.example", "b\u00fccher.example", "a b.example",
                                   "peer.example.", "<script>", "a|b.example", "-.example"})
    EXPECT_THAT(fault(probe_of(domain, {kOnlyRsa}).dump()), HasSubstr("no domain")) << domain;
  EXPECT_EQ(kinds(probe_of("xn--bcher-kva.example", {kOnlyRsa})), KeyKinds::kOnlyRsa);
}

}  // namespace
}  // namespace portcullis::report
