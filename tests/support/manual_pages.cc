#include "tests/support/manual_pages.h"

#include "policy/load/configuration_page.h"
#include "policy/reasons/reasons_page.h"
#include "proxy/app/cli/command_table.h"
#include "proxy/app/cli/commands_page.h"
#include "tests/support/manual_page.h"

namespace portcullis::docs {

std::string program_manual() {
  const ManualPage page{.name = app::kProgram,
                        .section = "1",
                        .summary = app::kProgramSummary,
                        .synopsis = "`portcullis` *COMMAND* [*OPTION*...]",
                        .see_also = {"portcullis.toml(5)", "portcullis-reasons(7)"}};
  return manual_page(page, app::commands_page());
}

std::string configuration_manual() {
  const ManualPage page{.name = "portcullis.toml",
                        .section = "5",
                        .summary = "configuration of portcullis",
                        .collects = "KEYS",
                        .see_also = {"portcullis(1)", "portcullis-reasons(7)"}};
  return manual_page(page, policy::configuration_page());
}

std::string reasons_manual() {
  const ManualPage page{.name = "portcullis-reasons",
                        .section = "7",
                        .summary = "why portcullis refuses a stream, and what to do",
                        .collects = "REASONS",
                        .see_also = {"portcullis(1)", "portcullis.toml(5)"}};
  return manual_page(page, policy::reasons_page());
}

}  // namespace portcullis::docs
