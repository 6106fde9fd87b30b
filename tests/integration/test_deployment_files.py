"""The files of deploy/docker, deploy/compose and deploy/kubernetes, without an engine: they can be
read, hold what hardens them, and name only what exists. tests/packaging runs them for real."""

import json
import os
import pathlib
import re
import subprocess
import tomllib

import pytest
import yaml

from harness import compose, docs, gate

DEPLOY = docs.ROOT / "deploy"
COMPOSE = compose.FOLDER
KUBERNETES = DEPLOY / "kubernetes"
PUBLISHED = {5222, 5223, 5269, 5270}

needs_binary = pytest.mark.skipif(gate.binary() is None, reason="no portcullis binary")


class _StrictLoader(yaml.SafeLoader):
    """A key that stands twice is an error, not the last one's win."""

    def construct_mapping(self, node, deep=False):
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = {key for key in keys if keys.count(key) > 1}
        assert not twice, f"{node.start_mark}: {twice} stands twice"
        return super().construct_mapping(node, deep)


def documents(path):
    return [d for d in yaml.load_all(path.read_text(), _StrictLoader) if d is not None]


def names(paths):
    return [str(path.relative_to(DEPLOY)) for path in paths]


YAML_FILES = sorted([*COMPOSE.rglob("*.yml"), *KUBERNETES.rglob("*.yaml")])


@pytest.mark.parametrize("path", YAML_FILES, ids=names(YAML_FILES))
def test_yaml_can_be_read(path):
    assert documents(path)


# ---- Dockerfiles --------------------------------------------------------------------------------

DOCKERFILES = sorted(DEPLOY.glob("docker/**/Dockerfile"))


def instructions(path):
    """(word, rest) of each instruction, continued lines joined, comments left out."""
    lines = [line for line in path.read_text().splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [tuple(line.split(None, 1)) for line in joined.splitlines() if line.strip()]


def last_stage(path):
    found = instructions(path)
    start = max(i for i, (word, _) in enumerate(found) if word == "FROM")
    return found[start:]


@pytest.mark.parametrize("path", DOCKERFILES, ids=names(DOCKERFILES))
def test_dockerfile(path):
    found = instructions(path)
    assert found[0] == ("ARG", "BASE=debian:13-slim"), "any operator can build it from a registry"
    for word, rest in found:
        assert word != "ADD", "ADD fetches and unpacks; COPY does not"
        if word == "FROM":
            assert rest.split()[0] == "${BASE}"
    stage = last_stage(path)
    users = [rest for word, rest in stage if word == "USER"]
    assert users and re.fullmatch(r"[1-9]\d{4,}:[1-9]\d{4,}", users[-1]), "not root, by number"
    entry = next(rest for word, rest in stage if word == "ENTRYPOINT")
    assert json.loads(entry)[0].startswith("/"), "the exec form needs no shell"
    assert any(word == "HEALTHCHECK" for word, _ in stage)


def test_image_checks_its_own_health():
    check = next(rest for word, rest in last_stage(DEPLOY / "docker/Dockerfile")
                 if word == "HEALTHCHECK")
    assert json.loads(check.partition("CMD")[2]) == ["/usr/bin/portcullis", "healthcheck"]


def test_context_of_the_image_has_what_is_copied_and_no_more():
    ignored = (docs.ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in ignored if line and not line.startswith("#")]
    assert rules[0] == "*", "nothing is sent that is not named"
    allowed = [rule[1:] for rule in rules[1:]]
    assert all(rule.startswith("!") for rule in rules[1:])
    copied = [source for word, rest in instructions(DEPLOY / "docker/Dockerfile")
              if word == "COPY" and "--from" not in rest for source in rest.split()[:-1]]
    for source in copied:
        assert (docs.ROOT / source).exists(), source
        assert any(source == rule or source.startswith(rule + "/") for rule in allowed), source
    for rule in allowed:
        assert any(source == rule or rule.startswith(source + "/") for source in copied), rule


# ---- Compose ------------------------------------------------------------------------------------

@pytest.fixture(params=[(t, s) for t in compose.TOPOLOGIES for s in compose.SERVERS], ids="-".join, scope="module")
def composed(request):
    if not compose.is_installed():
        pytest.skip("docker-compose is not installed; deploy/install-packages image brings it")
    return request.param, compose.config(*request.param)


def test_compose_publishes_the_gate_only(composed):
    _, config = composed
    ports = {name: {int(port["published"]) for port in service.get("ports", [])}
             for name, service in config["services"].items()}
    assert ports == {"portcullis": PUBLISHED, "server": set()}


def test_compose_hardens_what_is_ours(composed):
    _, config = composed
    service = config["services"]["portcullis"]
    assert re.fullmatch(r"[1-9]\d{4,}:[1-9]\d{4,}", service["user"])
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"] and "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")


def test_compose_keeps_the_server_behind_the_gate(composed):
    (topology, _), config = composed
    server = config["services"]["server"]
    if topology == "sidecar":
        assert server["network_mode"] == "service:portcullis"
    else:
        assert set(server["networks"]) == {"inside"}
        assert config["networks"]["inside"]["internal"] is True


def test_compose_leads_look_ups_to_the_gate(composed):
    """The server's resolv.conf names the address where the gate answers, on DNS's own port."""
    (_, server), config = composed
    mounts = dict(volume.split(":")[1::-1] for volume in config["services"]["server"]["volumes"]
                  if "/" in volume.split(":")[0])
    nameserver = pathlib.Path(mounts["/etc/resolv.conf"]).read_text().split()[1]
    portcullis = config["services"]["portcullis"]
    outbound = tomllib.loads((COMPOSE / server / "portcullis.toml").read_text())["outbound"]
    assert outbound["capture"] == "dns"
    asked = portcullis.get("environment", {}).get(
        "PORTCULLIS_DNS", outbound["dns"][0].partition(":-")[2].rstrip("}"))
    assert asked == f"{nameserver}:53"
    [(setting, value)] = portcullis["sysctls"].items()
    assert (setting, int(value)) == ("net.ipv4.ip_unprivileged_port_start", 0)


def test_compose_shows_keys_to_their_owner_only(composed):
    _, config = composed
    for name, service in config["services"].items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            if name != "portcullis":
                assert not source.endswith(("/certs", "/state")), f"{name} sees {source}"
            if name != "server":
                assert not source.endswith((".key", "backend-and-key.pem")), f"{name} sees {source}"


def test_compose_files_say_whose_address_is_seen():
    for topology in compose.TOPOLOGIES:
        assert "Whose address the gate sees" in (COMPOSE / f"{topology}.yml").read_text()
    assert "NOT ENCRYPTED" in (COMPOSE / "separate.yml").read_text()


# ---- Kubernetes ---------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def objects():
    found = {}
    for path in sorted(KUBERNETES.glob("*.yaml")):
        for document in documents(path):
            assert {"apiVersion", "kind", "metadata"} <= set(document), path
            found[document["kind"]] = document
    return found


@pytest.fixture(scope="module")
def pod(objects):
    return objects["StatefulSet"]["spec"]["template"]


def containers_of(pod):
    return {container["name"]: container for container in pod["spec"]["containers"]}


def test_kubernetes_containers_are_confined(pod):
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod["spec"])
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for name, container in containers_of(pod).items():
        context = container["securityContext"]
        assert context["runAsUser"] >= 10000, name
        assert context["allowPrivilegeEscalation"] is False, name
        assert context["capabilities"] == {"drop": ["ALL"]}, name
        if name != "prosody":
            assert context["readOnlyRootFilesystem"] is True, name


def test_kubernetes_user_is_that_of_the_image(pod):
    user = next(rest for word, rest in last_stage(DEPLOY / "docker/Dockerfile") if word == "USER")
    context = containers_of(pod)["portcullis"]["securityContext"]
    assert user == f"{context['runAsUser']}:{context['runAsGroup']}"


def test_kubernetes_leads_look_ups_to_the_gate(objects, pod):
    data = objects["ConfigMap"]["data"]
    outbound = tomllib.loads(data["portcullis.toml"])["outbound"]
    nameserver = data["resolv.conf"].split()[1]
    assert (outbound["capture"], outbound["dns"]) == ("dns", [f"{nameserver}:53"])
    mounts = {mount["mountPath"]: mount.get("subPath")
              for mount in containers_of(pod)["prosody"]["volumeMounts"]}
    assert mounts["/etc/resolv.conf"] == "resolv.conf"
    assert {"name": "net.ipv4.ip_unprivileged_port_start", "value": "0"} in (
        pod["spec"]["securityContext"]["sysctls"])


def test_kubernetes_mounts_name_what_exists(objects, pod):
    volumes = {volume["name"]: volume for volume in pod["spec"]["volumes"]}
    claims = {claim["metadata"]["name"]
              for claim in objects["StatefulSet"]["spec"]["volumeClaimTemplates"]}
    data = objects["ConfigMap"]["data"]
    used = set()
    for container in containers_of(pod).values():
        for mount in container["volumeMounts"]:
            used.add(mount["name"])
            assert mount["name"] in claims or mount["name"] in volumes, mount
            if "subPath" in mount:
                assert volumes[mount["name"]]["configMap"]["name"] == "xmpp"
                assert mount["subPath"] in data, mount
    assert used == claims | set(volumes), "no volume is left over"
    for volume in volumes.values():
        for item in volume.get("configMap", {}).get("items", []):
            assert item["key"] in data


def test_kubernetes_keys_are_read_by_their_owner_only(pod):
    secrets = {volume["name"]: volume["secret"] for volume in pod["spec"]["volumes"]
               if "secret" in volume}
    assert pod["spec"]["securityContext"]["fsGroup"] == 10001
    for secret in secrets.values():
        assert secret["defaultMode"] == 0o440
    for name, container in containers_of(pod).items():
        for mount in container["volumeMounts"]:
            secret = secrets.get(mount["name"])
            if secret and name != "portcullis":
                whole = secret["secretName"] in ("xmpp-certificate", "xmpp-local-ca")
                assert not whole or "items" in secret, f"{name} sees all of {secret}"
            if secret and name == "portcullis" and secret["secretName"] == "xmpp-backend":
                assert [item["key"] for item in secret["items"]] == ["tls.crt"]


def test_kubernetes_ports_and_probes_fit(objects, pod):
    container = containers_of(pod)["portcullis"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert set(ports.values()) == {*PUBLISHED, 9270}
    for probe, path in (("livenessProbe", "/livez"), ("readinessProbe", "/readyz")):
        assert container[probe]["httpGet"] == {"path": path, "port": "admin"}
    labels = pod["metadata"]["labels"]
    service = objects["Service"]["spec"]
    assert service["selector"] == labels and service["externalTrafficPolicy"] == "Local"
    assert {ports[p["targetPort"]]: p["port"] for p in service["ports"]} == {p: p for p in PUBLISHED}
    policy = objects["NetworkPolicy"]["spec"]
    assert policy["podSelector"]["matchLabels"] == labels
    open_to_all, for_monitoring = policy["ingress"]
    assert "from" not in open_to_all and "from" in for_monitoring
    assert {port["port"] for port in open_to_all["ports"]} == PUBLISHED
    assert for_monitoring["ports"] == [{"port": ports["admin"]}]
    monitor = objects["PodMonitor"]["spec"]
    assert monitor["selector"]["matchLabels"] == labels
    assert [(e["port"], e["path"]) for e in monitor["podMetricsEndpoints"]] == [("admin", "/metrics")]


# ---- What is embedded ---------------------------------------------------------------------------

@needs_binary
@pytest.mark.parametrize("where", [
    *(f"compose/{s}/portcullis.toml" for s in compose.SERVERS), "kubernetes"])
def test_configuration_of_the_gate_is_accepted(tmp_path, where):
    """`explain` reads the configuration as `run` does, but none of the files that it names."""
    if where == "kubernetes":
        config_map = next(d for d in documents(KUBERNETES / "prosody.yaml")
                          if d["kind"] == "ConfigMap")
        path = tmp_path / "portcullis.toml"
        path.write_text(config_map["data"]["portcullis.toml"])
    else:
        path = DEPLOY / where
    done = gate.run_command("explain", "peer.example", "-c", path)
    assert done.returncode == 0, done.stderr


def environment_of(topology):
    """What the file of a topology sets for the gate."""
    [config] = documents(COMPOSE / f"{topology}.yml")
    return config["services"]["portcullis"].get("environment", {})


@needs_binary
@pytest.mark.parametrize("server", compose.SERVERS)
@pytest.mark.parametrize("environment, accepted", [
    (environment_of("sidecar"), True),
    (environment_of("separate"), True),
    # The server moves to another machine, and nobody says that passwords may cross the network.
    (environment_of("sidecar") | {"XMPP_SERVER": "192.0.2.1"}, False)],
    ids=["sidecar", "separate", "moved"])
def test_clear_client_leg_is_meant_in_separate_containers_only(server, environment, accepted):
    done = subprocess.run(
        [gate.binary(), "explain", "peer.example", "-c", COMPOSE / server / "portcullis.toml"],
        capture_output=True, text=True, timeout=20, check=False,
        env={**os.environ, **environment})
    assert (done.returncode == 0) == accepted, done.stderr
    assert accepted or "the passwords of your clients would go to" in done.stderr + done.stdout


DIFFERS = ("interfaces", "c2s_interfaces", "s2s_interfaces", "unbound")


def settings_of(text):
    """The lines of a Lua configuration without comments; interfaces and resolver left out, which
    differ between one machine and containers."""
    lines = [re.sub(r"\s+", " ", line.partition("--")[0]).strip() for line in text.splitlines()]
    return {line for line in lines if line and not line.startswith(DIFFERS)}


def test_prosody_is_set_up_as_its_guide_says():
    wanted = settings_of(docs.block("prosody.md", "prosody.cfg.lua")
                         + docs.block("prosody.md", "hosts.cfg.lua"))
    config_map = next(d for d in documents(KUBERNETES / "prosody.yaml") if d["kind"] == "ConfigMap")
    for text in ((COMPOSE / "prosody/prosody.cfg.lua").read_text(),
                 config_map["data"]["prosody.cfg.lua"]):
        assert wanted <= settings_of(text), wanted - settings_of(text)


def test_ejabberd_is_set_up_as_its_guide_says():
    wanted = yaml.safe_load(docs.block("ejabberd.md", "ejabberd.yml"))
    found = yaml.safe_load((COMPOSE / "ejabberd/ejabberd.yml").read_text())
    for config in (wanted, found):
        config.pop("certfiles")
        for listener in config["listen"]:
            listener.pop("ip")
    assert {key: found[key] for key in wanted} == wanted
    assert "mod_s2s_dialback" not in found["modules"]
