"""`portcullis config`: what is in force, and what may stand in the file."""

import datetime
import json
import pathlib
import tomllib

import jsonschema
import pytest

from harness import gate

pytestmark = pytest.mark.skipif(gate.binary() is None, reason="no portcullis binary")

TREE = pathlib.Path(__file__).resolve().parents[2]
LEAST = """\
[[host]]
domain = "legacy.example"
[host.backend]
kind = "prosody"
"""


def written(folder, text):
    path = folder / "portcullis.toml"
    path.write_text(text)
    return path


def shown(path, *options):
    done = gate.run_command("config", "show", "-c", path, *options)
    assert done.returncode == 0, done.stderr
    return done.stdout


def without_origins(text):
    return [line.partition("  # ")[0].rstrip().lstrip("#") for line in text.splitlines()]


def test_of_the_running_gate(env):
    text = shown(env.gate.config_path)
    assert f'domain = "{env.backend.domain}"' in text
    assert f"# {env.gate.config_path}:" in text
    assert "#stanza_rate = 1024" in text and "# default" in text


def test_read_again_it_is_the_same(env, tmp_path):
    text = shown(env.gate.config_path)
    again = written(tmp_path, text)
    assert without_origins(shown(again)) == without_origins(text)
    assert gate.run_command("check", "-c", again).returncode == 0


def test_only_what_was_changed(tmp_path):
    text = shown(written(tmp_path, LEAST + '[limits]\nidle = "4h"\nlinger = "1m"\n'), "--changed")
    assert [line.split(" ")[0] for line in text.splitlines()] == [
        "[[host]]", "domain", "", "[host.backend]", "kind", "", "[limits]", "linger"]


def test_of_several_files(tmp_path):
    path = written(tmp_path, LEAST)
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d/10-policy.toml").write_text('[policy]\nmode = "observe"\n')
    line = next(line for line in shown(path).splitlines() if line.startswith("mode = "))
    assert line.split("# ")[1] == f"{tmp_path}/conf.d/10-policy.toml:2"


def test_paths_mean_the_same_from_everywhere(tmp_path, monkeypatch):
    written(tmp_path, LEAST.replace("[host.backend]", 'acme_dir = "certs"\n[host.backend]'))
    monkeypatch.chdir(tmp_path)
    assert f'acme_dir = "{tmp_path}/certs"' in shown("portcullis.toml")


@pytest.mark.parametrize("text", ["[limits]\nidel = '1h'\n", LEAST + "[s2s]\nmin_tls = '1.1'\n", "["])
def test_of_no_configuration(tmp_path, text):
    done = gate.run_command("config", "show", "-c", written(tmp_path, text))
    assert done.returncode == 78
    assert done.stdout == "" and "portcullis.toml:" in done.stderr


def test_of_no_file(tmp_path):
    done = gate.run_command("config", "show", "-c", tmp_path / "none.toml")
    assert done.returncode == 78 and str(tmp_path / "none.toml") in done.stderr


# ---- The schema

@pytest.fixture(scope="module")
def validator():
    done = gate.run_command("config", "schema")
    assert done.returncode == 0
    schema = json.loads(done.stdout)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def as_json(text):
    # An editor shows a date of TOML to the schema as a text.
    return json.loads(json.dumps(tomllib.loads(text), default=datetime.date.isoformat))


@pytest.mark.parametrize("path", sorted(TREE.glob("deploy/**/*.toml")), ids=lambda path: path.name)
def test_our_files_are_right(validator, path):
    validator.validate(as_json(path.read_text()))


def test_every_key_with_its_default_is_right(validator, tmp_path):
    every = "\n".join(without_origins(shown(written(tmp_path, LEAST))))
    validator.validate(as_json(every))


@pytest.mark.parametrize("more", [
    '[policy]\nforward_secrecy = "true"\n',
    '[policy]\nforward_secrecy = "${NONE:-false}"\n',
    '[policy]\nmode = "${NONE:-observe}"\n',
    "[limits]\nstanza_bytes = 524288\n",
    '[limits]\nmemory = "auto"\n',
])
def test_what_check_takes_the_schema_takes(validator, tmp_path, more):
    text = LEAST + more
    validator.validate(as_json(text))
    shown(written(tmp_path, text))


@pytest.mark.parametrize("more", [
    '[s2s]\nmin_tls = "1.1"\n',
    "[s2s]\nmin_rsa_bits = 1024\n",
    '[s2s]\ncurves = ["P-192"]\n',
    "[limits]\nidle = 4\n",
    '[limits]\nidle = "4 hours"\n',
    '[limits]\nstanza_bytes = "1GB"\n',
    "[limits]\nidel = '4h'\n",
    "[outbound]\nallowed_ports = [0]\n",
    '[listen]\ns2s = "nowhere"\n',
    "[policy]\nforward_secrecy = 'yes'\n",
    'workers = "${PATH}"\n',
    '[s2s]\nmin_rsa_bits = "${NONE:-1}"\n',
    '[limits]\nstanza_bytes = "524288"\n',
    '[[s2s.rule]]\nmin_tls = "1.3"\n',
    "[[s2s.exception]]\ndomain = 'a.example'\nallow = ['tls_required']\nuntil = 2099-01-01\nwhy = ''\n",
    '[[s2s.exception]]\ndomain = "a.example"\nallow = ["expired"]\nuntil = "soon"\n',
    '[host.backend.more]\n',
])
def test_what_the_schema_refuses_check_refuses(validator, tmp_path, more):
    text = more + LEAST if more.startswith("workers") else LEAST + more
    with pytest.raises(jsonschema.ValidationError):
        validator.validate(as_json(text))
    done = gate.run_command("check", "-c", written(tmp_path, text))
    assert "error:" in done.stdout
