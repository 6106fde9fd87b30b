"""`acme_dir`: folders of certificates as certbot, lego, dehydrated and Kubernetes write them, read as
they are and followed through renewals. And the rights of private keys."""

import contextlib
import os
import pathlib
import shutil

import pytest

from harness.environment import DOMAIN, ROOMS
from harness.reloading import Reloadable, leaf_der, replace_file

TAKEN = 20  # seconds; two are waited for the writer to finish


def write(path, source, mode=0o644):
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, path)
    path.chmod(mode)


def swap_link(link, target):
    link.parent.mkdir(parents=True, exist_ok=True)
    temporary = link.with_name(link.name + ".new")
    temporary.symlink_to(target)
    os.replace(temporary, link)


class Certbot:
    """live/NAME/fullchain.pem -> ../../archive/NAME/fullchainN.pem"""

    def put(self, folder, pair, number, name=DOMAIN):
        for file, source, mode in (("fullchain", pair.chain, 0o644), ("privkey", pair.key, 0o600)):
            write(folder / "archive" / name / f"{file}{number}.pem", source, mode)
            swap_link(folder / "live" / name / f"{file}.pem",
                      pathlib.Path("..", "..", "archive", name, f"{file}{number}.pem"))


class CertbotLive(Certbot):
    """acme_dir names the folder `live` itself."""

    def served(self, folder):
        return folder / "live"


class Lego:
    """certificates/NAME.crt and .key, written over in place."""

    def put(self, folder, pair, _number, name=DOMAIN):
        write(folder / "certificates" / f"{name}.crt", pair.chain)
        write(folder / "certificates" / f"{name}.key", pair.key, 0o600)
        write(folder / "certificates" / f"{name}.issuer.crt", pair.chain)


class LegoCertificates(Lego):
    def served(self, folder):
        return folder / "certificates"


class Dehydrated:
    """certs/NAME/fullchain.pem -> fullchain-N.pem"""

    def put(self, folder, pair, number, name=DOMAIN):
        for file, source, mode in (("fullchain", pair.chain, 0o644), ("privkey", pair.key, 0o600)):
            write(folder / "certs" / name / f"{file}-{number}.pem", source, mode)
            swap_link(folder / "certs" / name / f"{file}.pem", f"{file}-{number}.pem")

    def served(self, folder):
        return folder / "certs"


class Kubernetes:
    """A Secret mounted at NAME: tls.crt -> ..data/tls.crt, ..data -> ..N"""

    def put(self, folder, pair, number, name=DOMAIN):
        mount = folder / name
        write(mount / f"..{number}" / "tls.crt", pair.chain)
        write(mount / f"..{number}" / "tls.key", pair.key, 0o440)
        swap_link(mount / "..data", f"..{number}")
        for file in ("tls.crt", "tls.key"):
            if not (mount / file).is_symlink():
                (mount / file).symlink_to(pathlib.Path("..data", file))
        shutil.rmtree(mount / f"..{number - 1}", ignore_errors=True)


class ByHand:
    def put(self, folder, pair, _number, name=DOMAIN):
        write(folder / f"{name}.pem", pair.chain)
        write(folder / f"{name}.key", pair.key, 0o600)


LAYOUTS = [Certbot, CertbotLive, Lego, LegoCertificates, Dehydrated, Kubernetes, ByHand]


class Folder(Reloadable):
    """A gate whose host names a folder instead of certificates."""

    def __init__(self, env, layout, folder, domains=()):
        super().__init__(env, domains)
        self.layout = layout
        self.folder = folder
        self.served = getattr(layout, "served", lambda whole: whole)(folder)

    def sections(self, **changes):
        made = super().sections(**changes)
        for host in made["host"]:
            del host["certificates"]
            host["acme_dir"] = self.served
        return made

    def put(self, number, name=DOMAIN, domain=DOMAIN):
        pair = self.issue(domain)
        self.layout.put(self.folder, pair, number, name)
        return leaf_der(pair.chain)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_taken_as_it_is_and_followed(prosody_env, tmp_path, layout):
    world = Folder(prosody_env, layout(), tmp_path)
    first = world.put(1)
    with world.running():
        assert world.shown() == first
        for number in (2, 3):
            renewed = world.put(number)
            world.gate.expect_event(TAKEN, event="reload", trigger="files", outcome="ok",
                                    generation=number)
            assert world.shown() == renewed


@pytest.mark.parametrize("layout", LAYOUTS)
def test_two_types_of_keys(prosody_env, tmp_path, layout):
    env, layout = prosody_env, layout()
    for key_type in ("ecdsa", "rsa"):
        layout.put(tmp_path, env.pki.leaf(DOMAIN, ROOMS, key_type=key_type, label="gate"), 1,
                   f"{DOMAIN}-{key_type}")
    world = Folder(env, layout, tmp_path)
    with world.running() as running:
        expiry = "portcullis_certificate_not_after_timestamp_seconds"
        for key_type in ("ecdsa", "rsa"):
            assert running.gate.metrics().total(expiry, domain=DOMAIN, key_type=key_type) > 0


def test_a_second_type_that_comes_later_is_taken(prosody_env, tmp_path):
    world = Folder(prosody_env, ByHand(), tmp_path)
    world.put(1)
    with world.running() as running:
        rsa = prosody_env.pki.leaf(DOMAIN, ROOMS, key_type="rsa", label="gate")
        world.layout.put(tmp_path, rsa, 2, f"{DOMAIN}-rsa")
        running.gate.expect_event(TAKEN, event="reload", trigger="files", outcome="ok")
        expiry = "portcullis_certificate_not_after_timestamp_seconds"
        assert running.gate.metrics().total(expiry, domain=DOMAIN, key_type="rsa") > 0


def test_two_of_one_type_are_an_error(prosody_env, tmp_path):
    world = Folder(prosody_env, ByHand(), tmp_path)
    world.put(1)
    with world.running() as running:
        world.put(2, f"{DOMAIN}-ecdsa")
        done = running.command()
        assert done.returncode == 1 and "two certificates of type ecdsa" in done.stdout


def test_a_folder_without_the_domain_changes_nothing(prosody_env, tmp_path):
    world = Folder(prosody_env, Certbot(), tmp_path)
    first = world.put(1)
    with world.running() as running:
        shutil.rmtree(tmp_path / "live" / DOMAIN)
        done = running.command()
        assert done.returncode == 1
        assert f"holds no certificate of {DOMAIN}" in done.stdout
        assert world.shown() == first


def test_a_second_host_with_aliases_certificates_and_pin_of_its_own(prosody_env, tmp_path):
    """As the reference shows it. The second backend is the same Prosody under another name, which it
    does not serve, so only what the gate itself decides is asked."""
    env = prosody_env
    second, rooms = "second.example", "rooms.second.example"
    world = Folder(env, ByHand(), tmp_path)
    first_leaf = world.put(1)
    pair = env.pki.leaf(second, rooms, label="second")
    key = tmp_path / "second.key"
    write(key, pair.key, 0o600)
    own_pin = env.pki.self_made(second)
    hosts = world.sections()["host"]
    hosts.append({
        "domain": second, "aliases": [rooms],
        "certificates": [{"chain": pair.chain, "key": key}],
        "backend": {"s2s": f"{env.net.backend}:15269", "certificate": own_pin.chain}})
    with contextlib.ExitStack() as stack:
        world.gate = stack.enter_context(env.extra_gate(host=hosts))
        assert world.shown() == first_leaf
        assert world.shown(second) == leaf_der(pair.chain)
        assert world.shown(rooms) == leaf_der(pair.chain)
        assert world.shown(second, direct=True) == leaf_der(pair.chain)
        # The pin of the first host lets through,
        with world.connect() as peer:
            peer.establish()
        # that of the second does not know the certificate that this backend shows.
        for name in (second, rooms):
            mark = world.gate.mark()
            with world.connect(name) as peer:
                peer.secure()
                peer.send(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>="
                          "</auth>")
                peer.stream_error()
            world.gate.expect_decision(since=mark, kind="s2s_in", verdict="rejected",
                                       to=name, reason="backend_misconfigured")
        # Nobody else is served.
        mark = world.gate.mark()
        with world.connect("third.example") as peer:
            peer.open()
            peer.stream_error()
        world.gate.expect_decision(since=mark, verdict="rejected", reason="host_unknown")


# ---- Rights of private keys

def test_a_key_with_mended_rights_is_noticed(prosody_env):
    world = Reloadable(prosody_env)
    world.renew()
    with world.running() as running:
        renewed = world.issue()
        replace_file(world.chain(), renewed.chain.read_bytes())
        key = world.key()
        temporary = key.with_name("new.key")
        write(temporary, renewed.key, 0o644)
        os.replace(temporary, key)
        line = running.gate.expect_event(TAKEN, event="reload", trigger="files", outcome="failed")
        assert "error" in line["detail"]
        mark = running.gate.mark()
        key.chmod(0o600)
        running.gate.expect_event(TAKEN, event="reload", trigger="files", outcome="ok", since=mark)
        assert world.shown() == leaf_der(renewed.chain)


def test_mended_rights_are_enough_for_a_reload(prosody_env):
    world = Reloadable(prosody_env)
    world.renew()
    with world.running() as running:
        world.key().chmod(0o644)
        done = running.command()
        assert done.returncode == 1 and "mode is 0644; others can use the key" in done.stdout
        world.key().chmod(0o440)
        assert running.command().returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give files away")
@pytest.mark.parametrize("owner, mode, taken", [
    (0, 0o640, True), (0, 0o440, True), (0, 0o600, True), (0, 0o400, True),
    (0, 0o660, False), (0, 0o644, False), (0, 0o604, False), (65534, 0o640, False),
    (65534, 0o440, False), (65534, 0o600, False)])
def test_rights_of_a_key_of_the_host_and_of_the_local_ca(prosody_env, tmp_path, owner, mode, taken):
    env = prosody_env
    world = Reloadable(env)
    world.renew()
    authority = tmp_path / "ca"
    shutil.copytree(env.local_ca_directory, authority)
    with world.running(local_ca={"directory": authority}) as running:
        for key in (world.key(), authority / "ca.key"):
            before = key.stat().st_mode
            os.chown(key, owner, 65534)
            key.chmod(mode)
            done = running.command()
            assert (done.returncode == 0) == taken, done.stdout
            # Root without its capabilities, as which the local CA's key is read, cannot even open it.
            assert taken or (f"{key}: mode is {mode:04o}" in done.stdout
                             or owner and f"{key}: Permission denied" in done.stdout)
            os.chown(key, 0, 0)
            key.chmod(before & 0o777)
