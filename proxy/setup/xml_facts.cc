#include "proxy/setup/xml_facts.h"

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace portcullis::setup {
namespace {

void add_name(std::vector<std::string>& names, const std::string& name) {
  if (!name.empty() && names.size() < kMostNames &&
      std::find(names.begin(), names.end(), name) == names.end())
    names.push_back(name);
}

void add_port(std::vector<std::uint16_t>& ports, const std::string& text) {
  std::uint16_t port = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error == std::errc() && rest == text.data() + text.size() && port != 0 &&
      ports.size() < kMostNames)
    ports.push_back(port);
}

}  // namespace

ServerFacts openfire_facts(const XmlSettings& settings) {
  ServerFacts facts;
  for (const auto& [path, value] : settings) {
    if (path == "xmpp.domain") add_name(facts.hosts, value);
    if (path == "xmpp.socket.plain.port") add_port(facts.client_ports, value);
    if (path == "xmpp.server.socket.port") add_port(facts.server_ports, value);
  }
  // They are there in every Openfire.
  for (const auto& host : facts.hosts) {
    add_name(facts.components, "conference." + host);
    add_name(facts.components, "pubsub." + host);
  }
  facts.notes.emplace_back(
      "Openfire keeps its settings in its database, which setup does not read: look in the admin "
      "console for further services (conference., pubsub. and others), and name each in aliases");
  return facts;
}

ServerFacts jabberd2_facts(const XmlSettings& settings) {
  ServerFacts facts;
  for (const auto& [path, value] : settings) {
    // The address of the component is "id" right below the first element; domains are in <local>.
    if (path == "local.id") add_name(facts.hosts, value);
    if (path == "local.port") add_port(facts.client_ports, value);
  }
  return facts;
}

}  // namespace portcullis::setup
