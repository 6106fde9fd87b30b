#include "policy/load/config_schema_parts.h"
#include "policy/load/config_section.h"

namespace portcullis::policy {
namespace {

constexpr std::array kClientCertificates{
    std::pair{std::string_view("off"), ClientCertificate::kOff},
    std::pair{std::string_view("request"), ClientCertificate::kRequest},
    std::pair{std::string_view("required"), ClientCertificate::kRequired}};

constexpr std::array<Key<C2s>, 5> kC2sKeys{{
    {"mode", "", [](const Value& v, C2s& t) { read_choice(v, t.mode, kModes); },
     "as `policy.mode`, for client certificates; TLS is required in both modes",
     KeyKind::kInherited},
    {"tls", R"("required")", read_only_value<kRequiredWord, C2s>,
     "`\"required\"` is the only value: no password goes over the Internet in the clear"},
    {"min_tls", R"("1.2")", [](const Value& v, C2s& t) { read_min_tls(v, t.min_tls); },
     R"(`"1.2"` or `"1.3"`)"},
    {"client_certificate", R"("off")",
     [](const Value& v, C2s& t) { read_choice(v, t.client_certificate, kClientCertificates); },
     "`\"off\"`; `\"request\"`, one that is shown must be good; `\"required\"`, a client without "
     "one is refused. The login at the server comes after it"},
    {"client_roots", R"("")",
     [](const Value& v, C2s& t) {
       const auto* text = v.node.as_string();
       if (text == nullptr || !text->get().empty()) read_path(v, t.client_roots);
     },
     "PEM file of the authorities that may issue client certificates; needed unless "
     "`client_certificate` is `\"off\"`"},
}};

}  // namespace

void read_c2s(const Value& value, Draft& draft) {
  read_table<C2s>(value, kC2sKeys, draft.config.c2s);
}

void list_c2s_keys(std::vector<ConfigKey>& all) {
  list_keys<C2s>(all, "c2s", kC2sKeys);
}

}  // namespace portcullis::policy
