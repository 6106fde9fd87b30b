"""No class does too much: a bound on the functions that one declares."""

import re

from .source_rules import code_only

# "About twenty"; constructors, destructors and what is defaulted or deleted do not count.
FUNCTIONS = 22

CLASS = re.compile(r"\b(?:class|struct)\s+(?:\[\[\w+\]\]\s*)?(\w+)(?:\s+final)?\s*(?::[^;{]*)?\{")
# What stands in front of a parameter list: the name of the function, or its operator.
FUNCTION = re.compile(r"(~?\w+|operator\s*\S{1,3})\s*\(")
NO_FUNCTION = re.compile(r"^(?:using|typedef|friend|static_assert|enum)\b")


def body_at(code, opening):
    """The text between the brace at `opening` and the one that closes it."""
    depth = 0
    for index in range(opening, len(code)):
        depth += {"{": 1, "}": -1}.get(code[index], 0)
        if depth == 0:
            return code[opening + 1 : index]
    return code[opening + 1 :]


def outermost(body):
    """The body without what stands in inner braces; an inner pair ends a statement."""
    kept, depth = [], 0
    for character in body:
        if character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            if depth == 0:
                kept.append(";")
        elif depth == 0:
            kept.append(character)
    return "".join(kept)


def functions_of(name, body):
    found = []
    for statement in outermost(body).split(";"):
        text = re.sub(r"\b(?:public|protected|private)\s*:", " ", statement).strip()
        text = re.sub(r"^template\s*<[^>]*>\s*", "", text)
        if not text or NO_FUNCTION.match(text) or re.search(r"=\s*(?:default|delete)$", text):
            continue
        # A member of function type has its parentheses behind a '<'; an initialiser behind a '='.
        match = FUNCTION.search(re.sub(r"<[^;]*>", "", text).split("=")[0])
        if match and match.group(1).lstrip("~") != name:
            found.append(match.group(1))
    return found


def classes_of(text):
    """Each class of a source text with its line and its functions."""
    code = code_only(text)
    for match in CLASS.finditer(code):
        name = match.group(1)
        yield name, code.count("\n", 0, match.start()) + 1, functions_of(
            name, body_at(code, match.end() - 1)
        )


def class_size(tree):
    findings = []
    for file in tree.product_cxx():
        for name, line, functions in classes_of(tree.text(file) or ""):
            if len(set(functions)) > FUNCTIONS:
                findings.append(
                    f"{file}:{line}: {name} has {len(set(functions))} functions, {FUNCTIONS} at most;"
                    " let another class do a part of it"
                )
    return findings
