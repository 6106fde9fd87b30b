#include "policy/load/config_schema_parts.h"
#include "policy/load/config_section.h"

namespace portcullis::policy {
namespace {

template <class Enum>
using Word = std::pair<std::string_view, Enum>;

constexpr std::array kDialbacks{Word<Dialback>{"refuse", Dialback::kRefuse},
                                Word<Dialback>{"certified", Dialback::kCertified}};
constexpr std::array kRevocations{Word<Revocation>{"off", Revocation::kOff},
                                  Word<Revocation>{"crl-soft", Revocation::kCrlSoft},
                                  Word<Revocation>{"crl-hard", Revocation::kCrlHard}};
constexpr std::array kMustStaple{Word<bool>{"off", false}, Word<bool>{"honour", true}};
constexpr std::array kAuth{Word<bool S2sSettings::*>{"pkix", &S2sSettings::auth_pkix},
                           Word<bool S2sSettings::*>{"pin", &S2sSettings::auth_pin}};
constexpr std::array kCurves{Word<bool AllowedCurves::*>{"P-256", &AllowedCurves::p256},
                             Word<bool AllowedCurves::*>{"P-384", &AllowedCurves::p384},
                             Word<bool AllowedCurves::*>{"P-521", &AllowedCurves::p521},
                             Word<bool AllowedCurves::*>{"Ed25519", &AllowedCurves::ed25519},
                             Word<bool AllowedCurves::*>{"Ed448", &AllowedCurves::ed448}};
constexpr std::array kDigests{Word<bool AllowedSignatures::*>{"sha256", &AllowedSignatures::sha256},
                              Word<bool AllowedSignatures::*>{"sha384", &AllowedSignatures::sha384},
                              Word<bool AllowedSignatures::*>{"sha512", &AllowedSignatures::sha512},
                              Word<bool AllowedSignatures::*>{"eddsa", &AllowedSignatures::eddsa}};

void read_roots(const Value& value, std::string& target) {
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

constexpr std::size_t kMostRsaBits = 16'384;

void read_min_rsa_bits(const Value& value, S2sSettings& settings) {
  const auto* bits = value.node.as_integer();
  if (bits != nullptr && bits->get() < 2048)
    return value.error("must be at least 2048: the floor can only rise");
  auto target = static_cast<std::size_t>(settings.min_rsa_bits);
  read_count(value, target, {2048, kMostRsaBits});
  settings.min_rsa_bits = static_cast<int>(target);
}

void read_max_chain(const Value& value, S2sSettings& settings) {
  constexpr std::size_t kMost = 9;  // ten certificates in all are ever looked at
  auto target = static_cast<std::size_t>(settings.max_chain);
  read_count(value, target, {0, kMost});
  settings.max_chain = static_cast<int>(target);
}

// What [s2s] and every rule can say.
constexpr std::array<Key<S2sSettings>, 13> kSettingsKeys{{
    {"min_tls", R"("1.2")", [](const Value& v, S2sSettings& t) { read_min_tls(v, t.min_tls); },
     R"(`"1.2"` or `"1.3"`; in a rule not below `[s2s]`)"},
    {"auth", R"(["pkix"])", [](const Value& v, S2sSettings& t) { read_flags(v, t, kAuth); },
     "what authenticates a server, any one suffices: `\"pkix\"`, a chain to `roots` and the name; "
     "`\"pin\"`, a key out of the rule's `pins`, whatever the certificate says"},
    {"dialback", R"("refuse")",
     [](const Value& v, S2sSettings& t) { read_choice(v, t.dialback, kDialbacks); },
     "`\"refuse\"`, or `\"certified\"`: a dialback request is answered from the verified "
     "certificate alone (XEP-0344), nobody is called back"},
    {"client_certificate", R"("required")", read_only_value<kRequiredWord, S2sSettings>,
     "what an inbound server must show; `\"required\"` is the only value"},
    {"roots", R"("system")", [](const Value& v, S2sSettings& t) { read_roots(v, t.roots); },
     "the certificate authorities that may vouch for other servers: `\"system\"`, or a PEM file, "
     "which replaces them"},
    {"x509_strict", "true", [](const Value& v, S2sSettings& t) { read_bool(v, t.x509_strict); },
     "whether a chain must keep to the letter of RFC 5280; `false` for a private CA whose root was "
     "made by `openssl req -x509`"},
    {"min_rsa_bits", "2048", read_min_rsa_bits,
     "the shortest RSA key accepted, in bits, 2048 to 16384; in a rule not below `[s2s]`"},
    {"curves", R"(["P-256", "P-384", "P-521", "Ed25519", "Ed448"])",
     [](const Value& v, S2sSettings& t) { read_flags(v, t.curves, kCurves); },
     "elliptic curves of keys that are accepted; any of those of the default"},
    {"signatures", R"(["sha256", "sha384", "sha512", "eddsa"])",
     [](const Value& v, S2sSettings& t) { read_flags(v, t.signatures, kDigests); },
     "digests of certificate signatures that are accepted; any of those of the default"},
    {"max_chain", "5", read_max_chain, "intermediate certificates in a chain, 0 to 9"},
    {"revocation", R"("crl-soft")",
     [](const Value& v, S2sSettings& t) { read_choice(v, t.revocation, kRevocations); },
     "`\"off\"`; `\"crl-soft\"`, a certificate that a list in `crls` names is refused; "
     "`\"crl-hard\"`, so is one for whose issuer there is no current list. Nothing is fetched"},
    {"crls", "[]", [](const Value& v, S2sSettings& t) { read_file_patterns(v, t.crls); },
     "PEM files of revocation lists; the last part of a path may be `*.pem`"},
    {"must_staple", R"("honour")",
     [](const Value& v, S2sSettings& t) { read_choice(v, t.must_staple, kMustStaple); },
     "`\"honour\"`: a certificate that demands a stapled OCSP answer (RFC 7633) needs a good one; "
     "`\"off\"`: it does not"},
}};

constexpr std::array<Key<S2sRule>, 4> kRuleKeys{{
    {"match", "", [](const Value& v, S2sRule& t) { read_patterns(v, t.match); },
     "for whom the rule is: domains or `*.suffix`", KeyKind::kRequired},
    {"note", R"("")", [](const Value& v, S2sRule& t) { read_text(v, t.note, 200); },
     "for people; shown by `portcullis explain`; at most 200 octets"},
    {"mode", "", [](const Value& v, S2sRule& t) { read_choice(v, t.settings.mode, kModes); },
     "as `policy.mode`, for these domains", KeyKind::kInherited},
    {"pins", "[]", [](const Value& v, S2sRule& t) { read_pins(v, t.settings.pins); },
     R"(keys for `auth = ["pin"]`: `"spki-sha256:"` and the base64 of a SHA-256 over the )"
     "subjectPublicKeyInfo; give two, the second for the spare key"},
}};

constexpr std::array<Key<ExceptionDraft>, 5> kExceptionKeys{{
    {"domain", "", [](const Value& v, ExceptionDraft& t) { read_domain(v, t.domain); },
     "one domain, no pattern", KeyKind::kRequired},
    {"allow", "", [](const Value& v, ExceptionDraft& t) { read_waivable_reasons(v, t.allow); },
     "ids of the reasons that are waived; [reasons.md](reasons.md) says which can be",
     KeyKind::kRequired},
    {"until", "", [](const Value& v, ExceptionDraft& t) { read_date(v, t.until); },
     "the last day on which it holds, such as `2027-01-15`; it ends at 00:00 UTC after it, while "
     "running too",
     KeyKind::kRequired},
    {"why", "", [](const Value& v, ExceptionDraft& t) { read_text(v, t.why, 200); },
     "for whoever reads it later; at most 200 octets", KeyKind::kRequired},
    {"pins", "[]", [](const Value& v, ExceptionDraft& t) { read_pins(v, t.pins); },
     "keys as in a rule; demanded where `allow` holds a reason without which nothing says who the "
     "peer is"},
}};

void read_rules(const Value& value, Draft& draft) {
  auto& s2s = draft.config.s2s;
  const S2sRule prototype{{}, {}, s2s.settings, {}};
  read_tables(value, "[[s2s.rule]]", s2s.rules, prototype, [](const Value& element, S2sRule& rule) {
    rule.path = element.path;
    TableReader table(element);
    table.read<S2sRule>(kRuleKeys, rule);
    table.read<S2sSettings>(kSettingsKeys, rule.settings);
    table.finish();
  });
}

void read_exceptions(const Value& value, Draft& draft) {
  read_tables(value, "[[s2s.exception]]", draft.exceptions, ExceptionDraft(),
              [](const Value& element, ExceptionDraft& exception) {
                exception.path = element.path;
                read_table<ExceptionDraft>(element, kExceptionKeys, exception);
              });
}

constexpr std::array<Key<Draft>, 1> kTlsKey{{
    {"tls", R"("required")", read_only_value<kRequiredWord, Draft>,
     "`\"required\"` is the only value: nothing goes over the Internet in the clear"},
}};

constexpr std::array<Key<Draft>, 2> kTables{{
    {"rule", "", read_rules, {}, KeyKind::kTable},
    {"exception", "", read_exceptions, {}, KeyKind::kTable},
}};

}  // namespace

// A rule begins as a copy of what [s2s] says, so the tables come last.
void read_s2s(const Value& value, Draft& draft) {
  TableReader table(value);
  table.read<Draft>(kTlsKey, draft);
  table.read<S2sSettings>(kSettingsKeys, draft.config.s2s.settings);
  table.read<Draft>(kTables, draft);
  table.finish();
}

void list_s2s_keys(std::vector<ConfigKey>& all) {
  list_keys<Draft>(all, "s2s", kTlsKey);
  list_keys<S2sSettings>(all, "s2s", kSettingsKeys);
  list_keys<S2sRule>(all, "s2s.rule", kRuleKeys);
  list_keys<ExceptionDraft>(all, "s2s.exception", kExceptionKeys);
}

}  // namespace portcullis::policy
