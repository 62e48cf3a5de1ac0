"""Another package of our name is noticed at the start, wherever it comes from."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from api import provenance

CHECK = "from api.provenance import check; check(); print('ours')"
CONFLICTS = "from api.provenance import conflicts; print('; '.join(conflicts()))"


def python(code: str, *path: Path, alone: bool = False) -> subprocess.CompletedProcess[str]:
    """Run code with folders in front of everything else; `alone` leaves out site-packages and with it the checkout."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, path))}
    flags = ["-S", "-P"] if alone else ["-P"]
    return subprocess.run([sys.executable, *flags, "-c", code], env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder as pip leaves it: our three packages and the RECORD of what was installed."""
    folder = tmp_path / "site"
    rows = []
    for name in provenance.PACKAGES:
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text("# ours\n")
        rows.append(f"{name}/__init__.py,sha256=N3J_fake,7\n")
    shutil.copy(provenance.__file__, folder / "api")
    (folder / "sexton-1.0.dist-info").mkdir()
    (folder / "sexton-1.0.dist-info" / "RECORD").write_text("".join(rows) + "sexton-1.0.dist-info/RECORD,,\n")
    (folder / "sexton-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: sexton\nVersion: 1.0\n")
    return folder


def test_a_checkout_is_ours() -> None:
    provenance.check()
    assert provenance.conflicts() == ()


def test_an_installation_is_ours(site: Path) -> None:
    assert python(CHECK, site, alone=True).stdout == "ours\n"


@pytest.mark.parametrize("name", ["engine", "reapers"])
def test_a_folder_in_front_is_noticed(name: str, tmp_path: Path) -> None:
    (tmp_path / name).mkdir()
    (tmp_path / name / "__init__.py").touch()
    result = python(CHECK, tmp_path)
    assert result.returncode == 1
    assert result.stderr.startswith(f"Python takes the package {name} from {tmp_path / name}, which is not Sexton's. Install")
    assert result.stderr.count("\n") == 1


def test_a_folder_without_code_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "engine").mkdir()  # a namespace package loses against a real one further back
    assert python(CHECK, tmp_path).stdout == "ours\n"


def test_a_missing_package_is_noticed(site: Path) -> None:
    shutil.rmtree(site / "engine")
    assert "The package engine of Sexton is missing" in python(CHECK, site, alone=True).stderr


def test_an_overwritten_package_is_noticed(site: Path) -> None:
    (site / "engine" / "__init__.py").write_text("# a chess engine\n")
    result = python(CHECK, site, alone=True)
    assert result.returncode == 1
    assert result.stderr.startswith("Another distribution has overwritten Sexton's package engine")


def test_doctor_names_the_other_distribution_and_the_changed_file(site: Path) -> None:
    other = site / "chess-2.0.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: chess\nVersion: 2.0\n")
    (other / "RECORD").write_text("engine/__init__.py,,\n")
    found = python(CONFLICTS, site, alone=True).stdout
    assert "The distribution chess also ships a package called engine" in found
    assert "The file engine/__init__.py of Sexton has been changed" in found  # the record above holds another hash
