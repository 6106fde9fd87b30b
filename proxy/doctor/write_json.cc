#include <nlohmann/json.hpp>

#include "policy/reasons/reason.h"
#include "proxy/doctor/writers.h"

namespace portcullis::doctor {
namespace {

using Json = nlohmann::ordered_json;

Json gate_of(const std::optional<RunningGate>& gate) {
  Json object{{"running", gate.has_value()}};
  if (gate) {
    object["process"] = gate->process == 0 ? Json() : Json(gate->process);
    object["user"] = gate->user_is_known ? Json(gate->user) : Json();
  }
  return object;
}

Json object_of(const Found& one) {
  const auto& row = info(one.finding);
  return {{"id", row.id},
          {"severity", word_of(row.severity)},
          {"check", word_of(row.check)},
          {"file", one.where.file},
          {"line", one.where.line == 0 ? Json() : Json(one.where.line)},
          {"what", one.what},
          {"why", row.why},
          {"do", one.todo.empty() ? Json(row.todo) : Json(one.todo)}};
}

}  // namespace

std::string json_of(const Report& report, const Heading& heading) {
  Json checks = Json::array();
  for (const auto check : heading.checks) checks.push_back(word_of(check));
  Json found = Json::array();
  for (const auto& one : report.found()) found.push_back(object_of(one));
  const Json object{{"configuration", heading.config_file},
                    {"gate", gate_of(heading.gate)},
                    {"checks", std::move(checks)},
                    {"findings", std::move(found)},
                    {"errors", report.count(Severity::kError)},
                    {"warnings", report.count(Severity::kWarning)},
                    {"notes", report.count(Severity::kNote)}};
  return object.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
}

}  // namespace portcullis::doctor
