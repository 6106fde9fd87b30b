#include <algorithm>
#include <cstdio>

#include "proxy/app/commands.h"
#include "proxy/app/doctor/diagnosis.h"
#include "proxy/app/exit_code.h"

namespace portcullis::app {

int doctor(const DoctorOptions& options) {
  auto checks = all_checks();
  if (!options.only.empty())
    std::erase_if(checks, [&options](doctor::Check check) {
      return std::find(options.only.begin(), options.only.end(), word_of(check)) ==
             options.only.end();
    });
  const auto diagnosis = diagnose(options.config_file, std::move(checks));
  const auto text = options.json ? json_of(diagnosis->report, diagnosis->heading)
                                 : text_of(diagnosis->report, diagnosis->heading);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return diagnosis->report.count(doctor::Severity::kError) == 0 ? kFine : kProblemFound;
}

}  // namespace portcullis::app
