"""From the source to an installation elsewhere: sdist, wheel, a new environment, and the commands a newcomer types first."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

from api import provenance

ROOT = Path(__file__).parents[2]


def run(*words: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*map(str, words)], cwd=cwd, capture_output=True, text=True, check=False)


def build(target: str, source: Path, into: Path) -> Path:
    """Without a network and without pip's build environment: hatchling is in the lock."""
    result = run(sys.executable, "-m", "hatchling", "build", "-t", target, "-d", into, cwd=source)
    assert result.returncode == 0, result.stderr
    (built,) = into.iterdir()
    return built


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel made from the sdist, as an index would get both."""
    sdist = build("sdist", ROOT, tmp_path_factory.mktemp("sdist"))
    unpacked = tmp_path_factory.mktemp("source")
    with tarfile.open(sdist) as archive:
        archive.extractall(unpacked, filter="data")
    (source,) = unpacked.iterdir()
    return build("wheel", source, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with the wheel that sees our dependencies, but no checkout: one .pth file does not follow another."""
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder / "venv", symlinks=True)
    python = folder / "venv" / "bin" / "python"
    result = run(sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-deps", "--no-index", wheel, cwd=folder)
    assert result.returncode == 0, result.stderr
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder


def sexton(elsewhere: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    return run(elsewhere / "venv" / "bin" / "sexton", *words, cwd=elsewhere)


def test_the_wheel_holds_the_product_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"engine", "reapers", "api", "demo", "sexton"}
    assert not [name for name in names if name.endswith((".pyc", ".db")) or name.startswith("tests/")]
    for package in ("engine", "reapers", "api", "demo"):
        assert f"{package}/py.typed" in names


@pytest.mark.parametrize("folder", ["engine/schema", "reapers/prices", "reapers/store/migrations", "policies"])
def test_the_wheel_holds_every_data_file(wheel: Path, folder: str) -> None:
    here = {path.relative_to(ROOT).as_posix() for path in (ROOT / folder).rglob("*") if path.is_file() and path.suffix != ".pyc"}
    assert here
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    assert {name.replace("policies/", "api/pack/", 1) if folder == "policies" else name for name in here} <= names


def test_the_license_travels_along(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (text,) = [archive.read(name) for name in archive.namelist() if name.endswith(".dist-info/licenses/LICENSE")]
    assert b"Apache License" in text


def test_no_checkout_is_on_the_path(elsewhere: Path) -> None:
    python = elsewhere / "venv" / "bin" / "python"
    code = "import engine, reapers, api, demo; print(engine.__file__, reapers.__file__, api.__file__, demo.__file__)"
    files = run(python, "-c", code, cwd=elsewhere).stdout.split()
    assert len(files) == 4
    assert all(Path(file).is_relative_to(elsewhere) for file in files)


def test_help_and_version(elsewhere: Path) -> None:
    shown = sexton(elsewhere, "--help")
    assert shown.returncode == 0, shown.stderr
    assert "validate" in shown.stdout
    assert sexton(elsewhere, "--version").stdout.startswith("sexton ")


def test_init_writes_a_repository_that_validates(elsewhere: Path) -> None:
    made = sexton(elsewhere, "init", "policies-of-acme")
    assert made.returncode == 0, made.stderr
    home = elsewhere / "policies-of-acme"
    written = {path.name for path in home.rglob("*") if path.is_file()}
    assert {"organization.yaml", "owners.map", ".gitignore", "CODEOWNERS", "settings.json", "reap.json", "sexton.yml"} <= written
    checked = sexton(elsewhere, "validate", home)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_demo_is_found_by_its_entry_point(elsewhere: Path) -> None:
    python = elsewhere / "venv" / "bin" / "python"
    code = "from importlib.metadata import entry_points; print(*(e.value for e in entry_points(group='sexton.demo')))"
    # The editable installation beside the dependencies is seen too: what counts is that ours is there.
    assert "demo.main:main" in run(python, "-c", code, cwd=elsewhere).stdout.split()


def test_an_editable_installation_leaves_no_stale_pack() -> None:
    site = Path(sysconfig.get_path("purelib"))
    assert not (site / "api").exists()
    assert os.path.samefile(ROOT, Path(provenance.__file__).parents[1])
