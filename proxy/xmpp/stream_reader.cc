#include "proxy/xmpp/stream_reader.h"

#include <algorithm>
#include <utility>

#include "proxy/xmpp/boundary_scanner.h"
#include "proxy/xmpp/element_builder.h"
#include "proxy/xmpp/expat_parser.h"
#include "proxy/xmpp/language_tag.h"
#include "proxy/xmpp/xml_space.h"

namespace portcullis::xmpp {
namespace {

using policy::Reason;

// How much memory an element may take: kAllowance for small ones, its permitted size, and
// kExpansion times that size for how it is put together. Long elements are long because of one
// value or text in them, so that the last part does not grow beyond kMostParts.
constexpr std::size_t kExpansion = 16;
constexpr std::size_t kAllowance = std::size_t{16} * 1024;
constexpr std::size_t kMostParts = 16'384;
constexpr std::size_t memory_for(std::size_t element_bytes) {
  return kAllowance + element_bytes + kExpansion * std::min(element_bytes, kMostParts);
}

// An idle connection does not keep the memory that a long element took.
constexpr std::size_t kKept = std::size_t{16} * 1024;

ReadFault too_big(std::string_view what, std::size_t limit) {
  return {Reason::kStanzaTooBig,
          std::string(what) + " is longer than " + std::to_string(limit) + " bytes"};
}

// Whether the prefix "stream" or "db" is bound to another namespace than in our own header. It must
// not be: the same bytes must mean the same on both sides.
bool is_rebound(const NamespaceDeclaration& one) {
  return (one.prefix == "stream" && one.uri != ns::kStream) ||
         (one.prefix == "db" && one.uri != ns::kDialback);
}

}  // namespace

struct StreamReader::Impl final : ExpatParser::Handler {
  explicit Impl(const ReaderLimits& reader_limits)
      : limits(reader_limits),
        scanner(reader_limits.depth),
        builder(memory_for(reader_limits.element_bytes)),
        parser(*this, {reader_limits.depth, reader_limits.attributes}) {}

  std::optional<ReaderEvent> next();
  std::optional<ReaderEvent> read_unit();
  std::optional<ReaderEvent> parse(std::size_t end);
  void forget_consumed();
  ReaderEvent stop(ReaderEvent last);
  ReaderEvent stop(Reason reason, std::string detail) {
    return stop(ReadFault{reason, std::move(detail)});
  }
  std::string_view unread() const { return std::string_view(bytes).substr(consumed); }

  void namespace_declared(std::string_view prefix, std::string_view uri) override;
  void start_element(const StartTag& tag, std::size_t depth) override;
  void end_element(std::size_t depth) override;
  void text(std::string_view text) override;
  void read_header(const StartTag& tag);
  void refuse_header(std::string_view with, std::string detail) {
    condition = with;
    parser.refuse(Reason::kXmlInvalid, std::move(detail));
  }

  ReaderLimits limits;
  std::string bytes;
  std::size_t consumed = 0;      // of `bytes`
  std::size_t parsed = 0;        // of the unit that begins there
  std::size_t header_spent = 0;  // how much of limits.header_bytes the XML declaration took
  bool open = false;             // the header was read
  std::string_view condition;    // of a fault in the header
  bool finished = false;
  std::vector<NamespaceDeclaration> declarations;  // of the header
  std::optional<ReaderEvent> event;                // what the unit that was just parsed is
  BoundaryScanner scanner;
  ElementBuilder builder;
  ExpatParser parser;
};

std::optional<ReaderEvent> StreamReader::Impl::next() {
  if (finished) return std::nullopt;
  // The loop is needed because an XML declaration is a unit without an event.
  while (true) {
    consumed = bytes.size() - skip_space(unread()).size();
    if (unread().empty()) return std::nullopt;
    if (unread().front() != '<')
      return stop(Reason::kXmlInvalid, open ? "text stands between first-level elements"
                                            : "the stream does not begin with a stream header");
    const std::size_t before = consumed;
    auto found = read_unit();
    if (found || consumed == before) return found;
  }
}

std::optional<ReaderEvent> StreamReader::Impl::read_unit() {
  const bool was_open = open;
  const std::size_t limit = open ? limits.element_bytes : limits.header_bytes - header_spent;
  const auto found =
      scanner.scan(unread(), open ? BoundaryScanner::Unit::kElement : BoundaryScanner::Unit::kTag);
  const bool more = found == BoundaryScanner::Found::kMore;
  // The start tag is judged first, so that the verdict does not depend on how many bytes came after
  // it.
  if (scanner.first_tag() <= limit)
    if (auto fault = parse(scanner.first_tag())) return fault;
  if ((more ? unread().size() : scanner.end()) > limit)
    return stop(open ? too_big("an element", limits.element_bytes)
                     : too_big("the stream header", limits.header_bytes));
  if (more) return std::nullopt;
  if (found == BoundaryScanner::Found::kMalformed)
    return stop(Reason::kXmlInvalid, "the XML is not well-formed: '<' in the wrong place");
  if (found == BoundaryScanner::Found::kRestricted)
    return stop(Reason::kXmlRestricted, "a comment, document type or processing instruction");
  if (found == BoundaryScanner::Found::kTooDeep)
    return stop(Reason::kXmlInvalid, "elements are nested too deeply");

  const std::size_t length = scanner.end();
  if (auto fault = parse(length)) return fault;
  consumed += length;
  parsed = 0;
  scanner.reset();
  if (event && std::holds_alternative<StreamEnded>(*event)) return stop(StreamEnded{});
  // The scanner saw a whole unit here, so expat must have seen one, too.
  if (!event && was_open) return stop(Reason::kXmlInvalid, "the XML is not well-formed");
  if (!event) header_spent += length;
  return std::exchange(event, std::nullopt);
}

// Gives expat the part of the unit up to `end` that it has not got yet.
std::optional<ReaderEvent> StreamReader::Impl::parse(std::size_t end) {
  if (end <= parsed) return std::nullopt;
  auto fault = parser.parse(unread().substr(parsed, end - parsed));
  parsed = end;
  if (fault) return stop(ReadFault{fault->reason, std::move(fault->detail), condition});
  return std::nullopt;
}

ReaderEvent StreamReader::Impl::stop(ReaderEvent last) {
  finished = true;
  return last;
}

void StreamReader::Impl::forget_consumed() {
  bytes.erase(0, std::exchange(consumed, 0));
  if (bytes.capacity() > kKept && bytes.size() < kKept) bytes.shrink_to_fit();
}

void StreamReader::Impl::namespace_declared(std::string_view prefix, std::string_view uri) {
  if (!open) declarations.push_back({std::string(prefix), std::string(uri)});
}

void StreamReader::Impl::start_element(const StartTag& tag, std::size_t depth) {
  if (depth == 0) return read_header(tag);
  if (depth == 1 && tag.name().is(ns::kStream, "stream"))
    return parser.refuse(Reason::kXmlInvalid, "a second stream header on one stream");
  if (!builder.start(tag)) parser.refuse(Reason::kStanzaTooBig, "an element needs too much memory");
}

void StreamReader::Impl::end_element(std::size_t depth) {
  if (depth > 1) return builder.end();
  if (!parser.at_end_of_input() || (depth == 0 && event))
    return parser.refuse(Reason::kXmlInvalid, "the XML is not well-formed");
  if (depth == 0) {
    event = StreamEnded{};
    return;
  }
  builder.end();
  event = builder.take_element();
}

void StreamReader::Impl::text(std::string_view text) {
  if (parser.depth() < 2)
    return parser.refuse(Reason::kXmlInvalid, "text stands between first-level elements");
  builder.text(text);
}

void StreamReader::Impl::read_header(const StartTag& tag) {
  if (!tag.name().is(ns::kStream, "stream"))
    return refuse_header(tag.name().ns == ns::kStream ? "bad-format" : "invalid-namespace",
                         "the first element is not <stream:stream/> of XMPP's stream namespace");
  StreamHeader header;
  const auto own = tag.name().prefix;
  // The guard must know with which prefix this end writes </stream:stream>.
  if (own != "stream" && !own.empty())
    header.declared.push_back({std::string(own), std::string(ns::kStream)});
  for (auto& one : std::exchange(declarations, {})) {
    if (is_rebound(one))
      return refuse_header("bad-namespace-prefix",
                           "the prefix " + one.prefix + " is bound to another namespace");
    if (one.prefix.empty()) {
      header.content_ns = std::move(one.uri);
    } else if (one.prefix != "stream" && one.prefix != own && one.prefix != "xml") {
      header.declared.push_back(std::move(one));
    }
  }
  // RFC 6120 section 4.8.2 allows a prefix for the content namespace, too. Servers do not use it,
  // and one who wrote stanzas so could not be relayed octet by octet.
  if (header.content_ns != ns::kServer && header.content_ns != ns::kClient)
    return refuse_header("invalid-namespace",
                         "the default namespace is neither jabber:server nor jabber:client; a "
                         "prefix for it (RFC 6120 section 4.8.2) is not supported");
  for (std::size_t i = 0; i < tag.attribute_count(); ++i) {
    const AttributeView one = tag.attribute(i);
    const std::string value(one.value);
    if (one.name.is("", "from")) header.from = value;
    if (one.name.is("", "to")) header.to = value;
    if (one.name.is("", "id")) header.id = value;
    if (one.name.is("", "version")) header.version = value;
    if (one.name.is(ns::kXml, "lang") && is_language_tag(value)) header.lang = value;
  }
  open = true;
  event = std::move(header);
}

StreamReader::StreamReader(const ReaderLimits& limits) : impl_(std::make_unique<Impl>(limits)) {}
StreamReader::StreamReader(StreamReader&&) noexcept = default;
StreamReader& StreamReader::operator=(StreamReader&&) noexcept = default;
StreamReader::~StreamReader() = default;

void StreamReader::permit(std::size_t element_bytes) {
  impl_->limits.element_bytes = element_bytes;
  impl_->builder.set_budget(memory_for(element_bytes));
}

void StreamReader::push(std::string_view bytes) {
  if (impl_->finished) return;
  impl_->forget_consumed();
  impl_->bytes.append(bytes);
}

std::optional<ReaderEvent> StreamReader::next() {
  auto event = impl_->next();
  if (!event && impl_->bytes.capacity() > kKept && impl_->unread().size() < kKept)
    impl_->forget_consumed();
  return event;
}

std::string_view StreamReader::unread() const {
  return impl_->unread();
}

}  // namespace portcullis::xmpp
