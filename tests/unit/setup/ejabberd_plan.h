#pragma once

#include <gtest/gtest.h>

#include <string>

#include "proxy/setup/ejabberd_facts.h"
#include "proxy/setup/ejabberd_lines.h"

// What is asked of ejabberd's configuration, with a plan for one host.
namespace portcullis::setup {

inline Plan ejabberd_plan(Mode mode) {
  Plan plan;
  plan.kind = policy::BackendKind::kEjabberd;
  plan.mode = mode;
  plan.hosts = {{"legacy.example", {}, false}};
  plan.local_ca = "/var/lib/portcullis/local-ca";
  plan.certificate = "/etc/ejabberd/portcullis.pem";
  return plan;
}

inline Result<std::string> no_file(const std::string& path) {
  return fail(path + " is not there");
}

inline EjabberdFacts facts_of(const std::string& text, const ReadFile& read = &no_file) {
  const auto facts = ejabberd_facts("ejabberd.yml", text, read);
  EXPECT_TRUE(facts) << facts.error().message;
  return facts.value_or(EjabberdFacts());
}

inline EjabberdChange changed(const std::string& text, const Plan& plan) {
  const auto change = ejabberd_lines(text, plan);
  EXPECT_TRUE(change) << change.error().message;
  return change.value_or(EjabberdChange());
}

}  // namespace portcullis::setup
