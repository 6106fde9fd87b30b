#include "policy/model/s2s_settings_text.h"

#include "policy/model/spki_pin.h"

namespace portcullis::policy {
namespace {

std::string toml_list(const std::vector<std::string>& strings) {
  std::string list;
  for (const auto& string : strings) list += (list.empty() ? "" : ", ") + toml_string(string);
  return "[" + list + "]";
}

std::vector<std::string> chosen(std::initializer_list<std::pair<bool, std::string_view>> words) {
  std::vector<std::string> list;
  for (const auto& [is_set, word] : words)
    if (is_set) list.emplace_back(word);
  return list;
}

std::string_view word(Revocation revocation) {
  switch (revocation) {
    case Revocation::kOff:
      return "off";
    case Revocation::kCrlSoft:
      return "crl-soft";
    case Revocation::kCrlHard:
      return "crl-hard";
  }
  return "";
}

std::string truth(bool value) {
  return value ? "true" : "false";
}

}  // namespace

std::string toml_string(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (octet < 0x20 || octet == 0x7f) {
      out += "\\u00";
      out += kHex[octet >> 4U];
      out += kHex[octet & 0xfU];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::vector<std::pair<std::string_view, std::string>> setting_texts(const S2sSettings& settings) {
  const auto& curves = settings.curves;
  const auto& digests = settings.signatures;
  std::vector<std::string> pins;
  for (const auto& pin : settings.pins) pins.push_back(pin_text(pin));
  return {
      {"mode", toml_string(name(settings.mode))},
      {"tls", toml_string("required")},
      {"min_tls", toml_string(settings.min_tls == TlsVersion::kTls13 ? "1.3" : "1.2")},
      {"auth", toml_list(chosen({{settings.auth_pkix, "pkix"}, {settings.auth_pin, "pin"}}))},
      {"pins", toml_list(pins)},
      {"dialback", toml_string(settings.dialback == Dialback::kCertified ? "certified" : "refuse")},
      {"client_certificate", toml_string("required")},
      {"roots", toml_string(settings.roots)},
      {"x509_strict", truth(settings.x509_strict)},
      {"min_rsa_bits", std::to_string(settings.min_rsa_bits)},
      {"curves", toml_list(chosen({{curves.p256, "P-256"},
                                   {curves.p384, "P-384"},
                                   {curves.p521, "P-521"},
                                   {curves.ed25519, "Ed25519"},
                                   {curves.ed448, "Ed448"}}))},
      {"signatures", toml_list(chosen({{digests.sha256, "sha256"},
                                       {digests.sha384, "sha384"},
                                       {digests.sha512, "sha512"},
                                       {digests.eddsa, "eddsa"}}))},
      {"max_chain", std::to_string(settings.max_chain)},
      {"revocation", toml_string(word(settings.revocation))},
      {"crls", toml_list(settings.crls)},
      {"must_staple", toml_string(settings.must_staple ? "honour" : "off")},
  };
}

}  // namespace portcullis::policy
