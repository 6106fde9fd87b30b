#include "policy/load/config_schema_parts.h"
#include "policy/load/config_section.h"

namespace portcullis::policy {
namespace {

constexpr std::array kAllowOrDeny{std::pair{std::string_view("allow"), true},
                                  std::pair{std::string_view("deny"), false}};

void read_help_url(const Value& value, Config& config) {
  read_text(value, config.help_url, 120);
  if (!config.help_url.empty() && !config.help_url.starts_with("https://") &&
      !config.help_url.starts_with("http://"))
    value.error(R"(must begin with "https://" or "http://")");
}

constexpr std::size_t kMostExceptionDays = 366;

void read_max_exception_days(const Value& value, Config& config) {
  std::size_t days = config.max_exception_days;
  read_count(value, days, {1, kMostExceptionDays});
  config.max_exception_days = static_cast<unsigned>(days);
}

constexpr std::array<Key<Config>, 5> kPolicyKeys{{
    {"mode", R"("enforce")", [](const Value& v, Config& t) { read_choice(v, t.mode, kModes); },
     R"(`"enforce"` refuses what is wrong; `"observe"` judges, logs and counts as much, but lets )"
     "pass what [reasons.md](reasons.md) calls observable, unauthenticated"},
    {"contact", R"("")", [](const Value& v, Config& t) { read_text(v, t.contact, 100); },
     "put into refusals, so that a remote admin can ask; at most 100 octets"},
    {"help_url", R"("")", read_help_url,
     "put into refusals; `{reason}` is replaced by the reason's id; at most 120 octets"},
    {"max_exception_days", "90", read_max_exception_days,
     "how many days ahead the end of an exception may lie, 1 to 366"},
    {"forward_secrecy", "false", [](const Value& v, Config& t) { read_bool(v, t.forward_secrecy); },
     "`true`: cipher suites without forward secrecy (RSA key exchange) are never offered"},
}};

constexpr std::array<Key<Federation>, 4> kFederationKeys{{
    {"default", R"("allow")",
     [](const Value& v, Federation& t) { read_choice(v, t.allow_by_default, kAllowOrDeny); },
     R"(`"allow"`, or `"deny"` for every domain that is not in `allow`)"},
    {"allow", "[]", [](const Value& v, Federation& t) { read_patterns(v, t.allow); },
     R"(domains or `*.suffix`; of effect with `default = "deny"`)"},
    {"deny", "[]", [](const Value& v, Federation& t) { read_patterns(v, t.deny); },
     "domains or `*.suffix`; wins over `allow` and over every rule"},
    {"local_only", "[]", [](const Value& v, Federation& t) { read_domains(v, t.local_only); },
     "domains and aliases of ours that never speak to another server"},
}};

}  // namespace

void read_policy(const Value& value, Draft& draft) {
  Config& config = draft.config;
  read_table<Config>(value, kPolicyKeys, config);
  config.s2s.settings.mode = config.mode;
  config.c2s.mode = config.mode;
}

void read_federation(const Value& value, Draft& draft) {
  read_table<Federation>(value, kFederationKeys, draft.config.federation);
}

void list_policy_keys(std::vector<ConfigKey>& all) {
  list_keys<Config>(all, "policy", kPolicyKeys);
  list_keys<Federation>(all, "federation", kFederationKeys);
}

}  // namespace portcullis::policy
