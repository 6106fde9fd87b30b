#include "policy/load/config_schema_settings.h"

#include "policy/load/config_field_names.h"
#include "policy/load/setting_texts.h"

namespace portcullis::policy {
namespace {

constexpr std::array kDialbacks{Word<Dialback>{"refuse", Dialback::kRefuse},
                                Word<Dialback>{"certified", Dialback::kCertified}};
constexpr std::array kOriginate{
    Word<OriginateDialback>{"never", OriginateDialback::kNever},
    Word<OriginateDialback>{"certified", OriginateDialback::kCertified}};
constexpr std::array kRevocations{Word<Revocation>{"off", Revocation::kOff},
                                  Word<Revocation>{"crl-soft", Revocation::kCrlSoft},
                                  Word<Revocation>{"crl-hard", Revocation::kCrlHard}};
constexpr std::array kMustStaple{Word<bool>{"off", false}, Word<bool>{"honour", true}};
constexpr std::array kAuthMethods{Word<bool AuthMethods::*>{"pkix", &AuthMethods::pkix},
                                  Word<bool AuthMethods::*>{"pin", &AuthMethods::pin}};
constexpr std::array kCurves{Word<bool AllowedCurves::*>{"P-256", &AllowedCurves::p256},
                             Word<bool AllowedCurves::*>{"P-384", &AllowedCurves::p384},
                             Word<bool AllowedCurves::*>{"P-521", &AllowedCurves::p521},
                             Word<bool AllowedCurves::*>{"Ed25519", &AllowedCurves::ed25519},
                             Word<bool AllowedCurves::*>{"Ed448", &AllowedCurves::ed448}};
constexpr std::array kDigests{Word<bool AllowedSignatures::*>{"sha256", &AllowedSignatures::sha256},
                              Word<bool AllowedSignatures::*>{"sha384", &AllowedSignatures::sha384},
                              Word<bool AllowedSignatures::*>{"sha512", &AllowedSignatures::sha512},
                              Word<bool AllowedSignatures::*>{"eddsa", &AllowedSignatures::eddsa}};

struct RootsField {
  static void read(const Value& value, std::string& target) {
    const auto* text = value.node.as_string();
    if (text != nullptr && (text->get() == "dane" || text->get() == "posh"))
      return value.error("cannot be \"" + text->get() +
                         "\": reserved, not built yet; write \"system\" or a PEM file");
    if (text != nullptr && text->get() == "system") {
      target = "system";
      return;
    }
    read_path(value, target);
  }
  static std::string write(const std::string& value) { return toml_string(value); }
};

constexpr std::array kViaFor{Word<ViaFor>{"onion", ViaFor::kOnion},
                             Word<ViaFor>{"any", ViaFor::kAny}};

struct ViaField {
  static void read(const Value& value, std::optional<Endpoint>& target) {
    if (is_off(value))
      target.reset();
    else
      read_via(value, target);
  }
  static std::string write(const std::optional<Endpoint>& value) {
    return toml_string(value ? std::string(kSocksScheme) + value->text() : std::string(kOff));
  }
};

constexpr std::size_t kLeastRsaBits = 2048;

struct RsaBitsField : CountField<kLeastRsaBits, 16'384> {
  static void read(const Value& value, int& target) {
    const auto* bits = value.node.as_integer();
    if (bits != nullptr && bits->get() < static_cast<std::int64_t>(kLeastRsaBits))
      return value.error("must be at least 2048: the floor can only rise");
    CountField::read(value, target);
  }
};

enum class Scope : std::uint8_t { kBaseAndRule, kBaseOnly, kRuleOnly };

struct Setting {
  Key<S2sSettings> key;
  Scope scope = Scope::kBaseAndRule;
  // How the example file shows it once more, in a rule; empty: it does not.
  std::string_view rule_example = {};
  std::string_view rule_note = {};
};

// What is demanded of other servers, by [s2s] and by every rule.
constexpr std::array kSettings{
    Setting{
        key<&S2sSettings::mode, ChoiceField<kModes>>({.name = "mode",
                                                      .doc = "as `policy.mode`, for these domains",
                                                      .note = "already, while the rest is observed",
                                                      .example = R"("enforce")"},
                                                     KeyKind::kInherited),
        Scope::kRuleOnly},
    Setting{key<&S2sSettings::originate_dialback, ChoiceField<kOriginate>>(
        {.name = "originate_dialback",
         .doc =
             "`\"never\"`, or `\"certified\"`: where the certificate of a server was verified, but "
             "it takes no SASL EXTERNAL from us, we authenticate by dialback within that TLS "
             "stream",
         .note = "or certified: by dialback where the peer takes no EXTERNAL"})},
    Setting{only_value<S2sSettings, kRequiredWord>(
                {.name = "tls",
                 .doc = "`\"required\"` is the only value: nothing goes over the Internet in the "
                        "clear",
                 .note = "the only value"}),
            Scope::kBaseOnly},
    Setting{key<&S2sSettings::min_tls, TlsFloorField>(
        {.name = "min_tls",
         .doc = R"(`"1.2"` or `"1.3"`; in a rule not below `[s2s]`)",
         .note = "1.2 or 1.3"})},
    Setting{key<&S2sSettings::finite_field, ChoiceField<kFiniteFields>>(
                {.name = "finite_field",
                 .doc = kFiniteFieldDoc,
                 .note = "or ffdhe2048: for servers that know no elliptic curve"}),
            Scope::kBaseOnly},
    Setting{key<&S2sSettings::auth, FlagsField<kAuthMethods>>(
                {.name = "auth",
                 .doc = "what authenticates a server, any one suffices: `\"pkix\"`, a chain to "
                        "`roots` and the name; `\"pin\"`, a key out of the rule's `pins`, whatever "
                        "the certificate says",
                 .note = "pkix: a trusted chain and the name; pin: a known key"}),
            Scope::kBaseAndRule, R"(["pin"])", "what is not said is as in [s2s]"},
    Setting{
        key<&S2sSettings::pins, PinsField>(
            {.name = "pins",
             .doc = R"(keys for `auth = ["pin"]`: `"spki-sha256:"` and the base64 of a SHA-256 )"
                    "over the subjectPublicKeyInfo; give two, the second for the spare key",
             .note = "two, the second for the spare key",
             .example = R"([
  "spki-sha256:IyuEyDHDulHHukgs2nscH9iO3t7kD7EYpcSjy6CIGeo=",
  "spki-sha256:Xh7zm/qrHjxNeoi0SprIw3oOfu6j3Q8znBuss+6QK14=",
])"}),
        Scope::kRuleOnly},
    Setting{key<&S2sSettings::dialback, ChoiceField<kDialbacks>>(
        {.name = "dialback",
         .doc =
             "`\"refuse\"`, or `\"certified\"`: a dialback request is answered from the verified "
             "certificate alone (XEP-0344), nobody is called back",
         .note = "or certified: answered from the certificate alone (XEP-0344)"})},
    Setting{only_value<S2sSettings, kRequiredWord>(
        {.name = "client_certificate",
         .doc = "what an inbound server must show; `\"required\"` is the only value",
         .note = "the only value"})},
    Setting{key<&S2sSettings::roots, RootsField>(
        {.name = "roots",
         .doc = "the certificate authorities that may vouch for other servers: `\"system\"`, or a "
                "PEM file, which replaces them",
         .note = "or a PEM file, which then replaces the system's store"})},
    Setting{key<&S2sSettings::x509_strict, TruthField>(
        {.name = "x509_strict",
         .doc =
             "whether a chain must keep to the letter of RFC 5280; `false` for a private CA whose "
             "root was made by `openssl req -x509`",
         .note = R"(false for a private CA with a root by "openssl req -x509")"})},
    Setting{key<&S2sSettings::min_rsa_bits, RsaBitsField>(
        {.name = "min_rsa_bits",
         .doc = "the shortest RSA key accepted, in bits, {range}; in a rule not below `[s2s]`",
         .note = "or more"})},
    Setting{key<&S2sSettings::curves, FlagsField<kCurves>>(
        {.name = "curves",
         .doc = "elliptic curves of keys that are accepted; any of those of the default",
         .note = "of keys"})},
    Setting{key<&S2sSettings::signatures, FlagsField<kDigests>>(
        {.name = "signatures",
         .doc = "digests of certificate signatures that are accepted; any of those of the default",
         .note = "of certificates"})},
    // Ten certificates in all are ever looked at.
    Setting{key<&S2sSettings::max_chain, CountField<0, 9>>(
        {.name = "max_chain",
         .doc = "intermediate certificates in a chain, {range}",
         .note = "intermediates"})},
    Setting{key<&S2sSettings::revocation, ChoiceField<kRevocations>>(
        {.name = "revocation",
         .doc = "`\"off\"`; `\"crl-soft\"`, a certificate that a list in `crls` names is refused; "
                "`\"crl-hard\"`, so is one for whose issuer there is no current list. Nothing is "
                "fetched",
         .note = "off, crl-soft, crl-hard: no current list, no federation"})},
    Setting{key<&S2sSettings::crls, FilePatternsField>(
        {.name = "crls",
         .doc = "PEM files of revocation lists; the last part of a path may be `*.pem`",
         .note = R"(PEM files; "crl/*.pem" will do)"})},
    Setting{key<&S2sSettings::must_staple, ChoiceField<kMustStaple>>(
        {.name = "must_staple",
         .doc = "`\"honour\"`: a certificate that demands a stapled OCSP answer (RFC 7633) needs a "
                "good one; `\"off\"`: it does not",
         .note = "or off: do not insist on a stapled answer"})},
    Setting{key<&S2sSettings::via, ViaField>(
                {.name = "via",
                 .doc = "a SOCKS5 proxy, `\"socks5://127.0.0.1:9050\"`, through which the rule's "
                        "`.onion` names are called; see [Tor](tor.md)",
                 .note = "SOCKS5, for .onion names",
                 .example = R"("socks5://127.0.0.1:9050")"}),
            Scope::kRuleOnly},
    Setting{key<&S2sSettings::via_for, ChoiceField<kViaFor>>(
                {.name = "via_for",
                 .doc = "`\"onion\"`, or `\"any\"`: all names of the rule are called through the "
                        "proxy, which looks them up; no SRV record is asked for, and the addresses "
                        "are not checked here",
                 .note = "without it only names below .onion",
                 .example = R"("any")"}),
            Scope::kRuleOnly},
    Setting{key<&S2sSettings::via_port, CountField<1, 65'535>>(
                {.name = "via_port",
                 .doc = "the port of the remote server that the proxy is asked for, {range}",
                 .note = "of the remote server"}),
            Scope::kRuleOnly},
};

bool may_stand(const Setting& setting, SettingsOf of) {
  return setting.scope != (of == SettingsOf::kBase ? Scope::kRuleOnly : Scope::kBaseOnly);
}

}  // namespace

void read_settings(TableReader& table, SettingsOf of, S2sSettings& settings) {
  for (const auto& setting : kSettings)
    if (may_stand(setting, of)) table.read(setting.key, settings);
}

void list_settings(std::vector<ConfigKey>& all, SettingsOf of) {
  for (const auto& setting : kSettings) {
    const bool only_in_rules = setting.scope == Scope::kRuleOnly;
    if (only_in_rules != (of == SettingsOf::kRule)) continue;
    all.push_back(described(only_in_rules ? "s2s.rule" : "s2s", setting.key));
    all.back().also_in_rules = setting.scope == Scope::kBaseAndRule;
  }
}

void add_settings(ConfigTable& table, SettingsOf of, const S2sSettings& settings) {
  for (const auto& setting : kSettings)
    if (may_stand(setting, of)) table.values.push_back(value_of(setting.key, settings));
}

void list_rule_examples(std::vector<ConfigKey>& all) {
  for (const auto& setting : kSettings) {
    if (setting.scope != Scope::kRuleOnly && setting.rule_example.empty()) continue;
    ConfigKey key = described("s2s.rule", setting.key);
    if (!setting.rule_example.empty()) {
      key.example = setting.rule_example;
      key.note = setting.rule_note;
    }
    all.push_back(std::move(key));
  }
}

std::vector<std::pair<std::string_view, std::string>> setting_texts(const S2sSettings& settings) {
  std::vector<std::pair<std::string_view, std::string>> texts;
  texts.reserve(kSettings.size());
  for (const auto& setting : kSettings)
    texts.emplace_back(setting.key.text.name, setting.key.write(settings));
  return texts;
}

}  // namespace portcullis::policy
