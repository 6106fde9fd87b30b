#include "proxy/setup/xml_settings.h"

#include <expat.h>
#include <fmt/format.h>

#include <cstdint>
#include <memory>

#include "policy/reasons/reason.h"
#include "proxy/setup/server_facts.h"

namespace portcullis::setup {
namespace {

constexpr std::size_t kMostDepth = 32;
constexpr std::size_t kMostSettings = 10'000;
constexpr std::size_t kMostText = 4'096;

struct FreeParser {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};
using ParserPtr = std::unique_ptr<std::remove_pointer_t<XML_Parser>, FreeParser>;

// Version 2.9 of expat has a new function for it, and the old one is deprecated.
std::uint64_t line_of(XML_Parser parser) {
#if XML_MAJOR_VERSION > 2 || XML_MINOR_VERSION >= 9
  return XML_GetCurrentLineNumber64(parser);
#else
  return XML_GetCurrentLineNumber(parser);
#endif
}

struct Reading {
  XML_Parser parser = nullptr;
  std::vector<std::string> names;  // of the open elements
  std::string text;                // in the innermost one, before its first child
  bool is_leaf = false;
  XmlSettings settings;
  std::string fault;

  void stop(std::string why) {
    if (fault.empty()) fault = std::move(why);
    XML_StopParser(parser, XML_FALSE);
  }
};

Reading& reading_of(void* data) {
  return *static_cast<Reading*>(data);
}

std::string path_of(const std::vector<std::string>& names) {
  std::string path;
  for (std::size_t i = 1; i < names.size(); ++i) path += (path.empty() ? "" : ".") + names[i];
  return path;
}

std::string trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

void on_start(void* data, const XML_Char* name, const XML_Char** /*attributes*/) {
  auto& reading = reading_of(data);
  if (reading.names.size() >= kMostDepth)
    return reading.stop("it is nested too deeply to be a configuration");
  reading.names.emplace_back(name);
  reading.text.clear();
  reading.is_leaf = true;
}

void on_end(void* data, const XML_Char* /*name*/) {
  auto& reading = reading_of(data);
  if (reading.is_leaf) {
    if (reading.settings.size() >= kMostSettings)
      return reading.stop("it holds too much to be a configuration");
    reading.settings.emplace_back(path_of(reading.names), trimmed(reading.text));
  }
  reading.is_leaf = false;
  reading.names.pop_back();
}

void on_text(void* data, const XML_Char* text, int size) {
  auto& reading = reading_of(data);
  if (reading.is_leaf && reading.text.size() < kMostText)
    reading.text.append(text, static_cast<std::size_t>(size));
}

void on_doctype(void* data, const XML_Char* /*name*/, const XML_Char* /*system*/,
                const XML_Char* /*public_id*/, int /*has_subset*/) {
  reading_of(data).stop("it declares a DTD, which no configuration of a server does");
}

}  // namespace

Result<XmlSettings> parse_xml_settings(std::string_view text) {
  if (text.size() > kMostConfigOctets) return fail("it is longer than any configuration");
  const ParserPtr parser(XML_ParserCreate(nullptr));
  if (!parser) return fail("no memory to read it");
  Reading reading;
  reading.parser = parser.get();
  XML_SetUserData(parser.get(), &reading);
  XML_SetElementHandler(parser.get(), &on_start, &on_end);
  XML_SetCharacterDataHandler(parser.get(), &on_text);
  XML_SetStartDoctypeDeclHandler(parser.get(), &on_doctype);
  if (XML_Parse(parser.get(), text.data(), static_cast<int>(text.size()), XML_TRUE) !=
      XML_STATUS_OK) {
    const auto line = line_of(parser.get());
    return fail(fmt::format("line {}: {}", line,
                            reading.fault.empty()
                                ? policy::printable(XML_ErrorString(XML_GetErrorCode(parser.get())))
                                : reading.fault));
  }
  return std::move(reading.settings);
}

}  // namespace portcullis::setup
