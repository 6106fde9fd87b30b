#include "policy/load/config_field.h"
#include "policy/load/config_schema_parts.h"

namespace portcullis::policy {
namespace {

constexpr std::array kClientCertificates{
    Word<ClientCertificate>{"off", ClientCertificate::kOff},
    Word<ClientCertificate>{"request", ClientCertificate::kRequest},
    Word<ClientCertificate>{"required", ClientCertificate::kRequired}};

struct ClientRootsField {
  static void read(const Value& value, std::string& target) {
    const auto* text = value.node.as_string();
    if (text == nullptr || !text->get().empty()) read_path(value, target);
  }
  static std::string write(const std::string& value) { return toml_string(value); }
};

constexpr std::array kC2sKeys{
    key<&C2s::mode, ChoiceField<kModes>>(
        {.name = "mode",
         .doc = "as `policy.mode`, for client certificates; TLS is required in both modes",
         .note = "of client certificates; without it that of [policy]",
         .example = R"("enforce")"},
        KeyKind::kInherited),
    only_value<C2s, kRequiredWord>(
        {.name = "tls",
         .doc = "`\"required\"` is the only value: no password goes over the Internet in the clear",
         .note = "the only value"}),
    key<&C2s::min_tls, TlsFloorField>(
        {.name = "min_tls", .doc = R"(`"1.2"` or `"1.3"`)", .note = "1.2 or 1.3"}),
    key<&C2s::finite_field, ChoiceField<kFiniteFields>>(
        {.name = "finite_field",
         .doc = kFiniteFieldDoc,
         .note = "or ffdhe2048: for clients that know no elliptic curve"}),
    key<&C2s::client_certificate, ChoiceField<kClientCertificates>>(
        {.name = "client_certificate",
         .doc =
             "`\"off\"`; `\"request\"`, one that is shown must be good; `\"required\"`, a client "
             "without one is refused. The login at the server comes after it",
         .note = "off, request or required"}),
    key<&C2s::client_roots, ClientRootsField>(
        {.name = "client_roots",
         .doc = "PEM file of the authorities that may issue client certificates; needed unless "
                "`client_certificate` is `\"off\"`",
         .note = "PEM file of who may issue them"}),
};

}  // namespace

void read_c2s(const Value& value, Draft& draft) {
  read_table<C2s>(value, kC2sKeys, draft.config.c2s);
}

void list_c2s_keys(std::vector<ConfigKey>& all) {
  list_keys<C2s>(all, "c2s", kC2sKeys);
}

void add_c2s_values(std::vector<ConfigTable>& all, const Config& config) {
  add_table<C2s>(all, "c2s", kC2sKeys, config.c2s);
}

}  // namespace portcullis::policy
