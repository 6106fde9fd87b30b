// What shows only when values are held against each other, and that one run finds everything.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/policy/config_text.h"

namespace portcullis::policy {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(Consistency, AnAddressIsListenedOnOnce) {
  EXPECT_THAT(
      texts(load_least_and("[outbound]\nlisten = [\"[0::0]:5269\"]\n")),
      ElementsAre("p.toml:13:11: error: \"[0::0]:5269\" is listened on already, see line 3; "
                  "change one",
                  HasSubstr("warning: \"[0::0]:5269\" can be reached by everybody")));
  EXPECT_THAT(texts(load_least_and("[outbound]\nlisten = [\"127.0.0.2:5269\"]\n")), IsEmpty());
}

TEST(Consistency, TheBackendIsNotOurOwnListener) {
  EXPECT_THAT(texts(load_least_and("c2s = \"[::]:5269\"\nallow_clear_c2s = true\n")),
              ElementsAre("p.toml:12:7: error: \"[::]:5269\" is our own listener (line 3), not the "
                          "backend; give the backend another port"));
}

TEST(Consistency, AnAmbiguousNameCannotBeServed) {
  const auto loaded = load_least_and(R"([[host]]
domain = "fa\u00df.example"
aliases = ["b\u00fccher.example", "xn--strae-oqa.example", "\u0645\u062b\u0627\u0644.example"]
certificates = [ { chain = "c.pem", key = "k.pem" } ]
backend = { c2s = "127.0.0.1:15222", allow_clear_c2s = true }
)");
  EXPECT_THAT(
      texts(loaded),
      ElementsAre(
          AllOf(HasSubstr("p.toml:13:10: error: \"fa\u00df.example\" cannot be served: "),
                HasSubstr("take it for fass.example; serve a name that both read alike")),
          AllOf(HasSubstr("p.toml:14:35: error: \"stra\u00dfe.example\" cannot be served: "),
                HasSubstr("take it for strasse.example")),
          AllOf(HasSubstr("p.toml:14:60: error: "), HasSubstr("accept no such name"))));
}

TEST(Consistency, ADomainIsServedAsItIsSpelled) {
  const auto loaded = load_least_and(R"([[host]]
domain = "B\u00dccher.example"
aliases = ["xn--fsqu00a.example"]
certificates = [ { chain = "c.pem", key = "k.pem" } ]
backend = { c2s = "127.0.0.1:15222" }
)");
  ASSERT_TRUE(loaded.config);
  const auto spelling = [&](std::string_view name) {
    const auto* const served = loaded.config->served(DomainName::parse(name).value());
    return served == nullptr ? "none" : served->wire();
  };
  EXPECT_EQ(spelling("xn--bcher-kva.example"), "b\u00fccher.example");
  EXPECT_EQ(spelling("\u4f8b\u5b50.example"), "xn--fsqu00a.example");
  EXPECT_EQ(spelling("a.example"), "a.example");
  EXPECT_EQ(spelling("c.example"), "none");
}

TEST(Consistency, ADomainBelongsToOneHost) {
  const auto loaded = load_least_and(R"([[host]]
domain = "b.example"
aliases = ["A.example", "rooms.b.example", "ROOMS.b.example"]
certificates = [ { chain = "c.pem", key = "k.pem" } ]
backend = { c2s = "127.0.0.1:15222", allow_clear_c2s = true }
)");
  EXPECT_THAT(
      texts(loaded),
      ElementsAre("p.toml:14:12: error: \"a.example\" is served already, see line 7; a "
                  "domain or alias belongs to one host",
                  "p.toml:14:44: error: \"rooms.b.example\" is served already, see line 14; "
                  "a domain or alias belongs to one host"));
}

TEST(Consistency, ADuplicateIsShownAsALabel) {
  const auto loaded =
      load_least_and("[federation]\ndeny = [\"b\u00fccher.example\", \"xn--bcher-kva.example\"]\n");
  EXPECT_THAT(texts(loaded),
              ElementsAre(HasSubstr("error: \"xn--bcher-kva.example\" stands in federation.deny "
                                    "already, see line 13; remove one")));
}

TEST(Consistency, ANetworkIsNotBothAllowedAndRefused) {
  EXPECT_THAT(
      texts(load_least_and("[outbound]\nallow_networks = [\"10.0.0.0/8\"]\nrefuse_networks = "
                           "[\"fd00::/8\", \"10.0.0.0/8\"]\n")),
      ElementsAre("p.toml:13:19: error: \"10.0.0.0/8\" is both allowed and refused (line "
                  "14); remove one"));
  // The longer prefix decides.
  EXPECT_THAT(
      texts(load_least_and("[outbound]\nallow_networks = [\"10.0.0.0/8\"]\nrefuse_networks = "
                           "[\"10.1.0.0/16\"]\n")),
      IsEmpty());
}

TEST(Consistency, APatternIsNotBothAllowedAndDenied) {
  const auto loaded = load_least_and(
      "[federation]\ndefault = \"deny\"\nallow = [\"*.B.example\"]\ndeny = [\"*.b.example.\"]\n");
  EXPECT_THAT(texts(loaded), ElementsAre("p.toml:14:10: error: \"*.b.example\" is both allowed and "
                                         "denied (line 15); remove one"));
  // A nearer name is no contradiction: deny wins.
  EXPECT_THAT(
      texts(load_least_and("[federation]\ndefault = \"deny\"\nallow = [\"*.b.example\"]\ndeny = "
                           "[\"x.b.example\"]\n")),
      IsEmpty());
}

TEST(Consistency, ClientsAloneNeedNoLocalCa) {
  const auto loaded = load_text(R"(version = 1
[listen]
s2s = []
s2s_direct = []
[outbound]
listen = []
[[host]]
domain = "a.example"
certificates = [ { chain = "c.pem", key = "k.pem" } ]
[host.backend]
s2s = "127.0.0.1:15269"
c2s = "127.0.0.1:15222"
allow_clear_c2s = true
)");
  EXPECT_THAT(texts(loaded), IsEmpty());
  ASSERT_TRUE(loaded.config);
  EXPECT_EQ(loaded.config->local_ca.directory, "");
}

TEST(Consistency, ClientListenersWithoutAnyBackendForClientsAreOdd) {
  std::string toml(kLeast);
  toml.replace(toml.find("s2s ="), 0, "c2s = [\"[::]:5222\"]\n");
  const auto loaded = load_text(toml);
  EXPECT_TRUE(loaded.config);
  EXPECT_THAT(texts(loaded),
              ElementsAre("p.toml:3:7: warning: clients are listened for, but no host "
                          "has backend.c2s; all are refused"));
}

TEST(Consistency, CertificatesThatAreNamedAreComplete) {
  EXPECT_THAT(texts(load_least_and("[[host]]\ndomain = \"b.example\"\ncertificates = []\nbackend = "
                                   "{ c2s = \"127.0.0.1:1\" }\n")),
              ElementsAre(HasSubstr("p.toml:14:16: error: host.certificates is empty; name a "
                                    "certificate with its key")));
  EXPECT_THAT(texts(load_least_and("[[host]]\ndomain = \"b.example\"\ncertificates = [ { chain = "
                                   "\"c\" } ]\nbackend = { c2s = \"127.0.0.1:1\" }\n")),
              ElementsAre("p.toml:14:18: error: host.certificates.key is missing"));
}

TEST(Consistency, ListsOfTablesSayHowTheyAreWritten) {
  EXPECT_THAT(texts(load_text("version = 1\n[listen]\nc2s = [\"[::]:5222\"]\n[host]\ndomain = "
                              "\"a.example\"\n")),
              ElementsAre("p.toml:4:1: error: host must be written [[host]]"));
  EXPECT_THAT(texts(load_least_and("[[host]]\ndomain = \"b.example\"\ncertificates = [\"c.pem\"]\n"
                                   "backend = { c2s = \"127.0.0.1:1\" }\n")),
              ElementsAre("p.toml:14:16: error: host.certificates must be written [ { chain = "
                          "\"FILE\", key = \"FILE\" } ]"));
}

TEST(Consistency, AnEmptyFileIsToldEverythingItLacks) {
  EXPECT_THAT(texts(load_text("")),
              ElementsAre("p.toml: error: there is no [[host]]; add one for each domain that is "
                          "served"));
}

TEST(Consistency, OneWrongValueDoesNotCauseOtherFindings) {
  std::string toml(kLeast);
  toml.replace(toml.find("[::]:5269"), 9, "nowhere");
  EXPECT_THAT(texts(load_text(toml)), ElementsAre(HasSubstr("p.toml:3:8: error: listen.s2s")));
}

TEST(Consistency, OneRunFindsEverythingInTheOrderOfTheFile) {
  const auto loaded = load_text(R"(version = 2
workers = 1000
[listen]
s2s = ["[::]:5269", "x"]
[[host]]
domain = "a_b.example"
certificates = [ { chain = "", key = 1 } ]
[host.backend]
s2s = "[::]:5269"
certificate = "b.pem"
[log]
debug = 1
format = "x"
)");
  EXPECT_FALSE(loaded.config);
  std::vector<std::pair<std::uint32_t, std::uint32_t>> places;
  for (const auto& diagnostic : loaded.diagnostics)
    places.emplace_back(diagnostic.line, diagnostic.column);
  using Place = std::pair<std::uint32_t, std::uint32_t>;
  EXPECT_THAT(places,
              ElementsAre(Place(1, 11), Place(2, 11), Place(4, 21), Place(6, 10), Place(7, 28),
                          Place(7, 38), Place(9, 7), Place(12, 9), Place(13, 10)));
}

}  // namespace
}  // namespace portcullis::policy
