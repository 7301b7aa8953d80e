"""The manifests are valid for Kubernetes and for us: commands, settings, paths, ports and times that exist."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import kubernetes_validate
import pytest
import yaml

from service import __version__
from service.settings import VARIABLES, Settings

ROOT = Path(__file__).parents[2]
BASE = ROOT / "k8s" / "base"
# The oldest that knows the preStop sleep, and the newest that the validator knows.
VERSIONS = ("1.30", kubernetes_validate.latest_version())

Manifest = dict[str, Any]


def read_settings() -> dict[str, str]:
    lines = (BASE / "settings.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def read_base() -> list[Manifest]:
    """The files of the base, and the ConfigMap that kustomize would make; names, images and labels as written."""
    kustomization = yaml.safe_load((BASE / "kustomization.yaml").read_text())
    (generator,) = kustomization["configMapGenerator"]
    settings = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": generator["name"]},
        "data": read_settings(),
    }
    files = [yaml.safe_load_all((BASE / name).read_text()) for name in kustomization["resources"]]
    return [settings, *(manifest for file in files for manifest in file)]


MANIFESTS = read_base()


def only(kind: str, manifests: list[Manifest] = MANIFESTS) -> Manifest:
    (found,) = [manifest for manifest in manifests if manifest["kind"] == kind]
    return found


def pods(manifests: list[Manifest] = MANIFESTS) -> list[Manifest]:
    return [m["spec"]["template"]["spec"] for m in manifests if m["kind"] in ("Deployment", "Job")]


@pytest.fixture(scope="session")
def rendered() -> list[Manifest]:
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed: the files are checked as written, not as rendered")
    done = subprocess.run(["kubectl", "kustomize", BASE], capture_output=True, text=True, check=True)
    return list(yaml.safe_load_all(done.stdout))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda manifest: manifest["kind"])
def test_each_file_is_valid(manifest: Manifest, version: str) -> None:
    kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_rendered_is_valid(rendered: list[Manifest], version: str) -> None:
    for manifest in rendered:
        kubernetes_validate.validate(manifest, version, strict=True)
    assert sorted(m["kind"] for m in rendered) == sorted(m["kind"] for m in MANIFESTS)


def test_what_is_rendered_fits_together(rendered: list[Manifest]) -> None:
    settings = only("ConfigMap", rendered)
    assert settings["data"] == read_settings()
    (container,) = only("Deployment", rendered)["spec"]["template"]["spec"]["containers"]
    assert container["envFrom"] == [{"configMapRef": {"name": settings["metadata"]["name"]}}]
    assert settings["metadata"]["name"] != only("ConfigMap")["metadata"]["name"], "a change must roll the pods"
    for pod in pods(rendered):
        assert [c["image"] for c in pod["containers"]] == [f"colophon:{__version__}"]


def test_the_validator_would_say_so() -> None:
    wrong = {**only("Service"), "spec": {**only("Service")["spec"], "prots": []}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)


def test_settings_exist_and_are_read() -> None:
    for pod in pods():
        for container in pod["containers"]:
            assert {variable["name"] for variable in container["env"]} <= VARIABLES.keys()
    assert read_settings().keys() <= VARIABLES.keys()
    Settings.from_env(read_settings())


def test_the_secret_is_referred_to_and_not_kept() -> None:
    assert not [m for m in MANIFESTS if m["kind"] == "Secret"]
    assert "DATABASE_URL" not in read_settings()
    for pod in pods():
        (variable,) = [v for c in pod["containers"] for v in c["env"] if v["name"] == "DATABASE_URL"]
        assert variable["valueFrom"]["secretKeyRef"] == {"name": "colophon-database", "key": "url"}
        assert "value" not in variable


@pytest.mark.parametrize("pod", pods(), ids=["deployment", "job"])
def test_commands_exist(pod: Manifest) -> None:
    for container in pod["containers"]:
        assert "command" not in container, "the image's entry point runs"
        done = subprocess.run(
            [sys.executable, "-m", "service", *container["args"], "--help"],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
        )
        assert done.returncode == 0, done.stderr


async def test_probes_and_metrics_are_answered(client: httpx.AsyncClient) -> None:
    template = only("Deployment")["spec"]["template"]
    (container,) = template["spec"]["containers"]
    paths = {container[f"{probe}Probe"]["httpGet"]["path"] for probe in ("startup", "liveness", "readiness")}
    assert paths == {"/healthz", "/readyz"}
    for path in (*paths, template["metadata"]["annotations"]["prometheus.io/path"]):
        assert (await client.get(path)).status_code == 200, path


def test_ports_meet() -> None:
    settings = Settings.from_env(read_settings())
    template = only("Deployment")["spec"]["template"]
    (container,) = template["spec"]["containers"]
    (port,) = container["ports"]
    assert port["containerPort"] == settings.port
    assert settings.host == "0.0.0.0"
    assert template["metadata"]["annotations"]["prometheus.io/port"] == str(settings.port)
    assert [p["targetPort"] for p in only("Service")["spec"]["ports"]] == [port["name"]]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert container[probe]["httpGet"]["port"] == port["name"]


def test_the_service_finds_the_pods_and_not_the_job() -> None:
    selector = only("Service")["spec"]["selector"].items()
    assert selector <= only("Deployment")["spec"]["template"]["metadata"]["labels"].items()
    assert not selector <= only("Job")["spec"]["template"]["metadata"]["labels"].items()
    deployment = only("Deployment")["spec"]
    assert deployment["selector"]["matchLabels"].items() <= deployment["template"]["metadata"]["labels"].items()


def test_there_is_time_to_drain() -> None:
    pod = only("Deployment")["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pause >= 5, "nodes go on sending for a while after the pod is told to stop"
    assert pause + Settings.from_env(read_settings()).shutdown_timeout < pod["terminationGracePeriodSeconds"]
    readiness = container["readinessProbe"]
    assert readiness["periodSeconds"] * readiness["failureThreshold"] < pause


def test_one_version() -> None:
    (image,) = yaml.safe_load((BASE / "kustomization.yaml").read_text())["images"]
    assert image == {"name": "colophon", "newTag": __version__}
    assert only("Job")["metadata"]["name"] == "colophon-migrate-" + __version__.replace(".", "-")


@pytest.mark.parametrize("pod", pods(), ids=["deployment", "job"])
def test_pods_can_do_little(pod: Manifest) -> None:
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False, "COLOPHON_PORT=tcp://… would be injected"
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    user = re.search(r"^USER (\d+):(\d+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert user
    assert (pod["securityContext"]["runAsUser"], pod["securityContext"]["runAsGroup"]) == (int(user[1]), int(user[2]))
    for container in pod["containers"]:
        context = container["securityContext"]
        assert context["allowPrivilegeEscalation"] is False
        assert context["readOnlyRootFilesystem"] is True
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]
        assert container["resources"]["requests"].keys() == {"cpu", "memory"}
