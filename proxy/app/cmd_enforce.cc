#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "policy/load/config_document.h"
#include "policy/load/mode_edit.h"
#include "policy/reasons/reason.h"
#include "proxy/app/commands.h"
#include "proxy/app/config_source.h"
#include "proxy/app/control.h"
#include "proxy/app/enforce_plan.h"
#include "proxy/app/exit_code.h"
#include "proxy/app/file_change.h"
#include "proxy/app/journal.h"
#include "proxy/app/load.h"
#include "proxy/app/log_files.h"
#include "proxy/app/say.h"
#include "proxy/app/setup/folder_lock.h"

namespace portcullis::app {
namespace {

constexpr const char* kCopyStamp = "enforce";

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

// The answer of the running portcullis to one request; an error if it says "failed".
Result<std::string> ask(const std::string& control, std::string_view request,
                        const std::string& signal) {
  const auto answer = ask_running(control, request, signal);
  if (!answer) return tl::unexpected(answer.error());
  auto read = read_control_answer(*answer);
  if (!read.ok) return fail(read.lines);
  return std::move(read.lines);
}

void foresee(const std::string& control, EnforcePlan& plan) {
  const auto answer = ask(control, kForeseeRequest, "");
  const auto found = answer ? read_foreseen(*answer) : tl::unexpected(answer.error());
  if (found)
    plan.streams = *found;
  else
    plan.unreachable = found.error().message;
}

void read_decisions(const EnforceOptions& options, report::LogReader& reader, EnforcePlan& plan) {
  const auto done = options.logs.empty() ? read_journal(reader) : read_logs(options.logs, reader);
  if (!done) {
    plan.no_log = done.error().message;
    return;
  }
  plan.decisions = &reader;
  if (options.logs.empty())
    plan.log = fmt::format("the journal of {}, {},", kJournalUnit, kJournalSpan);
  else
    plan.log = "the log";
}

std::string errors_of(const policy::Diagnostics& findings) {
  std::string text;
  for (const auto& finding : findings)
    if (finding.severity == policy::Diagnostic::Severity::kError) text += finding.text() + "\n";
  return text;
}

// The file is put back, but not over what somebody has written there meanwhile; what is told says
// so.
Error undone(FileChange file, const std::string& copy, const std::string& why) {
  const auto now = file_to_change(file.path);
  if (!now || now->before != file.after)
    return Error{
        why + "\nAND IT WAS NOT PUT BACK, as somebody has changed " + file.path +
        " meanwhile: take mode = \"enforce\" out of it yourself; before this it was as in " + copy};
  file.after = *file.before;
  const auto back = write_file(file);
  return Error{why + (back ? "\n" + file.path + " is as it was before"
                           : "\nAND IT COULD NOT BE PUT BACK: " + back.error().message + "; copy " +
                                 copy + " over it")};
}

// Has the running one take its files again, and looks whether it enforces then.
Result<std::string> have_it_taken(const std::string& control) {
  auto taken = ask(control, kReloadRequest, "SIGHUP");
  if (!taken)
    return fail("the running portcullis did not take it, and goes on as before: " +
                taken.error().message);
  const auto after = ask(control, kForeseeRequest, "");
  const auto found = after ? read_foreseen(*after) : tl::unexpected(after.error());
  if (!found) return fail("it cannot be seen whether it is in force: " + found.error().message);
  if (found->observes)
    return fail("the running portcullis has loaded its files again, and observes as before");
  return taken;
}

// Writes it, checks it, and has it taken. Returns what to tell.
Result<std::string> apply(const EnforcePlan& plan, const std::string& config_file,
                          const std::string& control) {
  const auto lock = FolderLock::take(std::filesystem::absolute(config_file).parent_path().string());
  if (!lock) return tl::unexpected(lock.error());
  auto file = file_to_change(plan.mode->file);
  if (!file) return tl::unexpected(file.error());
  if (!file->before) return fail(plan.mode->file + " is not there any more");
  const auto place = plan.mode->file + ":" + std::to_string(plan.mode->line);
  const auto text = policy::with_enforce_mode(*file->before);
  if (!text)
    return fail(place + ": mode = \"enforce\" cannot be written here: " + text.error().message +
                "; write it yourself, or set what stands there, and then \"portcullis reload\"");
  const auto copy = keep_copy(*file, kCopyStamp);
  if (!copy) return tl::unexpected(copy.error());
  file->after = *text;
  if (auto written = write_file(*file); !written) return tl::unexpected(written.error());
  const auto checked = load(config_file, Occasion::kRunning);
  if (!checked.snapshot)
    return tl::unexpected(
        undone(*file, *copy, errors_of(checked.diagnostics) + "so it was not taken"));
  const auto taken = have_it_taken(control);
  if (!taken) return tl::unexpected(undone(*file, *copy, taken.error().message));
  return *taken + "mode = \"enforce\" is in force. It stands in " + place +
         "; the file as it was before is " + *copy;
}

int finish(const EnforcePlan& plan, bool json, const Result<std::string>& done) {
  const auto& told = done ? *done : done.error().message;
  if (json)
    print(json_of(plan, done ? "in force" : "failed", told));
  else if (done)
    print("\n" + told + "\n");
  if (done) return kFine;
  return json ? kProblemFound : say(told, kProblemFound);
}

// The running gate may serve another file on the same control socket.
bool serves(const Foreseen& running, const std::string& config_file) {
  std::error_code error;
  const bool same = std::filesystem::equivalent(running.file, config_file, error);
  return same || error;  // out of the environment there is no file
}

// The file says "enforce".
int have_file_taken(const EnforcePlan& plan, const EnforceOptions& options) {
  if (!plan.streams || !plan.streams->observes) {
    print(options.json ? json_of(plan, "in force", "") : text_of(plan));
    return kFine;
  }
  if (options.yes) {
    const auto taken = have_it_taken(plan.config->listen.control);
    return finish(plan, options.json,
                  taken ? Result<std::string>(*taken + "mode = \"enforce\" is in force")
                        : tl::unexpected(taken.error()));
  }
  const std::string told =
      "the file says \"enforce\", and the running portcullis observes: it has not loaded the file "
      "since. \"portcullis enforce --yes\" has it do so";
  if (options.json) print(json_of(plan, "dry run", told));
  return say(told, kProblemFound);
}

int without_change(const EnforcePlan& plan, const EnforceOptions& options) {
  if (options.json) print(json_of(plan, "dry run", plan.unreachable));
  if (!plan.streams && (options.yes || !options.json))
    std::fprintf(stderr, "portcullis: %snothing was changed\n",
                 options.yes ? "the running portcullis cannot be asked, so " : "");
  else if (!options.json && plan.observes())
    print("\nNothing was changed. \"portcullis enforce --yes\" does it.\n");
  return plan.streams ? kFine : kUnreachable;
}

}  // namespace

int enforce(const EnforceOptions& options) {
  const auto loaded = read_config(options.config_file, Occasion::kRunning);
  if (!loaded.config) {
    std::fprintf(stderr, "%s", errors_of(loaded.diagnostics).c_str());
    return kInvalidConfig;
  }
  const auto& config = *loaded.config;
  EnforcePlan plan{&config, {}, {}, {}, {}, {}};
  if (const auto line = config.lines.find("policy.mode"); line != config.lines.end())
    plan.mode = line->second;
  foresee(config.listen.control, plan);
  if (plan.streams && !serves(*plan.streams, options.config_file))
    return say("the portcullis that answers at " + config.listen.control + " serves " +
                   policy::printable(plan.streams->file) + "; name that file with -c",
               kProblemFound);
  if (!plan.observes()) return have_file_taken(plan, options);
  report::LogReader reader({time_reference(), std::nullopt});
  read_decisions(options, reader, plan);
  if (!options.json) print(text_of(plan));
  if (!options.yes || !plan.streams) return without_change(plan, options);
  return finish(plan, options.json, apply(plan, options.config_file, config.listen.control));
}

}  // namespace portcullis::app
