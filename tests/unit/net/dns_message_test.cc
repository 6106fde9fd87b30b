#include "proxy/net/dns_message.h"

#include <gtest/gtest.h>

#include "proxy/net/dns_name.h"
#include "tests/unit/net/dns_wire.h"

namespace portcullis::net {
namespace {

using namespace test;

std::optional<DnsQuery> good(const std::string& message) {
  const auto read = read_query(message);
  const auto* query = std::get_if<DnsQuery>(&read);
  return query == nullptr ? std::nullopt : std::optional(*query);
}

// The rcode of the fault; nullopt if it is none.
std::optional<Rcode> fault(const std::string& message) {
  const auto read = read_query(message);
  const auto* found = std::get_if<DnsFault>(&read);
  return found == nullptr ? std::nullopt : std::optional(found->rcode);
}

bool is_no_query(const std::string& message) {
  return std::holds_alternative<NoDnsQuery>(read_query(message));
}

TEST(DnsQuery, ReadsAQuestion) {
  const auto found = good(query("_xmpp-server._tcp.Peer.Example", kSrv));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->id, 0x1234);
  EXPECT_TRUE(found->recursion_desired);
  EXPECT_FALSE(found->checking_disabled);
  EXPECT_EQ(found->question.name, wire("_xmpp-server._tcp.Peer.Example"));
  EXPECT_EQ(found->question.type, RecordType::kSrv);
  EXPECT_EQ(found->question.record_class, kClassInternet);
  EXPECT_FALSE(found->edns);
}

TEST(DnsQuery, ReadsFlags) {
  EXPECT_FALSE(good(header(0) + question("a", kA))->recursion_desired);
  EXPECT_TRUE(good(header(0x0010) + question("a", kA))->checking_disabled);
}

TEST(DnsQuery, ReadsTheRoot) {
  EXPECT_EQ(good(query("", kAny))->question.name, "\0"s);
}

TEST(DnsQuery, ReadsEdns) {
  const auto found = good(edns_query("peer.example", kA, opt(1400, 0x8000)));
  ASSERT_TRUE(found && found->edns);
  EXPECT_EQ(found->edns->udp_size, 1400);
  EXPECT_EQ(found->edns->version, 0);
  EXPECT_TRUE(found->edns->dnssec_ok);
  EXPECT_FALSE(good(edns_query("peer.example", kA, opt()))->edns->dnssec_ok);
  EXPECT_EQ(good(edns_query("peer.example", kA, opt(512, 0, 7)))->edns->version, 7);
  const auto cookie = two(10) + two(8) + "12345678";
  EXPECT_TRUE(good(edns_query("peer.example", kA, opt(512, 0, 0, cookie + cookie))));
}

TEST(DnsQuery, PassesOverOtherAdditionalRecords) {
  const auto signature =
      wire("key.example") + two(250) + two(255) + two(0) + two(0) + two(3) + "abc";
  const auto pointing = "\xc0\x0c"s + two(kA) + two(1) + two(0) + two(0) + two(0);
  const auto message =
      header(kRd, 1, 0, 0, 3) + question("peer.example", kA) + signature + opt() + pointing;
  ASSERT_TRUE(good(message));
  EXPECT_TRUE(good(message)->edns);
}

TEST(DnsQuery, SaysNothingToWhatHasNoHeaderOrIsAResponse) {
  const auto whole = query("peer.example", kA);
  for (std::size_t size = 0; size < 12; ++size) EXPECT_TRUE(is_no_query(whole.substr(0, size)));
  EXPECT_TRUE(is_no_query(header(0x8000 | kRd) + question("peer.example", kA)));
  EXPECT_TRUE(is_no_query(header(0xa000) + question("peer.example", kA)));
}

TEST(DnsQuery, RefusesWhatIsCutAnywhere) {
  for (const auto& whole :
       {query("peer.example", kA), edns_query("peer.example", kA, opt(512, 0, 0, two(3) + two(0))),
        header(kRd, 1, 0, 0, 1) + question("peer.example", kA) + "\xc0\x0c"s + two(kA) + two(1) +
            two(0) + two(0) + two(4) + "abcd"}) {
    ASSERT_TRUE(good(whole));
    for (std::size_t size = 12; size < whole.size(); ++size)
      EXPECT_EQ(fault(whole.substr(0, size)), Rcode::kFormatError) << size;
    EXPECT_EQ(fault(whole + '\0'), Rcode::kFormatError);
  }
}

TEST(DnsQuery, RefusesOtherOpcodes) {
  for (unsigned opcode = 1; opcode < 16; ++opcode) {
    const auto message = header(opcode << 11 | kRd) + question("peer.example", kSoa);
    EXPECT_EQ(fault(message), Rcode::kNotImplemented);
    EXPECT_EQ(std::get<DnsFault>(read_query(message)).opcode, opcode);
  }
}

TEST(DnsQuery, HasOneQuestionAndNoAnswers) {
  const auto one = question("peer.example", kA);
  const auto record = wire("a") + two(kA) + two(1) + two(0) + two(0) + two(0);
  EXPECT_EQ(fault(header(kRd, 0)), Rcode::kFormatError);
  EXPECT_EQ(fault(header(kRd, 0) + one), Rcode::kFormatError);
  EXPECT_EQ(fault(header(kRd, 2) + one + one), Rcode::kFormatError);
  EXPECT_EQ(fault(header(kRd, 65535) + one), Rcode::kFormatError);
  EXPECT_EQ(fault(header(kRd, 1, 1) + one + record), Rcode::kFormatError);
  EXPECT_EQ(fault(header(kRd, 1, 0, 1) + one + record), Rcode::kFormatError);
  std::string many = header(kRd, 1, 0, 0, 5) + one;
  for (int i = 0; i < 5; ++i) many += record;
  EXPECT_EQ(fault(many), Rcode::kFormatError);
  EXPECT_EQ(fault(header(kRd, 1, 0, 0, 65535) + one), Rcode::kFormatError);
}

TEST(DnsQuery, RefusesNamesThatAreNone) {
  const auto with_name = [](const std::string& name) {
    return fault(header(kRd) + name + two(kA) + two(1));
  };
  EXPECT_EQ(with_name("\xc0\x0c"s), Rcode::kFormatError);        // points at itself
  EXPECT_EQ(with_name("\4peer\xc0\x00"s), Rcode::kFormatError);  // points into the header
  EXPECT_EQ(with_name("\x40" + std::string(64, 'a') + "\0"s), Rcode::kFormatError);
  EXPECT_EQ(with_name("\x41\x08\0"s), Rcode::kFormatError);  // RFC 2673, which nobody uses
  std::string name;
  for (int i = 0; i < 127; ++i) name += "\1a";
  EXPECT_EQ(with_name(name + '\0'), std::nullopt);  // 255 octets
  EXPECT_EQ(with_name("\2aa" + name.substr(2) + '\0'), Rcode::kFormatError);
}

TEST(DnsQuery, RefusesMalformedEdns) {
  const auto refused = [](const std::string& records, unsigned count) {
    return fault(header(kRd, 1, 0, 0, count) + question("peer.example", kA) + records) ==
           Rcode::kFormatError;
  };
  EXPECT_TRUE(refused(opt() + opt(), 2));
  EXPECT_TRUE(refused("\1a" + opt(), 1));                  // not at the root
  EXPECT_TRUE(refused("\xc0\x19"s + opt().substr(1), 1));  // at the root, by a pointer
  EXPECT_TRUE(refused(opt(512, 0, 0, "\0\3\0"s), 1));      // an option that is cut
  EXPECT_TRUE(refused(opt(512, 0, 0, two(3) + two(5) + "four"), 1));
  EXPECT_TRUE(refused("\x80" + opt().substr(1), 1));  // no kind of label
}

DnsQuery asked(const std::string& name, std::optional<Edns> edns = std::nullopt) {
  return {0x1234, true, false, {wire(name), RecordType::kSrv, kClassInternet}, edns};
}

TEST(DnsResponse, EchoesTheQuestion) {
  EXPECT_EQ(write_response(asked("Peer.Example"), {Rcode::kRefused, false, {}, {}}, 512),
            header(0x8185) + question("Peer.Example", kSrv));
}

TEST(DnsResponse, CopiesFlagsAndNoMore) {
  auto from = asked("a");
  from.recursion_desired = false;
  from.checking_disabled = true;
  EXPECT_EQ(write_response(from, {Rcode::kNoError, true, {}, {}}, 512).substr(2, 2), two(0x8490));
}

TEST(DnsResponse, PointsAtTheQuestion) {
  const DnsResponse response{Rcode::kNoError,
                             true,
                             {{wire("a.peer.example"), RecordType::kA, 0x01020304, "\x7f\0\0\2"s}},
                             {{wire("example"), RecordType::kSoa, 60, "xyz"},
                              {wire("ple"), RecordType::kSoa, 60, ""},
                              {wire(""), RecordType::kSoa, 60, ""}}};
  const auto soa = two(kSoa) + two(1) + two(0) + two(60);
  EXPECT_EQ(write_response(asked("a.peer.example"), response, 512),
            header(0x8580, 1, 1, 3) + question("a.peer.example", kSrv) + "\xc0\x0c"s + two(kA) +
                two(1) + "\1\2\3\4"s + two(4) + "\x7f\0\0\2"s + "\xc0\x13"s + soa + two(3) + "xyz" +
                wire("ple") + soa + two(0) + "\0"s + soa + two(0));
}

TEST(DnsResponse, HasEdnsIfTheQueryHad) {
  EXPECT_EQ(write_response(asked("a", Edns{4096, 0, true}), {Rcode::kNoError, false, {}, {}}, 512),
            header(0x8180, 1, 0, 0, 1) + question("a", kSrv) + opt(1232, 0x8000));
  EXPECT_EQ(write_response(asked("a", Edns{512, 0, false}), {Rcode::kNoError, false, {}, {}}, 512),
            header(0x8180, 1, 0, 0, 1) + question("a", kSrv) + opt(1232));
}

// Its upper bits stand in the OPT record.
TEST(DnsResponse, SaysBadVersion) {
  auto record = opt(1232);
  record[5] = '\1';
  EXPECT_EQ(
      write_response(asked("a", Edns{512, 1, false}), {Rcode::kBadVersion, false, {}, {}}, 512),
      header(0x8180, 1, 0, 0, 1) + question("a", kSrv) + record);
}

TEST(DnsResponse, IsTruncatedToFit) {
  const DnsResponse response{
      Rcode::kNoError, true, {{wire("a"), RecordType::kSrv, 60, std::string(100, 'x')}}, {}};
  const auto query = asked("a", Edns{512, 0, false});
  const auto whole = write_response(query, response, 512);
  EXPECT_EQ(write_response(query, response, whole.size()), whole);
  EXPECT_EQ(write_response(query, response, whole.size() - 1),
            header(0x8780, 1, 0, 0, 1) + question("a", kSrv) + opt(1232));
}

TEST(DnsFault, IsAHeader) {
  EXPECT_EQ(write_fault({0x1234, 5, true, Rcode::kNotImplemented}), header(0xa984, 0));
  EXPECT_EQ(write_fault({0x1234, 0, false, Rcode::kFormatError}), header(0x8081, 0));
}

TEST(DnsAnswerTo, NeedsIdAndQuestion) {
  const auto asks = edns_query("Peer.example", kA, opt());
  const auto answers = header(0x8180) + question("Peer.example", kA);
  EXPECT_TRUE(is_answer_to(answers, asks));
  EXPECT_TRUE(is_answer_to(header(0x8180) + question("pEER.example", kA), asks));
  EXPECT_TRUE(is_answer_to(header(0x8183, 1, 7) + question("Peer.example", kA) + "more", asks));
  for (std::size_t size = 0; size < answers.size(); ++size)
    EXPECT_FALSE(is_answer_to(answers.substr(0, size), asks)) << size;
  EXPECT_FALSE(is_answer_to(asks, asks));
  EXPECT_FALSE(
      is_answer_to(header(0x8180, 1, 0, 0, 0, 0x1235) + question("Peer.example", kA), asks));
  EXPECT_FALSE(is_answer_to(header(0x8180) + question("peer.example.", kAaaa), asks));
  EXPECT_FALSE(is_answer_to(header(0x8180) + question("peer.example", kA, 3), asks));
  EXPECT_FALSE(is_answer_to(header(0x8180) + question("peer.examplf", kA), asks));
  EXPECT_FALSE(is_answer_to(header(0xa180) + question("Peer.example", kA), asks));
  EXPECT_FALSE(is_answer_to(header(0x8180, 0) + question("Peer.example", kA), asks));
}

TEST(DnsId, IsReadAndSet) {
  auto message = query("peer.example", kA);
  EXPECT_EQ(id_of(message), 0x1234);
  set_id(message, 0xfedc);
  EXPECT_EQ(id_of(message), 0xfedc);
  EXPECT_EQ(message.substr(2), query("peer.example", kA).substr(2));
}

TEST(DnsName, IsMadeOfText) {
  EXPECT_EQ(wire_name("127.0.0.2"), wire("127.0.0.2"));
  EXPECT_EQ(wire_name("::1"), "\3::1\0"s);
  EXPECT_EQ(wire_name("peer.example."), wire("peer.example"));
  EXPECT_EQ(wire_name(""), "\0"s);
  EXPECT_EQ(wire_name(std::string(63, 'a')), wire(std::string(63, 'a')));
  EXPECT_FALSE(wire_name(std::string(64, 'a')));
  EXPECT_FALSE(wire_name("a..b"));
  EXPECT_FALSE(wire_name(".a"));
  EXPECT_FALSE(wire_name("."));
  std::string text;
  for (int i = 0; i < 126; ++i) text += "a.";
  EXPECT_TRUE(wire_name(text + "a"));
  EXPECT_FALSE(wire_name(text + "aa"));
}

TEST(DnsName, HasLabels) {
  EXPECT_EQ(labels_of(wire("a.bc.d")), (std::vector<std::string_view>{"a", "bc", "d"}));
  EXPECT_TRUE(labels_of("\0"s).empty());
  EXPECT_TRUE(labels_of("").empty());
}

TEST(DnsName, IgnoresCaseOfAscii) {
  EXPECT_TRUE(same_name("Peer-1", "pEER-1"));
  EXPECT_TRUE(same_name("", ""));
  EXPECT_FALSE(same_name("peer", "peer1"));
  EXPECT_FALSE(same_name("@", "`"));
  EXPECT_FALSE(same_name("[", "{"));
  EXPECT_FALSE(same_name("\xc4", "\xe4"));
}

}  // namespace
}  // namespace portcullis::net
