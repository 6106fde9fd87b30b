"""clang-tidy, over sources in groups.

Most of the time that clang-tidy needs for a source goes into the headers that it includes, and it
looks at all of them again for each source. So some sources of one library are read as one. Where
that does not compile after all, each half of them is read apart.

Half of the rest is the analyzer's, which follows the paths through each function. It looks at what
changed since a revision, and at everything with --deep.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import tempfile

from .tools import changed_since, run

FOLDERS = ("proxy/", "policy/", "certs/", "tests/bench/")
GROUP = 10
ANALYZER = "clang-analyzer-"
BUILD = "build/clang"
DECLARED = re.compile(r"^(?!using |TEST)(?:(?:enum class|enum|class|struct|union) (\w+)|[^\s}/#].*?\b(\w+)\s*[({=;\[])",
                      re.MULTILINE)
USING = re.compile(r"^using (?:(\w+) = (.*)|(?:namespace )?(?:::)?((?:\w+::)*(\w+)));", re.MULTILINE)
FINDING = re.compile(r"(\S+:\d+:\d+): (error|warning): (.*)")
# Sources with one fault each, and the check that must see it: also from within a group.
PLANTED = {
    "moved.cc": (
        "bugprone-use-after-move",
        "#include <string>\n#include <utility>\n"
        "std::size_t moved(std::string text) {\n  std::string other = std::move(text);\n"
        "  return other.size() + text.size();\n}\n",
    ),
    "null.cc": (
        "clang-analyzer-core.NullDereference",
        "int null(bool given) {\n  int value = 1;\n  int* place = given ? &value : nullptr;\n"
        "  if (place == nullptr) return *place;\n  return value;\n}\n",
    ),
    "copied.cc": (
        "performance-unnecessary-value-param",
        "#include <string>\nstd::size_t copied(std::string text) { return text.size(); }\n",
    ),
}


def files_to_check(tree, revision, folders=FOLDERS):
    files = [f for f in tree.cxx() if f.endswith(".cc") and f.startswith(folders)]
    if revision is None:
        return files
    changed = changed_since(tree, revision)
    # A changed header is checked through the sources that name it.
    headers = [f for f in changed if f.endswith(".h")]
    return [
        f for f in files if f in changed or any(f'"{h}"' in (tree.text(f) or "") for h in headers)
    ]


def commands(tree):
    """How each source is compiled."""
    with open(tree.root / BUILD / "compile_commands.json", encoding="utf-8") as file:
        return {entry["file"]: entry for entry in json.load(file)}


def own_names(text):
    """What a source declares for itself alone, roughly, and what its using-declarations mean: a name
    too many only parts two sources."""
    inside = re.findall(r"^namespace \{$(.*?)^\}  // namespace$", text, re.MULTILINE | re.DOTALL)
    names = {name or type_: object() for part in inside for type_, name in DECLARED.findall(part)}
    return names | {alias or last: meant or whole
                    for alias, meant, whole, last in USING.findall(text)}


def grouped(files, known):
    """Sources of one library, which are compiled in the same way, some at a time, and none with
    another one to which a name means something else."""
    alike = {}
    for file in files:
        how = known[str(file)]["command"].split(" -o ")[0]
        names = own_names(file.read_text(encoding="utf-8"))
        groups = alike.setdefault(how, [])
        fit = next((g for g in groups if len(g[0]) < GROUP and all(
            g[1].get(name, meant) == meant for name, meant in names.items())), None)
        if fit is None:
            groups.append(fit := ([], {}))
        fit[0].append(file)
        fit[1].update(names)
    return [group for groups in alike.values() for group, _ in groups]


def tidy(root, source, options):
    """The findings in one source, or None if it does not compile."""
    done = subprocess.run(
        ["clang-tidy-14", "-quiet", *options, f"--config-file={root}/.clang-tidy", f"-p={source.parent}",
         str(source)],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )
    found = {m.groups() for m in map(FINDING.match, done.stdout.splitlines()) if m}
    if any("clang-diagnostic-error" in text for _, _, text in found):
        return None
    if done.returncode != 0 and not found:
        return {(str(source), "error", f"clang-tidy ended with {done.returncode}: {done.stderr}")}
    return found


def write_group(folder, name, group, known):
    """The text of a group as one source, in a folder that says how it is compiled. It is copied and
    not included: the analyzer looks at the main file alone."""
    place = folder / name
    place.mkdir()
    source = place / "group.cc"
    source.write_text("".join(text_of(file) for file in group), encoding="utf-8")
    first = known[str(group[0])]
    command = first["command"].replace(first["file"], str(source))
    entry = {"directory": first["directory"], "command": command, "file": str(source)}
    (place / "compile_commands.json").write_text(json.dumps([entry]), encoding="utf-8")
    return source


def text_of(file):
    return file.read_text(encoding="utf-8").rstrip("\n") + "\n"


def placed(found, source, group):
    """The findings, each at the line of the source that was copied."""
    lines = [(file, number) for file in group
             for number in range(1, text_of(file).count("\n") + 1)]
    for place, kind, text in found:
        path, line, column = place.rsplit(":", 2)
        if path == str(source):
            file, number = lines[int(line) - 1]
            place = f"{file}:{number}:{column}"
        yield place, kind, text


def findings_in(root, folder, name, group, known, options):
    source = write_group(folder, name, group, known)
    found = tidy(root, source, options)
    if found is not None:
        return set(placed(found, source, group))
    if len(group) == 1:
        return {(str(group[0]), "error", "clang-tidy cannot compile it")}
    half = len(group) // 2
    return findings_in(root, folder, f"{name}a", group[:half], known, options) | findings_in(
        root, folder, f"{name}b", group[half:], known, options
    )


def plant(folder, known):
    """The sources with a fault each, compiled as one of ours."""
    some = next(entry for file, entry in known.items() if "/proxy/" in file)
    planted = []
    for name, (_, text) in PLANTED.items():
        file = folder / name
        file.write_text(text, encoding="utf-8")
        known[str(file)] = dict(some, file=str(file), command=some["command"].replace(some["file"], str(file)))
        planted.append(file)
    return planted


def unseen(found, folder, deep):
    """The planted faults that were not found."""
    for name, (check, _) in PLANTED.items():
        if check.startswith(ANALYZER) and not deep:
            continue
        if not any(place.startswith(f"{folder / name}:") and check in text for place, _, text in found):
            yield f"clang-tidy does not see the fault of {check} that was put into a group of sources"


def clang_tidy(tree, revision, deep):
    files = [tree.root / f for f in files_to_check(tree, revision)]
    if not files:
        return []
    # In the folder of the tests with clang, whose precompiled header is then there already. The
    # groups of the build say nothing about a source, so they are left out.
    for command in (
        ["cmake", "--preset", "clang", "-DPORTCULLIS_BENCH=ON", "-DPORTCULLIS_UNITY=OFF"],
        ["cmake", "--build", BUILD, "--target", "portcullis_pch"],
    ):
        if failed := run(tree, command):
            return failed
    known = commands(tree)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        groups = [plant(folder, known), *grouped(files, known)]
        deep = deep or revision is not None
        options = [] if deep else [f"--checks=-{ANALYZER}*"]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            found = set().union(*pool.map(
                lambda numbered: findings_in(
                    tree.root, folder, str(numbered[0]), numbered[1], known, options
                ),
                enumerate(groups),
            ))
        missing = list(unseen(found, folder, deep))
        # A header's finding comes once from each group that includes it.
        return missing + sorted(
            f"{place.replace(f'{tree.root}/', '')}: {kind}: {text}"
            for place, kind, text in found
            if not place.startswith(f"{folder}/")
        )
