"""The Pod of deploy/kubernetes for `podman play kube`. Podman knows no StatefulSet, no subPath and no
sysctl of a Pod, and does not give fsGroup to the containers. So what the cluster and the kubelet
would do is done here: the volumes are folders as the kubelet lays them out, owned by root and by a
group of the container that mounts them."""

import copy
import os
import pathlib
import shutil

import containers
import yaml

SOURCE = containers.ROOT / "deploy" / "kubernetes"


def load(name="prosody.yaml"):
    """kind -> object"""
    return {document["kind"]: document
            for document in yaml.safe_load_all((SOURCE / name).read_text())}


class Volume:
    """A folder of a ConfigMap or Secret: files are links into "..data", itself a link, which is
    exchanged when something changes."""

    def __init__(self, folder, mode, group):
        self.folder = folder
        self._mode = mode
        self._group = group
        self._version = 0
        folder.mkdir(parents=True)
        folder.chmod(0o755)

    def write(self, files):
        """name -> content, in the place of all that was there."""
        self._version += 1
        data = self.folder / f"..version-{self._version}"
        data.mkdir(mode=0o755)
        for name, content in files.items():
            (data / name).write_bytes(content)
            (data / name).chmod(self._mode)
            os.chown(data / name, 0, self._group)
            link = self.folder / name
            if not link.is_symlink():
                link.symlink_to(f"..data/{name}")
        new = self.folder / "..data-new"
        new.symlink_to(data.name)
        new.rename(self.folder / "..data")


class Pod:
    """The Pod, with `images`: container -> image, and `secrets`: name -> {key: content}."""

    def __init__(self, folder, images, secrets):
        self.folder = pathlib.Path(folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self._objects = load()
        self._images = images
        self._secrets = secrets
        self.volumes = {}
        self.file = self.folder / "pod.yaml"

    @property
    def template(self):
        return self._objects["StatefulSet"]["spec"]["template"]

    def _content(self, volume):
        if "secret" in volume:
            source, files = volume["secret"], self._secrets[volume["secret"]["secretName"]]
            mode = source["defaultMode"]
        else:
            source, mode = volume["configMap"], 0o644
            files = {name: text.encode() for name, text in
                     self._objects["ConfigMap"]["data"].items()}
        chosen = {item["key"]: item["path"] for item in source.get("items", [])}
        return mode, {chosen.get(key, key): content for key, content in files.items()
                      if not chosen or key in chosen}

    def _user_of(self, volume):
        """The security context of the container that mounts it."""
        return next(container["securityContext"] for container in self.template["spec"]["containers"]
                    if volume in [mount["name"] for mount in container["volumeMounts"]])

    def _writable(self, folder):
        folder.mkdir()
        folder.chmod(0o770)
        os.chown(folder, 0, self._user_of(folder.name)["runAsGroup"])

    def _host_path(self, name, path, kind):
        return {"name": name, "hostPath": {"path": str(path), "type": kind}}

    def write(self):
        """Writes the file for podman and the folders of its volumes."""
        pod = copy.deepcopy(self.template)
        spec = pod["spec"]
        volumes = []
        for volume in spec["volumes"]:
            folder = self.folder / volume["name"]
            if "emptyDir" in volume:
                self._writable(folder)
            else:
                mode, files = self._content(volume)
                group = self._user_of(volume["name"])["runAsGroup"]
                self.volumes[volume["name"]] = Volume(folder, mode, group)
                self.volumes[volume["name"]].write(files)
            volumes.append(self._host_path(volume["name"], folder, "Directory"))
        for claim in self._objects["StatefulSet"]["spec"]["volumeClaimTemplates"]:
            folder = self.folder / claim["metadata"]["name"]
            self._writable(folder)
            volumes.append(self._host_path(claim["metadata"]["name"], folder, "Directory"))
        for container in spec["containers"]:
            container["image"] = self._images[container["name"]]
            # Podman publishes ports and probes with a curl in the container; here neither is so.
            for key in ("ports", "livenessProbe", "readinessProbe"):
                container.pop(key, None)
            for mount in container["volumeMounts"]:
                sub = mount.pop("subPath", None)
                if sub:
                    name = f"{mount['name']}-{sub.replace('.', '-')}"
                    path = (self.folder / mount["name"] / sub).resolve()
                    if name not in [volume["name"] for volume in volumes]:
                        volumes.append(self._host_path(name, path, "File"))
                    mount["name"] = name
        spec["volumes"] = volumes
        pod.update({"apiVersion": "v1", "kind": "Pod"})
        pod["metadata"]["name"] = "portcullis-test-pod"
        self.file.write_text(yaml.safe_dump(pod, sort_keys=False))
