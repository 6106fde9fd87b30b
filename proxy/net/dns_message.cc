#include "proxy/net/dns_message.h"

#include <utility>

#include "proxy/base/octets.h"
#include "proxy/net/dns_name.h"

namespace portcullis::net {
namespace {

constexpr std::size_t kHeader = 12;
constexpr std::size_t kMaxAdditional = 4;  // of a query: OPT, and a signature of the message

// RFC 1035 section 4.1.1, RFC 4035 section 3.2.2
constexpr unsigned kResponse = 0x8000;
constexpr unsigned kAuthoritative = 0x0400;
constexpr unsigned kTruncated = 0x0200;
constexpr unsigned kRecursionDesired = 0x0100;
constexpr unsigned kRecursionAvailable = 0x0080;
constexpr unsigned kCheckingDisabled = 0x0010;
constexpr unsigned kOpcodeShift = 11;
constexpr unsigned kOpcodeMask = 0xf;
constexpr unsigned kRcodeMask = 0xf;
constexpr unsigned kRcodeBits = 4;
constexpr unsigned kPointer = 0xc000;  // RFC 1035 section 4.1.4
constexpr unsigned kDnssecOk = 0x8000;

struct Header {
  std::uint16_t id = 0;
  std::uint16_t flags = 0;
  std::uint16_t questions = 0;
  std::uint16_t answers = 0;
  std::uint16_t authority = 0;
  std::uint16_t additional = 0;

  bool has(unsigned flag) const { return (flags & flag) != 0; }
  std::uint8_t opcode() const {
    return static_cast<std::uint8_t>(flags >> kOpcodeShift & kOpcodeMask);
  }
};

std::uint16_t number_of(Octets& octets) {
  return static_cast<std::uint16_t>(octets.number(2));
}

Header read_header(Octets& octets) {
  Header header;
  for (auto* const field : {&header.id, &header.flags, &header.questions, &header.answers,
                            &header.authority, &header.additional})
    *field = number_of(octets);
  return header;
}

// Nothing stands before the question that a pointer could mean, so it has none.
std::optional<std::string> read_name(Octets& octets) {
  std::string name;
  while (true) {
    const unsigned size = octets.number(1);
    if (octets.is_short() || size > kMaxDnsLabel || name.size() + 1 + size > kMaxDnsName)
      return std::nullopt;
    name += static_cast<char>(size);
    if (size == 0) return name;
    name += octets.take(size);
  }
}

std::optional<DnsQuestion> read_question(Octets& octets) {
  auto name = read_name(octets);
  if (!name) return std::nullopt;
  const auto type = static_cast<RecordType>(number_of(octets));
  const auto record_class = number_of(octets);
  if (octets.is_short()) return std::nullopt;
  return DnsQuestion{std::move(*name), type, record_class};
}

// The owner of a record. A pointer ends it and is not followed, as nobody wants to know the name.
// True if it is the root, spelled out.
bool skip_name(Octets& octets) {
  unsigned size = octets.number(1);
  if (size == 0) return true;
  for (; size != 0 && size <= kMaxDnsLabel; size = octets.number(1)) octets.take(size);
  if (size > kMaxDnsLabel && (size << 8 & kPointer) != kPointer) octets.cut();
  if (size > kMaxDnsLabel) octets.take(1);
  return false;
}

// RFC 6891 section 6.1.2
bool are_options(std::string_view rdata) {
  Octets octets(rdata);
  while (!octets.empty()) {
    number_of(octets);
    octets.take(number_of(octets));
  }
  return !octets.is_short();
}

// One additional record. False if the message is malformed.
bool read_additional(Octets& octets, std::optional<Edns>& edns) {
  const bool at_root = skip_name(octets);
  const auto type = static_cast<RecordType>(number_of(octets));
  const auto record_class = number_of(octets);
  octets.number(1);  // the upper bits of the rcode, which only a response has
  const auto version = static_cast<std::uint8_t>(octets.number(1));
  const unsigned flags = number_of(octets);
  const auto rdata = octets.take(number_of(octets));
  if (octets.is_short()) return false;
  if (type != RecordType::kOpt) return true;
  if (!at_root || edns || !are_options(rdata)) return false;
  edns = Edns{record_class, version, (flags & kDnssecOk) != 0};
  return true;
}

bool read_body(Octets& octets, const Header& header, DnsQuery& query) {
  if (header.questions != 1 || header.answers != 0 || header.authority != 0 ||
      header.additional > kMaxAdditional)
    return false;
  auto question = read_question(octets);
  if (!question) return false;
  query.question = std::move(*question);
  for (unsigned i = 0; i < header.additional; ++i)
    if (!read_additional(octets, query.edns)) return false;
  return octets.empty();
}

void add_number(std::string& out, std::size_t number) {
  append_number(out, static_cast<std::uint32_t>(number), 2);
}

void add_header(std::string& out, const Header& header) {
  for (const auto field : {header.id, header.flags, header.questions, header.answers,
                           header.authority, header.additional})
    add_number(out, field);
}

// A name that ends the question's name is a pointer to there.
void add_name(std::string& out, std::string_view name, std::string_view question) {
  for (std::size_t at = 0; at + 1 < question.size();
       at += 1 + static_cast<std::uint8_t>(question[at]))
    if (question.substr(at) == name) return add_number(out, kPointer | (kHeader + at));
  out += name;
}

void add_record(std::string& out, const DnsRecord& record, std::string_view question) {
  add_name(out, record.name, question);
  add_number(out, static_cast<std::size_t>(record.type));
  add_number(out, kClassInternet);
  add_number(out, record.ttl >> 16);
  add_number(out, record.ttl & 0xffff);
  add_number(out, record.rdata.size());
  out += record.rdata;
}

// RFC 6891 section 6.1.1: an OPT record stands in a response if, and only if, it stood in the
// query.
void add_edns(std::string& out, const std::optional<Edns>& edns, Rcode rcode) {
  if (!edns) return;
  out += '\0';
  add_number(out, static_cast<std::size_t>(RecordType::kOpt));
  add_number(out, kUdpDnsMessage);
  out += static_cast<char>(static_cast<unsigned>(rcode) >> kRcodeBits);
  out += '\0';
  add_number(out, edns->dnssec_ok ? kDnssecOk : 0);
  add_number(out, 0);
}

std::string write(const DnsQuery& query, const DnsResponse& response, unsigned more_flags) {
  unsigned flags = kResponse | kRecursionAvailable | more_flags;
  if (response.authoritative) flags |= kAuthoritative;
  if (query.recursion_desired) flags |= kRecursionDesired;
  if (query.checking_disabled) flags |= kCheckingDisabled;
  flags |= static_cast<unsigned>(response.rcode) & kRcodeMask;
  std::string out;
  add_header(out, {query.id, static_cast<std::uint16_t>(flags), 1,
                   static_cast<std::uint16_t>(response.answers.size()),
                   static_cast<std::uint16_t>(response.authority.size()),
                   static_cast<std::uint16_t>(query.edns ? 1 : 0)});
  out += query.question.name;
  add_number(out, static_cast<std::size_t>(query.question.type));
  add_number(out, query.question.record_class);
  for (const auto& record : response.answers) add_record(out, record, query.question.name);
  for (const auto& record : response.authority) add_record(out, record, query.question.name);
  add_edns(out, query.edns, response.rcode);
  return out;
}

}  // namespace

std::variant<DnsQuery, DnsFault, NoDnsQuery> read_query(std::string_view message) {
  Octets octets(message);
  const Header header = read_header(octets);
  if (octets.is_short() || header.has(kResponse)) return NoDnsQuery{};
  DnsQuery query;
  query.id = header.id;
  query.recursion_desired = header.has(kRecursionDesired);
  query.checking_disabled = header.has(kCheckingDisabled);
  DnsFault fault{header.id, header.opcode(), query.recursion_desired, Rcode::kFormatError};
  if (header.opcode() != 0) {
    fault.rcode = Rcode::kNotImplemented;
    return fault;
  }
  if (!read_body(octets, header, query)) return fault;
  return query;
}

std::string write_response(const DnsQuery& query, const DnsResponse& response, std::size_t room) {
  auto whole = write(query, response, 0);
  if (whole.size() <= room) return whole;
  return write(query, {response.rcode, response.authoritative, {}, {}}, kTruncated);
}

std::string write_fault(const DnsFault& fault) {
  unsigned flags = kResponse | kRecursionAvailable | unsigned{fault.opcode} << kOpcodeShift;
  if (fault.recursion_desired) flags |= kRecursionDesired;
  flags |= static_cast<unsigned>(fault.rcode) & kRcodeMask;
  std::string out;
  add_header(out, {fault.id, static_cast<std::uint16_t>(flags), 0, 0, 0, 0});
  return out;
}

bool is_answer_to(std::string_view answer, std::string_view query) {
  Octets theirs(answer);
  Octets ours(query);
  const Header answered = read_header(theirs);
  const Header asked = read_header(ours);
  if (!answered.has(kResponse) || answered.id != asked.id || answered.opcode() != asked.opcode() ||
      answered.questions != 1 || asked.questions != 1)
    return false;
  const auto found = read_question(theirs);
  const auto wanted = read_question(ours);
  return found && wanted && found->type == wanted->type &&
         found->record_class == wanted->record_class && same_name(found->name, wanted->name);
}

std::uint16_t id_of(std::string_view message) {
  Octets octets(message);
  return number_of(octets);
}

void set_id(std::string& message, std::uint16_t id) {
  std::string octets;
  add_number(octets, id);
  message.replace(0, octets.size(), octets);
}

}  // namespace portcullis::net
