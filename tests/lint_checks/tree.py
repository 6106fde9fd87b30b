"""The files of the project, by kind."""

import os
import pathlib

# In a linked work tree, .git is a file.
SKIPPED = {".git", "build", "__pycache__", ".pytest_cache"}
CODE_FOLDERS = ("proxy", "policy", "certs")


class Tree:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.files = sorted(self._walk())
        self._text = {}

    def _walk(self):
        for folder, children, names in os.walk(self.root):
            children[:] = [c for c in children if c not in SKIPPED]
            for name in (n for n in names if n not in SKIPPED):
                path = pathlib.Path(folder, name)
                if path.is_file():
                    yield path.relative_to(self.root).as_posix()

    def text(self, file):
        """Contents; None when it is no text."""
        if file not in self._text:
            try:
                self._text[file] = (self.root / file).read_text(encoding="utf-8")
            except UnicodeDecodeError:
                self._text[file] = None
        return self._text[file]

    def cxx(self):
        return [f for f in self.files if f.endswith((".cc", ".h"))]

    def product_cxx(self):
        return [f for f in self.cxx() if f.split("/")[0] in CODE_FOLDERS]

    def shell(self):
        return [f for f in self.files if f.endswith((".sh", ".bash")) or self._interpreter(f, ("sh", "bash"))]

    def python(self):
        return [f for f in self.files if f.endswith(".py") or self._interpreter(f, ("python3",))]

    def markdown(self):
        return [f for f in self.files if f.endswith(".md")]

    def _interpreter(self, file, names):
        if "." in os.path.basename(file).lstrip("."):
            return False
        text = self.text(file)
        if not text or not text.startswith("#!"):
            return False
        words = text.split("\n", 1)[0][2:].split()
        return any(os.path.basename(word) in names for word in words)
