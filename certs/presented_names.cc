#include "certs/presented_names.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "policy/reason.h"

namespace portcullis::certs {
namespace {

using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, Deleter<&GENERAL_NAMES_free>>;

constexpr int kMaxNames = 1000;

bool is_label_character(char c) {
  // '*' is judged by the matching rules; here it only must not be taken for garbage.
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '*';
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), is_label_character);
}

bool is_host_name(std::string_view name) {
  if (name.size() > 253) return false;
  std::size_t begin = 0;
  while (true) {
    const std::size_t dot = name.find('.', begin);
    if (dot == std::string_view::npos) return is_label(name.substr(begin));
    if (!is_label(name.substr(begin, dot - begin))) return false;
    begin = dot + 1;
  }
}

}  // namespace

tl::expected<std::vector<std::string>, std::string> read_dns_names(const X509* leaf) {
  int found = -1;
  const GeneralNamesPtr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, &found, nullptr)));
  if (found == -1) return std::vector<std::string>();
  if (found == -2) return tl::unexpected<std::string>("subjectAltName is there twice");
  if (!names) return tl::unexpected<std::string>("subjectAltName does not parse");
  if (sk_GENERAL_NAME_num(names.get()) > kMaxNames) {
    return tl::unexpected<std::string>("subjectAltName has more than 1000 names");
  }
  std::vector<std::string> dns_names;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* entry = sk_GENERAL_NAME_value(names.get(), i);
    if (entry->type != GEN_DNS) continue;
    const auto* data = reinterpret_cast<const char*>(ASN1_STRING_get0_data(entry->d.dNSName));
    std::string name(data, static_cast<std::size_t>(ASN1_STRING_length(entry->d.dNSName)));
    if (!is_host_name(name)) {
      return tl::unexpected("\"" + policy::printable(name, 64) +
                            "\" in subjectAltName is no host name");
    }
    dns_names.push_back(std::move(name));
  }
  return dns_names;
}

}  // namespace portcullis::certs
