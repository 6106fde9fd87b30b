#include "proxy/doctor/finding.h"
#include "proxy/doctor/writers.h"

namespace portcullis::doctor {
namespace {

constexpr std::string_view kIntroduction =
    R"(<!-- Written from the table of proxy/doctor by "cmake --build BUILD --target docs". -->

# What `portcullis doctor` finds

`portcullis doctor` looks at the configuration, at this machine and at your own server, and says what is wrong before it
hurts. Run it before the first start, after each change of your server, and beside the running gate; as root it sees more.
It changes nothing. `portcullis check --online` says the same in the format of `check`.

It opens a few connections to your own server, in the name of the made-up domain `doctor.portcullis.example`, and looks up
the records of your domains. It needs no more than 15 seconds, also where nobody answers. What can be found is in the
list below. The severity `error` means that something does not work, or is not safe; `warning` that something is likely
to be wrong; `note` that something cannot be known from here, and how to know it. The exit code is 1 if there is an error.
)";

}  // namespace

std::string findings_page() {
  std::string page(kIntroduction);
  for (const auto& check : checks()) {
    page += "\n## " + std::string(check.word) + "\n\nLooks at " + std::string(check.title) + ".\n";
    for (const auto& row : findings()) {
      if (row.check != check.check) continue;
      page += "\n### " + std::string(row.id) + "\n\n" + std::string(row.means) + "\n\n";
      page += "- Severity: " + std::string(word_of(row.severity)) + "\n";
      page += "- Why it matters: " + std::string(row.why) + "\n";
      page += "- What to do: " + std::string(row.todo) + "\n";
    }
  }
  return page;
}

}  // namespace portcullis::doctor
