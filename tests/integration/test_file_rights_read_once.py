"""One reading of the configuration decides, also whose rights its files are judged by: `run` reads none
a second time that another could have put there meanwhile."""

import errno
import os
import threading

from harness import gate
from harness.file_rights import NEEDS, OTHER
from harness.file_rights import authority, pki, place  # the fixtures

pytestmark = NEEDS


class Changing:
    """A configuration that is another one whenever it is opened."""

    def __init__(self, path, texts):
        os.mkfifo(path)
        self.opened = 0
        self._path = path
        self._texts = texts
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        for text in self._texts:
            file = self._open()
            if file is None:
                return
            self.opened += 1
            # For the next opening, so that this one reads to the end of its own text.
            os.mkfifo(f"{self._path}.next")
            os.rename(f"{self._path}.next", self._path)
            with os.fdopen(file, "w") as stream:
                stream.write(text)

    def _open(self):
        while not self._end.wait(0.005):
            try:
                return os.open(self._path, os.O_WRONLY | os.O_NONBLOCK)
            except OSError as error:
                if error.errno != errno.ENXIO:  # nobody has opened it yet
                    raise
        return None

    def close(self):
        self._end.set()
        self._thread.join()


def test_what_cannot_be_read_at_first_is_not_read_again(place):
    """An editor was writing at that moment. The second reading would be good, and served as root,
    because the first had not named a user."""
    good = place.config.read_text()
    changing = Changing(place.directory / "changing.toml", ["[process", good])
    try:
        done = gate.run_command("run", "-c", place.directory / "changing.toml")
    finally:
        changing.close()
    assert done.returncode == 78 and "changing.toml:1:" in done.stderr, done.stderr
    assert changing.opened == 1


def test_configuration_is_read_once(place):
    """The second text could name another user than the one that the gate has become."""
    place.write(process={"user": OTHER.pw_name})
    for key in place.private:
        key.chmod(0o644)
    changing = Changing(place.directory / "changing.toml",
                        [place.config.read_text(), place.config.read_text()])
    try:
        done = gate.run_command("run", "-c", place.directory / "changing.toml")
    finally:
        changing.close()
    assert done.returncode == 78 and "others can use the key" in done.stderr, done.stderr
    assert changing.opened == 1


def test_configuration_that_the_user_could_not_read_again(place):
    place.write(process={"user": OTHER.pw_name})
    place.config.chmod(0o600)
    done = gate.run_command("run", "-c", place.config)
    assert done.returncode == 78
    assert f"{place.config}: error: the user that this program runs as cannot read it" in done.stderr
