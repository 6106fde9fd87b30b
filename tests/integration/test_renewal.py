"""Certificates that the clients of ACME renew, with the hooks of deploy/acme, while streams talk."""

import os
import pathlib
import shutil
import stat
import subprocess
import threading
from datetime import timezone

import pytest
from cryptography import x509

from harness import acme, gate as gate_module
from harness.client import Client
from harness.environment import DOMAIN, RAW, ROOMS
from harness.process import wait_until
from harness.reloading import Reloadable, leaf_der, replace_file

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files to a group")
needs_clients = pytest.mark.skipif(
    bool(acme.missing()), reason="deploy/install-packages acme: " + " ".join(acme.missing()))

NOT_AFTER = "portcullis_certificate_not_after_timestamp_seconds"


@pytest.fixture(scope="module")
def authorities():
    """One authority for each environment that asks."""
    return {}


def authority_of(authorities, env):
    if env not in authorities:
        names = env.started(acme.Names(env.directory / "acme-dns", env.net.address(40)))
        authorities[env] = env.started(
            acme.Authority(env.directory / "acme", env.net, env.pki, names))
    return authorities[env]


class World(Reloadable):
    """A gate that reads the folder that the hooks write to. It begins with a certificate of the
    test's PKI under the names that a hook gives to one of this type."""

    def __init__(self, env, authority, program, key_type="ecdsa"):
        super().__init__(env)
        self.acme_dir = self.certificates
        self.key_type = key_type
        made = env.pki.leaf(DOMAIN, ROOMS, key_type=key_type, label="before-acme")
        replace_file(self.chain(), made.chain.read_bytes())
        replace_file(self.key(), made.key.read_bytes())
        self.served = leaf_der(made.chain)
        self.environment = {
            "PORTCULLIS_CERTS": str(self.certificates), "PORTCULLIS_GROUP": acme.GROUP,
            "PORTCULLIS_PROGRAM": str(gate_module.binary().resolve())}
        self.acme = program(self.directory / "client", authority, env.net.address(40),
                            self.environment, key_type)

    def chain(self, domain=DOMAIN):
        return self.certificates / f"{domain}-{self.key_type}.pem"

    def key(self, domain=DOMAIN):
        return self.certificates / f"{domain}-{self.key_type}.key"

    def sections(self, **changes):
        made = super().sections(**changes)
        for host in made["host"]:
            del host["certificates"]
            host["acme_dir"] = self.acme_dir
        return made

    def tell_hooks_of_the_gate(self):
        self.acme._environment["PORTCULLIS_CONFIG"] = str(self.gate.config_path)

    def not_after(self):
        return self.gate.metrics().total(NOT_AFTER, domain=DOMAIN, key_type=self.key_type)


class Talk:
    """A server that sends to a client all the time; nothing of it may be lost."""

    def __init__(self, peer, client):
        self._peer, self._client = peer, client
        self._done = threading.Event()
        self._sent = 0
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        while not self._done.wait(0.02):
            self._peer.send(f"<message from='a@{RAW}' to='{self._client.full_jid}' type='chat'>"
                            f"<body>n{self._sent}</body></message>")
            self._sent += 1

    def finish(self):
        """The number of messages, all of which arrived."""
        self._done.set()
        self._thread.join()
        for number in range(self._sent):
            self._client.wait_body(f"n{number}")
        return self._sent


def assert_rights(*files):
    for file in files:
        status = os.stat(file)
        assert stat.S_IMODE(status.st_mode) == 0o640 and status.st_uid == 0, file
        assert pathlib.Path(file).group() == acme.GROUP, file


def end_of(der):
    """When a certificate ends, as the metric says it."""
    end = x509.load_der_x509_certificate(der).not_valid_after
    return end.replace(tzinfo=timezone.utc).timestamp()


@needs_clients
@pytest.mark.parametrize("program, key_type", [
    (acme.Certbot, "ecdsa"), (acme.Certbot, "rsa"), (acme.Lego, "ecdsa"),
    (acme.Dehydrated, "ecdsa")], ids=["certbot", "certbot-rsa", "lego", "dehydrated"])
def test_renewed_while_streams_talk(prosody_env, authorities, tmp_path, program, key_type):
    authority = authority_of(authorities, prosody_env)
    world = World(prosody_env, authority, program, key_type)
    with world.running() as gate_world:
        world.tell_hooks_of_the_gate()
        before = world.not_after()
        issued = world.acme.first()
        assert issued.returncode == 0, issued.stdout
        assert world.generation() == 2, issued.stdout
        first = leaf_der(world.chain())
        assert world.shown() == first != world.served
        assert_rights(world.chain(), world.key())
        first_end = world.not_after()
        assert first_end != before

        # Over the first certificate; the client checks it as any client does.
        roots = authority.root(tmp_path / "acme-root.pem")
        alice = Client(f"alice@{DOMAIN}", (world.gate.wan, 5222), roots).login()
        with alice, gate_world.connect() as peer:
            peer.establish()
            talk = Talk(peer, alice)
            renewed = world.acme.renew()
            assert renewed.returncode == 0, renewed.stdout
            second = leaf_der(world.chain())
            assert world.shown() == world.shown(direct=True) == second != first
            # Not only "later": both may have been issued within one second.
            assert world.not_after() == end_of(second) >= first_end
            assert world.generation() == 3 and world.reload_failed() == 0
            bob = Client(f"bob@{DOMAIN}", (world.gate.wan, 5222), roots).login()
            with bob:
                bob.send(alice.full_jid, "over the second certificate")
                alice.wait_body("over the second certificate")
            assert talk.finish() > 10
            world.gate.wait_metric(1, "portcullis_streams_active", kind="s2s_in", phase="relaying")
        assert_rights(world.chain(), world.key())
        assert not list(world.certificates.glob(".new.*"))


@needs_clients
def test_in_place(prosody_env, authorities):
    """The gate reads certbot's own folder; the hook opens it to the group, no further."""
    authority = authority_of(authorities, prosody_env)
    world = World(prosody_env, authority, acme.Certbot)
    world.acme.arguments = ["--in-place"]
    with world.running():
        world.tell_hooks_of_the_gate()
        issued = world.acme.first()
        assert issued.returncode == 0, issued.stdout
        assert leaf_der(world.chain()) == world.served, "nothing is copied"
        chain, key = world.acme.files
        world.acme_dir = world.acme.directory / "config"  # what is /etc/letsencrypt elsewhere
        world.write()
        assert world.command().returncode == 0
        assert world.shown() == leaf_der(chain)
        renewed = world.acme.renew()
        assert renewed.returncode == 0, renewed.stdout
        assert world.shown() == leaf_der(chain)
        assert_rights(os.path.realpath(key))
        as_group = ["setpriv", "--reuid=nobody", f"--regid={acme.GROUP}", "--clear-groups"]
        as_other = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
        for file in (chain, key):
            assert subprocess.run([*as_group, "cat", file], stdout=subprocess.DEVNULL,
                                  check=False).returncode == 0, file
        assert subprocess.run([*as_other, "cat", key], capture_output=True,
                              check=False).returncode != 0


class Hook:
    """deploy-certificate called by hand."""

    def __init__(self, world):
        self.world = world
        self.environment = {**os.environ, **world.environment,
                            "PORTCULLIS_CONFIG": str(world.gate.config_path)}

    def __call__(self, *arguments, **environment):
        return subprocess.run([acme.HOOKS / "deploy-certificate", *arguments], text=True,
                              check=False, capture_output=True,
                              env={**self.environment, **environment})


@pytest.fixture
def world(prosody_env):
    reloadable = World(prosody_env, None, acme.Lego)
    with reloadable.running():
        reloadable.hook = Hook(reloadable)
        yield reloadable


def pair(env, *names, key_type="ecdsa", label="hook"):
    return env.pki.leaf(*names, key_type=key_type, label=label)


@pytest.mark.parametrize("domain", [
    "", ".", "..", "../../etc/cron.d/x", "/etc/passwd", "legacy", "a..example", "-a.example",
    "a-.example", "*.example", "legacy.example ", "x" * 250 + ".example",
    "légacy.example", "$(id).example", "legacy.example/../x"])
def test_a_name_that_is_no_domain(world, domain):
    before = sorted(os.listdir(world.certificates))
    made = pair(world.env, DOMAIN, ROOMS)
    done = world.hook(domain, made.chain, made.key)
    assert done.returncode == 1 and "no domain name" in done.stderr
    assert sorted(os.listdir(world.certificates)) == before
    assert world.shown() == world.served


def broken_pair(env, directory, what):
    """(chain, key, words that must stand in the message)"""
    good, other = pair(env, DOMAIN, ROOMS), pair(env, DOMAIN, ROOMS, label="another")
    if what == "another-key":
        return good.chain, other.key, "does not belong"
    if what == "another-domain":
        foreign = pair(env, "foreign.example")
        return foreign.chain, foreign.key, "foreign.example"
    if what == "expired":
        expired = env.pki.bad("expired", DOMAIN)
        return expired.chain, expired.key, "expired"
    if what == "missing":
        return directory / "nothing.pem", good.key, "cannot be read"
    path = directory / "garbage"
    path.write_text("-----BEGIN CERTIFICATE-----\n")
    if what == "no-certificate":
        return path, good.key, "no certificate"
    assert what == "no-key"
    return good.chain, path, "no private key"


@pytest.mark.parametrize("what", ["another-key", "another-domain", "expired", "missing",
                                  "no-certificate", "no-key"])
def test_a_pair_that_will_not_do_changes_nothing(world, tmp_path, what):
    chain, key, words = broken_pair(world.env, tmp_path, what)
    before = world.chain().read_bytes(), world.key().read_bytes()
    done = world.hook(DOMAIN, chain, key)
    assert done.returncode == 1 and words in done.stderr, done.stderr
    assert (world.chain().read_bytes(), world.key().read_bytes()) == before
    assert world.generation() == 1 and world.shown() == world.served


def test_the_outcome_of_the_reload_is_told(world):
    made = pair(world.env, DOMAIN, ROOMS)
    world.write("version = 1\n[listen\n")
    failed = world.hook(DOMAIN, made.chain, made.key)
    assert failed.returncode == 1, failed.stderr
    assert "portcullis.toml:2" in failed.stderr and "is not in use" in failed.stderr
    world.write()
    done = world.hook(DOMAIN, made.chain, made.key)
    assert done.returncode == 0 and "is in use" in done.stderr, done.stderr
    assert world.shown() == leaf_der(made.chain)


def test_without_a_running_gate_the_files_wait_for_its_start(world, tmp_path):
    made = pair(world.env, DOMAIN, ROOMS)
    config = tmp_path / "portcullis.toml"
    config.write_text(world.gate.config_path.read_text().replace(
        str(world.control), str(tmp_path / "nobody.sock")))
    done = world.hook(DOMAIN, made.chain, made.key, PORTCULLIS_CONFIG=str(config))
    assert done.returncode == 0 and "when it starts" in done.stderr, done.stderr
    assert world.chain().read_bytes() == made.chain.read_bytes()


def test_both_key_types_stand_side_by_side(world):
    rsa = pair(world.env, DOMAIN, ROOMS, key_type="rsa")
    assert world.hook(DOMAIN, rsa.chain, rsa.key).returncode == 0
    assert world.shown() == world.served, "who can, gets the ECDSA certificate"
    assert world.gate.metrics().total(NOT_AFTER, domain=DOMAIN, key_type="rsa") > 0
    assert (world.certificates / f"{DOMAIN}-rsa.pem").read_bytes() == rsa.chain.read_bytes()


def test_a_plain_name_of_the_same_type_is_replaced(world):
    plain = world.certificates / f"{DOMAIN}.pem"
    os.replace(world.key(), plain.with_suffix(".key"))
    os.replace(world.chain(), plain)
    new = pair(world.env, DOMAIN, ROOMS, label="new")
    assert world.hook(DOMAIN, new.chain, new.key).returncode == 0
    assert plain.read_bytes() == new.chain.read_bytes()
    assert plain.with_suffix(".key").read_bytes() == new.key.read_bytes()
    assert world.shown() == leaf_der(new.chain) and not world.chain().exists()
    rsa = pair(world.env, DOMAIN, ROOMS, key_type="rsa")
    assert world.hook(DOMAIN, rsa.chain, rsa.key).returncode == 0
    assert plain.read_bytes() == new.chain.read_bytes()


def test_further_domains_only_where_they_have_files(world):
    made = pair(world.env, DOMAIN, "second.example", "third.example")
    second = world.certificates / "second.example-ecdsa.pem"
    second.write_text("old")
    world.hook(DOMAIN, made.chain, made.key)
    assert second.read_bytes() == made.chain.read_bytes()
    assert not list(world.certificates.glob("third.example*"))


def test_a_link_of_the_operator_is_left_alone(world, tmp_path):
    real = tmp_path / "real.pem"
    shutil.copyfile(world.chain(), real)
    world.chain().unlink()
    world.chain().symlink_to(real)
    made = pair(world.env, DOMAIN, ROOMS)
    done = world.hook(DOMAIN, made.chain, made.key)
    assert "symbolic link" in done.stderr
    assert world.chain().is_symlink() and leaf_der(real) == world.served


@pytest.mark.parametrize("variable, value, words", [
    ("PORTCULLIS_GROUP", "no-such-group", "no group"),
    ("PORTCULLIS_PROGRAM", "no-such-program", "no program"),
    ("PORTCULLIS_CERTS", "/nonexistent", "no folder")])
def test_surroundings_that_are_wrong(world, variable, value, words):
    made = pair(world.env, DOMAIN, ROOMS)
    done = world.hook(DOMAIN, made.chain, made.key, **{variable: value})
    assert done.returncode == 1 and words in done.stderr
    assert world.shown() == world.served


def test_a_gate_that_does_not_run_yet_is_no_alarm(world):
    world.gate.stop()
    made = pair(world.env, DOMAIN, ROOMS)
    done = world.hook(DOMAIN, made.chain, made.key)
    world.gate.start()
    world.gate.wait_ready()
    assert done.returncode == 0
    said = (done.stdout + done.stderr).splitlines()
    assert len(said) == 1 and said[0].startswith("portcullis: Portcullis does not run; it will"), done
    assert "it was not told: " in said[0] and "control" in said[0].partition("was not told")[2], done


@pytest.mark.parametrize("arguments", [[], ["a"], ["a", "b"], ["a", "b", "c", "d"], ["--in-place"]])
def test_wrong_usage(arguments):
    done = subprocess.run([acme.HOOKS / "deploy-certificate", *arguments], capture_output=True,
                          text=True, check=False)
    assert done.returncode == 2 and "usage" in done.stderr


@pytest.mark.parametrize("hook", ["certbot", "lego"])
def test_hooks_called_by_nobody(hook):
    clean = {"PATH": os.environ["PATH"]}
    done = subprocess.run([acme.HOOKS / hook], capture_output=True, text=True, env=clean,
                          check=False)
    assert done.returncode == 2 and hook in done.stderr


@pytest.mark.parametrize("step", ["startup_hook", "deploy_challenge", "unchanged_cert",
                                  "this_hookscript_is_broken__dehydrated_is_working_fine", ""])
def test_other_steps_of_dehydrated_do_nothing(step):
    done = subprocess.run([acme.HOOKS / "dehydrated", step, "x", "y"], capture_output=True,
                          text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_certbot_names_the_domain_whatever_the_lineage_is_called(world, tmp_path):
    made = pair(world.env, DOMAIN, ROOMS)
    lineage = tmp_path / f"{DOMAIN}-0001"
    lineage.mkdir()
    shutil.copyfile(made.chain, lineage / "fullchain.pem")
    shutil.copyfile(made.key, lineage / "privkey.pem")
    done = subprocess.run([acme.HOOKS / "certbot"], text=True, check=False, capture_output=True,
                          env={**world.hook.environment, "RENEWED_LINEAGE": str(lineage),
                               "RENEWED_DOMAINS": f"*.{DOMAIN} {DOMAIN} {ROOMS}"})
    assert done.returncode == 0, done.stderr
    assert world.shown() == leaf_der(made.chain)
