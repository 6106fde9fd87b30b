"""Environments are expensive (real servers), so tests share them: one per backend and process."""

import pytest

from harness import client, gate, jabberd2
from harness.by_dialback import KINDS as DIALBACK_KINDS, DialbackEnvironment
from harness.environment import BACKENDS, BackendWorld, DirectFederation, Environment
from harness.originating import OriginatingEnvironment
from harness.observing import ObservingEnvironment, UngatedFederation
from harness.set_up import SetUpWorld

_worlds = {}


def _world(key, make):
    if key not in _worlds:
        _worlds[key] = make()
    return _worlds[key]


def _environment(kind):
    if gate.binary() is None:
        pytest.fail("no portcullis binary: build it, or name it in PORTCULLIS_BINARY")
    return _world(("gate", kind), lambda: Environment(kind))


@pytest.fixture(params=BACKENDS)
def env(request):
    """Once for every backend."""
    return _environment(request.param)


@pytest.fixture
def prosody_env():
    return _environment("prosody")


@pytest.fixture
def ejabberd_env():
    return _environment("ejabberd")


def _by_dialback(kind):
    if gate.binary() is None:
        pytest.fail("no portcullis binary: build it, or name it in PORTCULLIS_BINARY")
    if kind == "jabberd2" and not jabberd2.installed():
        pytest.skip("Debian 13 has no jabberd2")
    return _world(("dialback", kind), lambda: DialbackEnvironment(kind))


@pytest.fixture(params=DIALBACK_KINDS)
def by_dialback(request):
    """Once for every backend that is authenticated by dialback."""
    return _by_dialback(request.param)


@pytest.fixture(params=[*BACKENDS, "jabberd2"])
def any_backend(request):
    """Once for every backend, each in the way that it is authenticated by default."""
    return _environment(request.param) if request.param in BACKENDS else _by_dialback(request.param)


@pytest.fixture(params=BACKENDS)
def originating(request):
    """A gate that authenticates by dialback where it must, once for every backend."""
    if gate.binary() is None:
        pytest.fail("no portcullis binary: build it, or name it in PORTCULLIS_BINARY")
    return _world(("originating", request.param), lambda: OriginatingEnvironment(request.param))


@pytest.fixture
def direct():
    return _world("direct", DirectFederation)


def _observing(kind):
    if gate.binary() is None:
        pytest.fail("no portcullis binary: build it, or name it in PORTCULLIS_BINARY")
    return _world(("observing", kind), lambda: ObservingEnvironment(kind))


@pytest.fixture(params=BACKENDS)
def observing(request):
    """A gate that observes, once for every backend."""
    return _observing(request.param)


@pytest.fixture
def observing_prosody():
    return _observing("prosody")


@pytest.fixture(params=BACKENDS)
def ungated(request):
    """A backend that federates by dialback, and no gate."""
    return _world(("ungated", request.param), lambda: UngatedFederation(request.param))


@pytest.fixture(params=BACKENDS)
def lone_backend(request):
    """A backend as the documentation sets it up, for a scripted gate."""
    def make():
        world = BackendWorld(request.param, proxy_protocol=False)
        world.local_ca = world.pki.local_ca(world.local_ca_directory)
        world.backend = world.started(world.make_backend())
        return world
    return _world(("lone", request.param), make)


# The fixtures with one world for every backend.
_WORLDS = ("observing", "env", "any_backend", "ungated", "lone_backend", "originating")


# They have one packet filter and one other machine, so they run one after the other.
_OF_THE_PACKET_FILTER = ("test_bypass", "test_doctor_capture", "test_egress")


def _group(item):
    """Tests that need the same slow world belong to one process, which starts it once; one behind
    Prosody starts at once, so there the tests of a file belong together, or the most would wait
    for one process."""
    if item.path.stem in _OF_THE_PACKET_FILTER:
        return "packet-filter"
    parameters = getattr(item, "callspec", None) and item.callspec.params or {}
    world = next((w for w in _WORLDS if w in parameters), None)
    backend = parameters.get(world)
    if backend == "ejabberd" and world != "ungated":
        return "env-ejabberd" if world == "any_backend" else f"{world}-ejabberd"
    return f"{item.path.stem}-{backend}" if world else item.path.stem


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """For pytest-xdist's --dist loadgroup."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))


def _used_worlds(item):
    return [value for value in getattr(item, "funcargs", {}).values() if value in
            _worlds.values()]


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    """Whatever a test did, afterwards the gate is alive and its books balance."""
    yield
    for world in _used_worlds(item):
        if isinstance(world, Environment):
            for running in world.gates():
                assert running.running(), f"{running.name} died\n{running.tail()}"
                running.check_conservation()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        for world in _used_worlds(item):
            for name, tail in world.tails():
                report.sections.append((name, "\n".join(s[:600] for s in tail.splitlines())))


def pytest_sessionfinish(session):
    """Closing an environment is a check of its own: SIGTERM must end the gate with status 0."""
    client.shut_down()
    faults = []
    for key, world in _worlds.items():
        try:
            world.close()
        except AssertionError as fault:
            faults.append(f"{key}: {fault}")
    if faults:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print("\nFAILED at the end:", *faults, sep="\n")


@pytest.fixture
def make():
    """Makes machines with a server as it is packaged, for `portcullis setup`."""
    worlds = []

    def made(kind, **options):
        worlds.append(SetUpWorld(kind, **options))
        return worlds[-1]
    yield made
    for world in worlds:
        world.close()
