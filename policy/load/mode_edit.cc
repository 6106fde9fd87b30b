#include "policy/load/mode_edit.h"

#include <toml++/toml.h>

#include <array>
#include <optional>

#include "policy/load/toml_nesting.h"

namespace portcullis::policy {
namespace {

constexpr std::array<std::string_view, 4> kObserve{R"("""observe""")", "'''observe'''",
                                                   R"("observe")", "'observe'"};
constexpr std::string_view kEnforce = R"("enforce")";

bool begins_character(char octet) {
  return (static_cast<unsigned char>(octet) & 0xc0U) != 0x80U;
}

// toml++ counts lines from 1, and in them characters from 1.
std::optional<std::size_t> offset_of(std::string_view text, toml::source_position place) {
  std::size_t at = 0;
  for (toml::source_index line = 1; line < place.line; ++line) {
    at = text.find('\n', at);
    if (at == std::string_view::npos) return std::nullopt;
    ++at;
  }
  for (toml::source_index column = 1; column < place.column; ++column) {
    if (at >= text.size() || text[at] == '\n') return std::nullopt;
    do {
      ++at;
    } while (at < text.size() && !begins_character(text[at]));
  }
  return at;
}

constexpr const char* kNotThere = "it does not hold mode = \"observe\" as such";

}  // namespace

Result<std::string> with_enforce_mode(std::string_view toml) {
  if (too_deeply_nested(toml)) return fail("it is nested too deeply");
  std::optional<std::size_t> at;
  try {
    const auto document = toml::parse(toml);
    const auto* const node = document["policy"]["mode"].node();
    if (node == nullptr) return fail(kNotThere);
    at = offset_of(toml, node->source().begin);
  } catch (const toml::parse_error&) {
    return fail("it is not TOML");
  }
  if (!at) return fail(kNotThere);
  for (const auto written : kObserve) {
    if (!toml.substr(*at).starts_with(written)) continue;
    std::string text(toml.substr(0, *at));
    text += kEnforce;
    text += toml.substr(*at + written.size());
    return text;
  }
  return fail(kNotThere);
}

Config enforced(Config config) {
  config.mode = Mode::kEnforce;
  config.s2s.settings.mode = Mode::kEnforce;
  if (!config.lines.contains("c2s.mode")) config.c2s.mode = Mode::kEnforce;
  for (auto& rule : config.s2s.rules)
    if (!config.lines.contains(rule.path + ".mode")) rule.settings.mode = Mode::kEnforce;
  return config;
}

}  // namespace portcullis::policy
