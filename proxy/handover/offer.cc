#include "proxy/handover/offer.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace portcullis::handover {
namespace {

constexpr std::string_view kFirstLine = "portcullis-hand-over 1\n";
constexpr std::string_view kLastLine = "\nend-of-offer\n";
constexpr std::string_view kServing = "serving ";
constexpr std::string_view kDigits = "0123456789abcdef";

std::string hex(std::string_view octets) {
  std::string text;
  for (const char each : octets) {
    const auto octet = static_cast<unsigned char>(each);
    text += kDigits[octet >> 4U];
    text += kDigits[octet & 15U];
  }
  return text;
}

std::optional<std::string> octets_of(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string octets;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const auto high = kDigits.find(text[i]);
    const auto low = kDigits.find(text[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    octets += static_cast<char>(high << 4U | low);
  }
  return octets;
}

template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// What goes into the process of another program is one line, whatever it was.
std::string one_line(std::string_view text) {
  std::string line(text);
  std::replace(line.begin(), line.end(), '\n', ' ');
  while (line.ends_with(' ')) line.pop_back();
  return line;
}

void add(std::string& text, std::string_view key, std::string_view value) {
  const auto line = one_line(value);
  if (!line.empty()) text.append(key).append(" ").append(line).append("\n");
}

std::string_view take_line(std::string_view& text) {
  const auto end = text.find('\n');
  const auto line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

bool is_process(const std::optional<std::int64_t>& process) {
  return process && *process > 0;
}

bool read_process(std::string_view value, Offer& offer) {
  const auto process = number<std::int64_t>(value);
  if (!is_process(process)) return false;
  offer.process = *process;
  return true;
}

bool read_secret(std::string_view value, Offer& offer) {
  auto octets = octets_of(value);
  if (!octets) return false;
  offer.dialback_secret = *std::move(octets);
  return true;
}

bool read_sockets(std::string_view value, Offer& offer) {
  const auto count = number<std::size_t>(value);
  if (!count || *count > kMostSockets) return false;
  offer.sockets = *count;
  return true;
}

bool read_predecessor(std::string_view value, Offer& offer) {
  const auto process = number<std::int64_t>(value);
  if (!is_process(process) || offer.predecessors.size() >= kMostPredecessors) return false;
  offer.predecessors.push_back(*process);
  return true;
}

template <auto Member>
bool read_text(std::string_view value, Offer& offer) {
  offer.*Member = std::string(value);
  return !value.empty() && one_line(value) == value;  // as add() writes it
}

bool read_control(std::string_view value, Offer& offer) {
  offer.owns_control_file = value == "own";
  return offer.owns_control_file;
}

struct Key {
  std::string_view name;
  bool (*read)(std::string_view value, Offer& offer);
};
constexpr std::array kKeys{
    Key{"version", &read_text<&Offer::version>},
    Key{"process", &read_process},
    Key{"cgroup", &read_text<&Offer::cgroup>},
    Key{"notify", &read_text<&Offer::notify_socket>},
    Key{"watchdog", &read_text<&Offer::watchdog_usec>},
    Key{"dialback", &read_secret},
    Key{"control", &read_control},
    Key{"sockets", &read_sockets},
    Key{"predecessor", &read_predecessor},
};

Result<void> read_line(std::string_view line, Offer& offer) {
  const auto space = line.find(' ');
  const auto name = line.substr(0, space);
  const auto* const key =
      std::find_if(kKeys.begin(), kKeys.end(), [&](const Key& each) { return each.name == name; });
  if (key == kKeys.end()) return {};
  if (space == std::string_view::npos || !key->read(line.substr(space + 1), offer))
    return fail("\"" + std::string(key->name) + "\" makes no sense");
  return {};
}

}  // namespace

std::string text_of(const Offer& offer) {
  std::string text(kFirstLine);
  add(text, "version", offer.version);
  add(text, "process", std::to_string(offer.process));
  add(text, "cgroup", offer.cgroup);
  add(text, "notify", offer.notify_socket);
  add(text, "watchdog", offer.watchdog_usec);
  add(text, "dialback", hex(offer.dialback_secret));
  if (offer.owns_control_file) add(text, "control", "own");
  add(text, "sockets", std::to_string(offer.sockets));
  for (const auto process : offer.predecessors) add(text, "predecessor", std::to_string(process));
  text.pop_back();  // the line end is part of the last line
  return text.append(kLastLine);
}

Result<std::optional<Offer>> read_offer(std::string_view text) {
  if (text.substr(0, kFirstLine.size()) != kFirstLine.substr(0, text.size()))
    return fail("it is none that this version knows");
  const auto whole = text.find(kLastLine);
  if (whole == std::string_view::npos && text.size() <= kLongestOffer)
    return std::optional<Offer>();
  if (whole > kLongestOffer) return fail("it is too long");
  auto rest = text.substr(0, whole + 1);
  rest.remove_prefix(kFirstLine.size());
  Offer offer;
  while (!rest.empty())
    if (auto read = read_line(take_line(rest), offer); !read) return tl::unexpected(read.error());
  if (offer.process == 0) return fail("it does not say which process makes it");
  return std::optional(std::move(offer));
}

std::string text_of(const Left& left) {
  return std::string(kServing) + std::to_string(left.streams) + " " + std::to_string(left.seconds) +
         "\n";
}

std::optional<Left> read_left(std::string_view line) {
  if (!line.starts_with(kServing)) return std::nullopt;
  line.remove_prefix(kServing.size());
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto streams = number<std::uint64_t>(line.substr(0, space));
  const auto seconds = number<std::uint64_t>(line.substr(space + 1));
  if (!streams || !seconds) return std::nullopt;
  return Left{*streams, *seconds};
}

}  // namespace portcullis::handover
