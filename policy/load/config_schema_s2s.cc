#include "policy/load/config_field_names.h"
#include "policy/load/config_schema_parts.h"
#include "policy/load/config_schema_settings.h"
#include "policy/model/day_text.h"
#include "policy/reasons/reason.h"

namespace portcullis::policy {
namespace {

constexpr std::array kRuleKeys{
    key<&S2sRule::match, PatternsField>(
        {.name = "match",
         .doc = "for whom the rule is: domains or `*.suffix`",
         .note = "exact, or every name below; the nearest rule wins",
         .example = R"(["bank.example", "*.bank.example"])"},
        KeyKind::kRequired),
    key<&S2sRule::note, TextField<200>>(
        {.name = "note",
         .doc = "for people; shown by `portcullis explain`; {range}",
         .note = R"(shown by "portcullis explain")",
         .example = R"("contract 17")"}),
};

struct ReasonsField {
  static void read(const Value& value, std::vector<Reason>& target) {
    read_waivable_reasons(value, target);
  }
  static std::string write(const std::vector<Reason>& value) {
    return written_list(value, [](Reason reason) { return std::string(id(reason)); });
  }
  static ValueShape shape() {
    ValueShape shape{.is_list = true};
    for (std::size_t i = 0; i < kReasonCount; ++i)
      if (info(reason_at(i)).waiver != Waiver::kNever) shape.words.emplace_back(id(reason_at(i)));
    return shape;
  }
};

struct DateField {
  static void read(const Value& value, std::chrono::sys_days& target) { read_date(value, target); }
  static std::string write(std::chrono::sys_days value) { return day_text(value); }
  static ValueShape shape() { return {.type = ValueShape::Type::kDate}; }
};

constexpr std::array kExceptionKeys{
    key<&ExceptionDraft::domain, DomainField>(
        {.name = "domain", .doc = "one domain, no pattern", .example = R"("lab.example")"},
        KeyKind::kRequired),
    key<&ExceptionDraft::allow, ReasonsField>(
        {.name = "allow",
         .doc = "ids of the reasons that are waived; [reasons.md](reasons.md) says which can be",
         .note = "portcullis-reasons(7) says what can be waived",
         .example = R"(["self_signed"])"},
        KeyKind::kRequired),
    key<&ExceptionDraft::until, DateField>(
        {.name = "until",
         .doc = "the last day on which it holds, such as `2027-01-15`; it ends at 00:00 UTC after "
                "it, while running too",
         .note = "the last day",
         .example = "2027-02-01"},
        KeyKind::kRequired),
    key<&ExceptionDraft::why, TextField<200>>({.name = "why",
                                               .doc = "for whoever reads it later; {range}",
                                               .note = "for whoever reads it later",
                                               .example = R"("moving to a public certificate")"},
                                              KeyKind::kRequired),
    key<&ExceptionDraft::pins, PinsField>(
        {.name = "pins",
         .doc = "keys as in a rule; demanded where `allow` holds a reason without which nothing "
                "says who the peer is",
         .note = "or anybody could be it",
         .example = R"(["spki-sha256:i0FoTh3PJ2uSm0PnItIzcz16HJzJUN47h8ljYRNRmWA="])"}),
};

void read_rules(const Value& value, Draft& draft) {
  auto& s2s = draft.config.s2s;
  const S2sRule prototype{{}, {}, s2s.settings, {}};
  read_tables(value, "[[s2s.rule]]", s2s.rules, prototype, [](const Value& element, S2sRule& rule) {
    rule.path = element.path;
    TableReader table(element);
    table.read<S2sRule>(kRuleKeys, rule);
    read_settings(table, SettingsOf::kRule, rule.settings);
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

constexpr std::array kKeys{
    key<&S2s::dialback_secret, PathField>(
        {.name = "dialback_secret",
         .doc = "a file with the secret from which keys of server dialback are made, at least 16 "
                "octets, for its owner only, the same for all instances that stand for one "
                "another; without it, each process has one of its own from its start to its end. "
                "Used with `s2s_auth = \"dialback\"` and with `originate_dialback`",
         .note = "openssl rand -hex 32",
         .example = R"("/etc/portcullis/dialback.secret")"}),
};

constexpr std::array kTables{
    key<Draft>({.name = "rule"}, read_rules),
    key<Draft>({.name = "exception"}, read_exceptions),
};

}  // namespace

// A rule begins as a copy of what [s2s] says, so the tables come last.
void read_s2s(const Value& value, Draft& draft) {
  TableReader table(value);
  read_settings(table, SettingsOf::kBase, draft.config.s2s.settings);
  table.read<S2s>(kKeys, draft.config.s2s);
  table.read<Draft>(kTables, draft);
  table.finish();
}

void list_s2s_keys(std::vector<ConfigKey>& all) {
  list_settings(all, SettingsOf::kBase);
  list_keys<S2s>(all, "s2s", kKeys);
  list_keys<S2sRule>(all, "s2s.rule", kRuleKeys);
  list_settings(all, SettingsOf::kRule);
  list_keys<ExceptionDraft>(all, "s2s.exception", kExceptionKeys);
}

void add_s2s_values(std::vector<ConfigTable>& all, const Config& config) {
  auto& base = all.emplace_back(ConfigTable{"[s2s]", "s2s", {}});
  add_settings(base, SettingsOf::kBase, config.s2s.settings);
  add_values<S2s>(base, kKeys, config.s2s);
  for (const auto& rule : config.s2s.rules) {
    auto& table = all.emplace_back(ConfigTable{"[[s2s.rule]]", rule.path, {}});
    add_values<S2sRule>(table, kRuleKeys, rule);
    add_settings(table, SettingsOf::kRule, rule.settings);
  }
  for (const auto& one : config.s2s.exceptions)
    add_values<ExceptionDraft>(all.emplace_back(ConfigTable{"[[s2s.exception]]", one.path, {}}),
                               kExceptionKeys,
                               {one.domain, one.allow, one.pins, one.until, one.why, one.path});
}

std::vector<ConfigKey> rule_example_keys() {
  std::vector<ConfigKey> all;
  list_keys<S2sRule>(all, "s2s.rule", kRuleKeys);
  list_rule_examples(all);
  return all;
}

}  // namespace portcullis::policy
