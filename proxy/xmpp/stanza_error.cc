#include "proxy/xmpp/stanza_error.h"

#include <set>

#include "proxy/xmpp/expat_parser.h"
#include "proxy/xmpp/stream_prefixes.h"
#include "proxy/xmpp/writer.h"

namespace portcullis::xmpp {
namespace {

constexpr std::string_view kStanzas = "urn:ietf:params:xml:ns:xmpp-stanzas";

// What is needed of a stanza to answer it.
struct Head {
  std::string name;
  std::optional<std::string> type;
  std::optional<std::string> id;
  std::optional<std::string> from;
  std::optional<std::string> to;
};

// The prefixes of the names in the tag. They may be those of its stream header, which is not known
// here any more.
std::set<std::string_view> prefixes_in(std::string_view tag) {
  std::set<std::string_view> found;
  char quote = 0;
  for (std::size_t i = 0; i < tag.size(); ++i) {
    const char c = tag[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == ':') {
      const auto begin = tag.find_last_of(" \t\r\n<", i) + 1;
      found.insert(tag.substr(begin, i - begin));
    }
  }
  found.erase("xml");
  found.erase("xmlns");
  return found;
}

class HeadReader final : ExpatParser::Handler {
 public:
  std::optional<Head> read(std::string_view tag) {
    // Each prefix stands for something else, so that no two attributes become the same one.
    std::string header = "<stream";
    for (const auto& prefix : prefixes_in(tag))
      append_attribute(header, "xmlns:" + std::string(prefix), "urn:prefix:" + std::string(prefix));
    ExpatParser parser(*this, {});
    if (parser.parse(header.append(">")) || parser.parse(tag)) return std::nullopt;
    return std::move(head_);
  }

 private:
  void start_element(const StartTag& tag, std::size_t depth) override {
    if (depth != 1 || head_) return;
    const auto value = [&](std::string_view name) -> std::optional<std::string> {
      const auto found = tag.value(name);
      return found ? std::optional<std::string>(*found) : std::nullopt;
    };
    head_ =
        Head{std::string(tag.name().local), value("type"), value("id"), value("from"), value("to")};
  }
  void end_element(std::size_t /*depth*/) override {}
  void text(std::string_view /*text*/) override {}

  std::optional<Head> head_;
};

bool has_resource(const std::optional<std::string>& jid) {
  return jid && jid->find('/') != std::string::npos;
}

bool is_answered(const Head& head, Unreached unreached) {
  const std::string_view type = head.type ? std::string_view(*head.type) : "";
  // RFC 6121 section 8.5.3.2.1: a headline for a resource that is gone is ignored.
  if (head.name == "message")
    return type != "error" && (type != "headline" || unreached != Unreached::kOwnClient);
  if (head.name == "iq") return type == "get" || type == "set";
  if (head.name != "presence") return false;
  switch (unreached) {
    case Unreached::kServer:
      return type == "subscribe";
    case Unreached::kOwnServer:
      return type == "subscribe" || (!head.type && has_resource(head.to));
    case Unreached::kOwnClient:
      return false;
  }
  return false;
}

struct Words {
  std::string_view type;
  std::string_view condition;
  std::string_view text;
};

Words words_for(Unreached unreached) {
  switch (unreached) {
    case Unreached::kServer:
      return {"wait", "remote-server-timeout",
              "The connection to the other server was lost before that server had confirmed this "
              "stanza, so it was probably not delivered."};
    case Unreached::kOwnServer:
      return {"wait", "remote-server-timeout",
              "The connection to your server was lost before that server had confirmed this "
              "stanza, so it was probably not delivered."};
    // RFC 6120 section 8.3.3.13: recipient-unavailable would tell everybody who is online.
    case Unreached::kOwnClient:
      return {"cancel", "service-unavailable",
              "The recipient had not confirmed this stanza when its connection was lost, so it was "
              "probably not delivered."};
  }
  return {};
}

std::optional<std::string> write_error(std::string_view start_tag, Unreached unreached,
                                       const Words& words) {
  if (start_tag.size() > kMaxAnsweredTag) return std::nullopt;
  const auto head = HeadReader().read(start_tag);
  if (!head || !is_answered(*head, unreached)) return std::nullopt;
  std::string out = "<" + head->name;
  append_attribute(out, "type", "error");
  if (head->id) append_attribute(out, "id", *head->id);
  if (head->to && unreached != Unreached::kOwnClient) append_attribute(out, "from", *head->to);
  if (head->from) append_attribute(out, "to", *head->from);
  out += "><error";
  append_attribute(out, "type", words.type);
  out.append("><").append(words.condition);
  append_attribute(out, "xmlns", kStanzas);
  out += "/><text";
  append_attribute(out, "xmlns", kStanzas);
  append_attribute(out, "xml:lang", "en");
  out += '>';
  append_escaped(out, words.text);
  return out.append("</text></error></").append(head->name).append(">");
}

}  // namespace

std::optional<std::string> write_undelivered_error(std::string_view start_tag,
                                                   Unreached unreached) {
  return write_error(start_tag, unreached, words_for(unreached));
}

// RFC 6120 section 8.3.3.17: the server was resolved, but there is no stream to it.
std::optional<std::string> write_refused_error(std::string_view start_tag, std::string_view text) {
  return write_error(start_tag, Unreached::kServer, {"wait", "remote-server-timeout", text});
}

}  // namespace portcullis::xmpp
