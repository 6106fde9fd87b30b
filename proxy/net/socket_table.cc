#include "proxy/net/socket_table.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

namespace portcullis::net {
namespace {

constexpr std::size_t kDigitsOfWord = 8;

template <class Number>
std::optional<Number> number(std::string_view text, int base) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// Takes the next word; words stand between spaces.
std::string_view take_word(std::string_view& line) {
  const auto begin = line.find_first_not_of(' ');
  if (begin == std::string_view::npos) {
    line = {};
    return {};
  }
  const auto end = std::min(line.find(' ', begin), line.size());
  const auto word = line.substr(begin, end - begin);
  line.remove_prefix(end);
  return word;
}

// The kernel writes each 32-bit word of the address as a number of this machine.
template <std::size_t Words>
std::optional<std::array<std::uint32_t, Words>> words_of(std::string_view text) {
  std::array<std::uint32_t, Words> words{};
  for (auto& word : words) {
    const auto value = number<std::uint32_t>(text.substr(0, kDigitsOfWord), 16);
    if (!value) return std::nullopt;
    word = *value;
    text.remove_prefix(kDigitsOfWord);
  }
  return words;
}

std::optional<SocketAddress> address_of(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = number<std::uint16_t>(text.substr(colon + 1), 16);
  if (!port) return std::nullopt;
  const auto host = text.substr(0, colon);
  if (host.size() == kDigitsOfWord) {
    const auto words = words_of<1>(host);
    if (!words) return std::nullopt;
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(*port);
    std::memcpy(&address.sin_addr, words->data(), sizeof address.sin_addr);
    return SocketAddress::from(reinterpret_cast<const sockaddr*>(&address));
  }
  if (host.size() != 4 * kDigitsOfWord) return std::nullopt;
  const auto words = words_of<4>(host);
  if (!words) return std::nullopt;
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(*port);
  std::memcpy(&address.sin6_addr, words->data(), sizeof address.sin6_addr);
  return SocketAddress::from(reinterpret_cast<const sockaddr*>(&address));
}

// Of net/tcp_states.h in the kernel.
bool is_open(std::string_view state) {
  return state == "01" || state == "02";  // ESTABLISHED, SYN_SENT
}
bool is_listening(std::string_view state) {
  return state == "0A";
}

struct Row {
  SocketAddress local;
  SocketAddress remote;
  std::string_view state;
  std::uint32_t user = 0;
  std::uint64_t inode = 0;
};

std::optional<Row> row_of(std::string_view line) {
  take_word(line);  // its number in the table
  const auto local = address_of(take_word(line));
  const auto remote = address_of(take_word(line));
  const auto state = take_word(line);
  for (const auto* skipped : {"queues", "timer", "retransmissions"}) {
    static_cast<void>(skipped);
    take_word(line);
  }
  const auto user = number<std::uint32_t>(take_word(line), 10);
  take_word(line);  // timeout
  const auto inode = number<std::uint64_t>(take_word(line), 10);
  if (!local || !remote || !user) return std::nullopt;
  return Row{*local, *remote, state, *user, inode.value_or(0)};
}

std::optional<Row> take_row(std::string_view& table) {
  const auto end = std::min(table.find('\n'), table.size());
  const auto row = row_of(table.substr(0, end));
  table.remove_prefix(std::min(end + 1, table.size()));
  return row;
}

// Whether connections to `address` come to `listener`. An IPv6 one at every address takes IPv4,
// too.
bool takes(const SocketAddress& listener, const SocketAddress& address) {
  if (listener.port() != address.port()) return false;
  const auto host = listener.host();
  return host == "0.0.0.0" || host == "::" || listener == address;
}

}  // namespace

std::vector<OpenConnection> read_socket_table(std::string_view table,
                                              bool (*wanted)(std::uint16_t)) {
  std::vector<SocketAddress> listeners;
  std::vector<Row> found;
  while (!table.empty()) {
    const auto row = take_row(table);
    if (!row) continue;
    if (is_listening(row->state)) listeners.push_back(row->local);
    if (is_open(row->state) && wanted(row->remote.port())) found.push_back(*row);
  }
  std::vector<OpenConnection> outgoing;
  for (const auto& row : found)
    if (std::none_of(listeners.begin(), listeners.end(),
                     [&row](const SocketAddress& one) { return takes(one, row.local); }))
      outgoing.push_back({row.user, row.remote});
  return outgoing;
}

std::vector<OpenListener> read_listeners(std::string_view table) {
  std::vector<OpenListener> listeners;
  while (!table.empty())
    if (const auto row = take_row(table); row && is_listening(row->state))
      listeners.push_back({row->local, row->user, row->inode});
  return listeners;
}

}  // namespace portcullis::net
