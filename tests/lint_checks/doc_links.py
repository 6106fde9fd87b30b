"""Links between our own documents resolve, anchors too."""

import os
import posixpath
import re
import urllib.parse

FENCE = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.DOTALL | re.MULTILINE)
INLINE_CODE = re.compile(r"`[^`\n]+`")
LINK = re.compile(r"\[[^\]\n]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
REFERENCE = re.compile(r"^[ ]{0,3}\[[^\]\n]+\]:\s+<?([^\s>]+)>?", re.MULTILINE)
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*\s*$", re.MULTILINE)
HTML_ANCHOR = re.compile(r"<a\s+(?:id|name)=\"([^\"]+)\"")
ELSEWHERE = re.compile(r"^[a-zA-Z][a-zA-Z0-9+.-]*:")


def blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def prose(text):
    return INLINE_CODE.sub(blank, FENCE.sub(blank, text))


def anchors(text):
    """As GitHub and most others make them of headings."""
    found = set(HTML_ANCHOR.findall(text))
    seen = {}
    for heading in HEADING.findall(FENCE.sub(blank, text)):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
        slug = re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")
        count = seen.get(slug, 0)
        seen[slug] = count + 1
        found.add(slug if count == 0 else f"{slug}-{count}")
    return found


def problem_of(tree, file, target):
    path, _, anchor = urllib.parse.unquote(target).partition("#")
    resolved = file
    if path.startswith("/"):
        return "an absolute path"
    if path:
        resolved = posixpath.normpath(posixpath.join(posixpath.dirname(file), path))
        if resolved.startswith("..") or not os.path.exists(tree.root / resolved):
            return f"{resolved} does not exist"
    if anchor and resolved.endswith(".md") and anchor not in anchors(tree.text(resolved) or ""):
        return f"{resolved} has no heading #{anchor}"
    return None


def doc_links(tree):
    findings = []
    for file in tree.markdown():
        text = prose(tree.text(file) or "")
        for match in [*LINK.finditer(text), *REFERENCE.finditer(text)]:
            target = match.group(1)
            problem = None if ELSEWHERE.match(target) else problem_of(tree, file, target)
            if problem:
                line = text.count("\n", 0, match.start()) + 1
                findings.append(f"{file}:{line}: link to {target}: {problem}")
    return findings
