#include "certs/names/presented_names.h"

#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>
#include <string_view>

#include "certs/names/host_name.h"
#include "certs/x509/openssl_error.h"
#include "policy/reasons/reason.h"

namespace portcullis::certs {
namespace {

using GeneralNamesPtr = std::unique_ptr<GENERAL_NAMES, Deleter<&GENERAL_NAMES_free>>;
using Read = tl::expected<void, std::string>;

constexpr int kMaxNames = 1000;
constexpr std::string_view kServerLabel = "_xmpp-server.";
constexpr std::string_view kClientLabel = "_xmpp-client.";

std::string octets(const ASN1_STRING* value) {
  const auto* data = reinterpret_cast<const char*>(ASN1_STRING_get0_data(value));
  return {data, static_cast<std::size_t>(ASN1_STRING_length(value))};
}

tl::unexpected<std::string> no_host_name(const std::string& name) {
  return tl::unexpected("\"" + policy::printable(name, 64) +
                        "\" in subjectAltName is no host name");
}

bool starts_with_label(std::string_view name, std::string_view label) {
  return name.size() >= label.size() &&
         std::equal(label.begin(), label.end(), name.begin(),
                    [](char a, char b) { return a == ascii_lower(b); });
}

Read read_srv_id(const std::string& value, PresentedNames& names) {
  if (value.find('\0') != std::string::npos) return no_host_name(value);
  const bool is_server = starts_with_label(value, kServerLabel);
  // Names of other services are not looked at; "_xmpps-server" is no service of RFC 6120.
  if (!is_server && !starts_with_label(value, kClientLabel)) return {};
  const std::string name = value.substr(kServerLabel.size());
  if (!is_host_name(name)) return no_host_name(value);
  names.srv_ids.push_back({is_server ? Service::kServer : Service::kClient, name});
  return {};
}

Read read_other_name(const OTHERNAME* other, PresentedNames& names) {
  const ASN1_TYPE* value = other->value;
  if (value == nullptr) return {};
  const int kind = OBJ_obj2nid(other->type_id);
  if (kind == NID_SRVName && value->type == V_ASN1_IA5STRING) {
    return read_srv_id(octets(value->value.ia5string), names);
  }
  if (kind == NID_XmppAddr && value->type == V_ASN1_UTF8STRING) {
    std::string address = octets(value->value.utf8string);
    if (address.find('\0') != std::string::npos) return no_host_name(address);
    names.xmpp_addrs.push_back(std::move(address));
  }
  return {};
}

Read read_name(const GENERAL_NAME* entry, PresentedNames& names) {
  if (entry->type == GEN_OTHERNAME) return read_other_name(entry->d.otherName, names);
  if (entry->type == GEN_IPADD) names.has_address = true;
  if (entry->type != GEN_DNS) return {};
  std::string name = octets(entry->d.dNSName);
  if (!is_host_name(name)) return no_host_name(name);
  names.dns_ids.push_back(std::move(name));
  return {};
}

}  // namespace

tl::expected<PresentedNames, std::string> read_presented_names(const X509* leaf) {
  int found = -1;
  const GeneralNamesPtr entries(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, &found, nullptr)));
  take_openssl_error();
  if (found == -1) return PresentedNames();
  if (found == -2) return tl::unexpected<std::string>("subjectAltName is there twice");
  if (!entries) return tl::unexpected<std::string>("subjectAltName does not parse");
  if (sk_GENERAL_NAME_num(entries.get()) > kMaxNames) {
    return tl::unexpected<std::string>("subjectAltName has more than 1000 names");
  }
  PresentedNames names;
  for (int i = 0; i < sk_GENERAL_NAME_num(entries.get()); ++i) {
    if (auto read = read_name(sk_GENERAL_NAME_value(entries.get(), i), names); !read) {
      return tl::unexpected(std::move(read.error()));
    }
  }
  return names;
}

std::vector<std::string> name_texts(const PresentedNames& names) {
  std::vector<std::string> texts = names.dns_ids;
  for (const ServiceId& id : names.srv_ids) {
    texts.push_back(std::string(id.service == Service::kServer ? kServerLabel : kClientLabel) +
                    id.name);
  }
  texts.insert(texts.end(), names.xmpp_addrs.begin(), names.xmpp_addrs.end());
  return texts;
}

}  // namespace portcullis::certs
