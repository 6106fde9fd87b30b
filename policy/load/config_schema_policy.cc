#include "policy/load/config_field_names.h"
#include "policy/load/config_schema_parts.h"

namespace portcullis::policy {
namespace {

struct UrlField : TextField<120> {
  static void read(const Value& value, std::string& target) {
    TextField::read(value, target);
    if (!target.empty() && !target.starts_with("https://") && !target.starts_with("http://"))
      value.error(R"(must begin with "https://" or "http://")");
  }
};

constexpr std::array kPolicyKeys{
    key<&Config::mode, ChoiceField<kModes>>(
        {.name = "mode",
         .doc =
             R"(`"enforce"` refuses what is wrong; `"observe"` judges, logs and counts as much, )"
             "but lets pass what [reasons.md](reasons.md) calls observable, unauthenticated",
         .note = R"(or "observe": judge, log and count, but refuse attacks only)"}),
    key<&Config::contact, TextField<100>>(
        {.name = "contact",
         .doc = "put into refusals, so that a remote admin can ask; {range}",
         .note = R"("xmpp:operator@example.org": put into refusals)"}),
    key<&Config::help_url, UrlField>(
        {.name = "help_url",
         .doc = "put into refusals; `{reason}` is replaced by the reason's id; {range}",
         .note = R"("https://example.org/xmpp#{reason}": put into refusals)"}),
    key<&Config::max_exception_days, CountField<1, 366>>(
        {.name = "max_exception_days",
         .doc = "how many days ahead the end of an exception may lie, {range}",
         .note = "how far ahead an exception may end"}),
    key<&Config::forward_secrecy, TruthField>(
        {.name = "forward_secrecy",
         .doc =
             "`true`: TLS 1.2 with key exchange by RSA, which has no forward secrecy, is refused; "
             "in observe mode it is counted. `false`: it is accepted where nothing better is in "
             "common",
         .note = "false: accept key exchange by RSA, too"}),
};

constexpr std::array kAllowOrDeny{Word<bool>{"allow", true}, Word<bool>{"deny", false}};

constexpr std::array kFederationKeys{
    key<&Federation::allow_by_default, ChoiceField<kAllowOrDeny>>(
        {.name = "default",
         .doc = R"(`"allow"`, or `"deny"` for every domain that is not in `allow`)",
         .note = R"(allow, or deny all but those in "allow")"}),
    key<&Federation::allow, PatternsField>(
        {.name = "allow",
         .doc = R"(domains or `*.suffix`; of effect with `default = "deny"`)",
         .note = R"("friend.example", or "*.suffix" for every name below it)"}),
    key<&Federation::deny, PatternsField>(
        {.name = "deny",
         .doc = "domains or `*.suffix`; wins over `allow` and over every rule, and holds between "
                "servers of yours, too",
         .note = R"(wins over "allow" and over every rule)"}),
    key<&Federation::local_only, DomainsField>(
        {.name = "local_only",
         .doc = "domains and aliases of ours that never speak to a server of others; with "
                "[another one of ours](operating.md#several-servers-behind-one-gate) they do",
         .note = "domains and aliases of ours that never federate"}),
};

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

void add_policy_values(std::vector<ConfigTable>& all, const Config& config) {
  add_table<Config>(all, "policy", kPolicyKeys, config);
  add_table<Federation>(all, "federation", kFederationKeys, config.federation);
}

}  // namespace portcullis::policy
