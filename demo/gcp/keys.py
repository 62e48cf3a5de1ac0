"""Cloud KMS, as far as disks and snapshots are encrypted with a customer's key: its versions and their states."""

from __future__ import annotations

from typing import Any

from demo.gcp.calls import Call
from demo.gcp.estate import Estate
from demo.gcp.plays import plays
from demo.gcp.refusals import Refusal, invalid

VERSIONS = "/cryptoKeyVersions/"


@plays("cloudkms.projects.locations.keyRings.cryptoKeys.cryptoKeyVersions.get")
def get_version(estate: Estate, call: Call) -> dict[str, Any]:
    """A version and its state. What is not there is refused, as what may not be seen."""
    return {"name": call.path, "state": _state(estate, call.path)}


@plays("cloudkms.projects.locations.keyRings.cryptoKeys.get")
def get_key(estate: Estate, call: Call) -> dict[str, Any]:
    """A key with its primary version, which is the first here."""
    primary = f"{call.path}{VERSIONS}1"
    return {"name": call.path, "purpose": "ENCRYPT_DECRYPT", "primary": {"name": primary, "state": _state(estate, primary)}}


def encrypted_with(estate: Estate, key: str) -> dict[str, str]:
    """What a resource shows of its key: the version that encrypted it. Google takes an enabled key, and never a version."""
    version = f"{key}{VERSIONS}1"
    if VERSIONS in key:
        raise invalid("diskEncryptionKey.kmsKeyName", f"'{key}'. A version cannot be chosen.")
    if estate.keys.get(version) != "ENABLED":
        raise Refusal(400, "kmsKeyNotUsable", f"Cloud KMS error when using key {key}: it is not enabled.")
    return {"kmsKeyName": version}


def _state(estate: Estate, version: str) -> str:
    state = estate.keys.get(version)
    if state is None:
        raise Refusal(403, "forbidden", f"Permission 'cloudkms.cryptoKeyVersions.get' denied on resource '{version}'")
    return state
