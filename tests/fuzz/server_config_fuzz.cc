// The readers of servers' own configurations on any octets; the first says which one. Where setup
// changes ejabberd.yml, what it has no say in is read as before, and in the same order.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/setup/ejabberd_facts.h"
#include "proxy/setup/ejabberd_lines.h"
#include "proxy/setup/guide.h"
#include "proxy/setup/prosody_facts.h"
#include "proxy/setup/prosody_lines.h"
#include "proxy/setup/xml_facts.h"
#include "proxy/setup/yaml_tree.h"

using namespace portcullis;
using namespace portcullis::setup;

namespace {

Plan plan_for(Mode mode) {
  Plan plan;
  plan.kind = policy::BackendKind::kEjabberd;
  plan.mode = mode;
  plan.hosts = {{"legacy.example", {}, true}};
  plan.local_ca = "/var/lib/portcullis/local-ca";
  plan.certificate = "/etc/ejabberd/portcullis.pem";
  return plan;
}

bool is_same(const YamlNode& one, const YamlNode& other) {
  return one.kind == other.kind && one.text == other.text &&
         std::equal(one.items.begin(), one.items.end(), other.items.begin(), other.items.end(),
                    is_same) &&
         std::equal(one.pairs.begin(), one.pairs.end(), other.pairs.begin(), other.pairs.end(),
                    [](const YamlPair& a, const YamlPair& b) {
                      return is_same(a.first, b.first) && is_same(a.second, b.second);
                    });
}

// Without what setup may change: the keys of the guide, and among the modules dialback.
YamlNode of_others(const std::string& text) {
  static const auto ours = [] {
    std::vector<std::string> keys{"modules"};
    for (const auto* const block : {"ejabberd.yml", "observe.yml"}) {
      const auto tree = parse_yaml(guide_block(policy::BackendKind::kEjabberd, block));
      for (const auto& pair : tree->pairs) keys.push_back(pair.first.text);
    }
    return keys;
  }();
  auto tree = parse_yaml(text);
  if (!tree) std::abort();
  YamlNode rest;
  for (auto& pair : tree->pairs) {
    if (pair.first.is_scalar() && pair.first.text == "modules")
      std::erase_if(pair.second.pairs, [](const YamlPair& module) {
        return module.first.is_scalar() && module.first.text == "mod_s2s_dialback";
      });
    else if (pair.first.is_scalar() &&
             std::find(ours.begin(), ours.end(), pair.first.text) != ours.end())
      continue;
    rest.pairs.push_back(std::move(pair));
  }
  return rest;
}

void try_ejabberd(const std::string& text, Mode mode) {
  (void)ejabberd_facts("ejabberd.yml", text, [&](const std::string& path) -> Result<std::string> {
    return path.size() % 2 == 0 ? text : "hosts: [a.example]\n";
  });
  const auto once = ejabberd_lines(text, plan_for(mode));
  if (!once || !once->by_hand.empty()) return;
  if (!is_same(of_others(text), of_others(once->text))) std::abort();
  const auto twice = ejabberd_lines(once->text, plan_for(mode));
  if (!twice || !twice->by_hand.empty() || twice->text != once->text) std::abort();
}

void try_prosody(const std::string& text) {
  const auto facts = prosody_answer("mark", "\nmark{" + text);
  if (!facts) return;
  auto plan = plan_for(Mode::kEnforce);
  plan.kind = policy::BackendKind::kProsody;
  (void)prosody_lines(plan, *facts);
  (void)lost_texts(facts->lost);
  std::vector<std::string> notes;
  plan.hosts = choose_hosts(facts->server, {}, notes).value_or(std::vector<PlannedHost>());
  (void)gate_file(plan);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 4) {
    case 0:
      try_ejabberd(text, Mode::kObserve);
      break;
    case 1:
      try_ejabberd(text, Mode::kEnforce);
      break;
    case 2:
      try_prosody(text);
      break;
    default:
      if (const auto settings = parse_xml_settings(text); settings) {
        (void)openfire_facts(*settings);
        (void)jabberd2_facts(*settings);
      }
  }
  return 0;
}
