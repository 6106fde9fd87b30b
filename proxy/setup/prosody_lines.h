#pragma once

#include <string>
#include <vector>

#include "proxy/setup/plan.h"
#include "proxy/setup/prosody_facts.h"

namespace portcullis::setup {

// The file of ours that Prosody includes: the lines of its guide for the mode of `plan`. `facts`
// are those without this file.
std::string prosody_lines(const Plan& plan, const ProsodyFacts& facts);

// Whether setup has written it.
bool is_prosody_file_of_ours(const std::string& text);

// The hosts that a file of setup adds, as they are spelled there.
std::vector<std::string> hosts_added_by(const std::string& text);

// `text` of prosody.cfg.lua with a last line that includes `file`, or without it. An included file
// begins in the global section wherever it is included, and comes after all others there.
std::string with_include(const std::string& text, const std::string& file);
std::string without_include(const std::string& text);

// What else of it is open, or works otherwise from now on; sentences.
std::vector<std::string> prosody_notes(const ProsodyFacts& facts);

// Sentences about what still refuses servers although the gate only observes.
std::vector<std::string> observe_notes(const ProsodyFacts& facts);

// Sentences about settings that something else overrules.
std::vector<std::string> lost_texts(const std::vector<LostSetting>& lost);

}  // namespace portcullis::setup
