#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/base/result.h"

namespace portcullis::setup {

// Settings of an XML file (expat), each with the names of the elements that it is in, below the
// first one: "xmpp.server.socket.port" and "15269".
using XmlSettings = std::vector<std::pair<std::string, std::string>>;

// Of a text of at most kMostConfigOctets. Fails, with the line, where it is not well-formed,
// declares a DTD, or is nested or filled beyond what any configuration is.
Result<XmlSettings> parse_xml_settings(std::string_view text);

}  // namespace portcullis::setup
