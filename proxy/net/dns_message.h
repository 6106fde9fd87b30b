#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace portcullis::net {

// Messages of DNS (RFC 1035 section 4) as values: queries are read, responses are written. Names
// are kept in wire format, without compression and with the root's octet, in the case in which they
// came. Pure.

// Octets of a message over UDP where the asker has stated no size of its own.
constexpr std::size_t kPlainDnsMessage = 512;  // RFC 1035 section 4.2.1
// The size that we state ourselves: it fits into one packet on every path.
constexpr std::size_t kUdpDnsMessage = 1232;
constexpr std::size_t kTcpDnsMessage = 65'535;  // RFC 1035 section 4.2.2

// Also holds types that are not listed here.
enum class RecordType : std::uint16_t {
  kA = 1,
  kSoa = 6,
  kAaaa = 28,
  kSrv = 33,
  kOpt = 41,
  kAny = 255
};

constexpr std::uint16_t kClassInternet = 1;

enum class Rcode : std::uint8_t {
  kNoError = 0,
  kFormatError = 1,
  kServerFailure = 2,
  kNoSuchName = 3,
  kNotImplemented = 4,
  kRefused = 5,
  kBadVersion = 16  // RFC 6891 section 6.1.3
};

struct DnsQuestion {
  std::string name;
  RecordType type = RecordType::kA;
  std::uint16_t record_class = kClassInternet;
};

// RFC 6891 section 6.1.
struct Edns {
  std::uint16_t udp_size = 0;
  std::uint8_t version = 0;
  bool dnssec_ok = false;  // RFC 3225
};

struct DnsQuery {
  std::uint16_t id = 0;
  bool recursion_desired = false;
  bool checking_disabled = false;  // RFC 4035 section 3.2.2
  DnsQuestion question;
  std::optional<Edns> edns;
};

// A message from which only the header could be read.
struct DnsFault {
  std::uint16_t id = 0;
  std::uint8_t opcode = 0;
  bool recursion_desired = false;
  Rcode rcode = Rcode::kFormatError;
};

// Nothing may be said to it: too short for a header, or itself a response. Two servers that answer
// responses would never stop.
struct NoDnsQuery {};

// A query has one question (RFC 9619), whose name is not compressed, and nothing but additional
// records behind it, of which at most one is an OPT record. Everything else is a fault.
std::variant<DnsQuery, DnsFault, NoDnsQuery> read_query(std::string_view message);

struct DnsRecord {
  std::string name;
  RecordType type = RecordType::kA;
  std::uint32_t ttl = 0;  // seconds
  std::string rdata;
};

struct DnsResponse {
  Rcode rcode = Rcode::kNoError;
  bool authoritative = false;
  std::vector<DnsRecord> answers;
  std::vector<DnsRecord> authority;
};

// The response to `query` in at most `room` octets, or at least without records: then TC tells the
// asker to come again by TCP (RFC 2181 section 9). Never says that anything was authenticated.
std::string write_response(const DnsQuery& query, const DnsResponse& response, std::size_t room);
std::string write_fault(const DnsFault& fault);

// Whether `answer` belongs to `query` (RFC 5452 section 9.1), both whole messages. Who sent it is
// for the caller to know.
bool is_answer_to(std::string_view answer, std::string_view query);
// `message` must hold a header.
std::uint16_t id_of(std::string_view message);
void set_id(std::string& message, std::uint16_t id);

}  // namespace portcullis::net
