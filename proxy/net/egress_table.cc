#include "proxy/net/egress_table.h"

#include <string_view>

namespace portcullis::net {
namespace {

// "{ 1, 2 }"
template <class Number>
std::string list_of(const std::vector<Number>& numbers) {
  std::string list;
  for (const auto number : numbers) list += (list.empty() ? " " : ", ") + std::to_string(number);
  return "{" + list + " }";
}

// The first step makes sure that there is something for the second to delete.
std::string replaced() {
  const std::string name = kEgressTableName;
  return "add table inet " + name + "\ndelete table inet " + name + "\n";
}

std::string captured(const EgressTable& table) {
  return table.direct_tls ? "{ 5269, 5270 }" : "5269";
}

// To this machine by the address that is always its own: there a backend reaches itself and its
// components.
constexpr std::string_view kOtherThanLoopback4 = "ip daddr != 127.0.0.0/8";
constexpr std::string_view kOtherThanLoopback6 = "ip6 daddr != ::1";

std::string led(const EgressTable& table, std::string_view family, std::string_view elsewhere,
                const std::optional<Endpoint>& listener) {
  if (!listener) return {};
  return "    " + std::string(elsewhere) + " tcp dport " + captured(table) +
         " counter name captured dnat " + std::string(family) + " to " + listener->text() + "\n";
}

std::string capture_chain(const EgressTable& table) {
  return "  chain capture {\n"
         "    type nat hook output priority -100; policy accept;\n"
         "    meta skuid " +
         list_of(table.users) +
         " jump lead\n"
         "  }\n"
         "  chain lead {\n" +
         led(table, "ip", kOtherThanLoopback4, table.ipv4) +
         led(table, "ip6", kOtherThanLoopback6, table.ipv6) + "  }\n";
}

std::string refused(std::string_view elsewhere, std::string_view ports, std::string_view counter) {
  return "    " + std::string(elsewhere) + " tcp dport " + std::string(ports) + " counter name " +
         std::string(counter) + " reject with tcp reset\n";
}

std::string taken(std::string_view family, const std::optional<Endpoint>& listener) {
  if (!listener) return {};
  const std::string& host = listener->host;
  return "    " + std::string(family) + " daddr " + host + " tcp dport " +
         std::to_string(listener->port) + " accept\n";
}

// What was led to a listener has its address by now. What was not, as another table may have seen
// to, passes nowhere.
std::string refused_servers(const EgressTable& table) {
  std::string rules = taken("ip", table.ipv4) + taken("ip6", table.ipv6);
  if (!table.direct_tls) {
    rules += refused(kOtherThanLoopback4, "5270", "refused_direct");
    rules += refused(kOtherThanLoopback6, "5270", "refused_direct");
  }
  rules += refused(kOtherThanLoopback4, "{ 5269, 5270 }",
                   table.ipv4 ? "refused_other" : "refused_family");
  rules += refused(kOtherThanLoopback6, "{ 5269, 5270 }",
                   table.ipv6 ? "refused_other" : "refused_family");
  return rules;
}

std::string allowed(const EgressTable& table) {
  return table.allowed_ports.empty()
             ? std::string()
             : "    tcp dport " + list_of(table.allowed_ports) + " accept\n";
}

std::string guard_chains(const EgressTable& table) {
  return "  chain guard {\n"
         "    type filter hook output priority 0; policy accept;\n"
         "    meta skuid " +
         list_of(table.users) +
         " tcp flags & (fin | syn | rst | ack) == syn jump outgoing\n"
         "  }\n"
         "  chain outgoing {\n" +
         refused_servers(table) +
         "    fib daddr type local accept\n"
         "    ip daddr { 10.0.0.0/8, 100.64.0.0/10, 169.254.0.0/16, 172.16.0.0/12, 192.168.0.0/16 "
         "} accept\n"
         "    ip6 daddr { fc00::/7, fe80::/10 } accept\n" +
         allowed(table) +
         "    limit rate 6/minute burst 5 packets log prefix \"portcullis egress refused: \" level "
         "info\n"
         "    counter name refused_other reject with tcp reset\n"
         "  }\n";
}

}  // namespace

std::string egress_ruleset(const EgressTable& table) {
  return replaced() + "table inet " + kEgressTableName +
         " {\n"
         "  counter captured {}\n"
         "  counter refused_direct {}\n"
         "  counter refused_family {}\n"
         "  counter refused_other {}\n" +
         capture_chain(table) + guard_chains(table) + "}\n";
}

std::string egress_removal() {
  return replaced();
}

}  // namespace portcullis::net
