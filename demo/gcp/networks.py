"""Reserved addresses, and the interfaces of instances that use them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from demo.gcp.calls import Call
from demo.gcp.disks import drop
from demo.gcp.estate import HOME, Estate, Thing, full
from demo.gcp.plays import in_use, labelled, plays
from demo.gcp.refusals import invalid

Shown = dict[str, Any]


@plays("compute.addresses.insert", "compute.globalAddresses.insert")
def insert(estate: Estate, call: Call) -> Shown:
    """A reserved address."""
    address = make_address(estate, (call.project, call.location), call.body)
    return estate.begin(call, address, lambda: address.shown.update(status="RESERVED"))


def make_address(estate: Estate, where: tuple[str, str], body: Mapping[str, Any]) -> Thing:
    """An address that is being reserved."""
    project, location = where
    number = estate.number()
    made = {
        "address": f"203.0.113.{number % 250 + 1}",  # reserved for documentation (RFC 5737)
        "addressType": "EXTERNAL",
        "networkTier": "PREMIUM",
        **body,
        "status": "RESERVING",
        **labelled(body.get("labels", {})),
    }
    return estate.make((project, location, "addresses", body["name"]), made, "compute#address")


@plays("compute.addresses.delete", "compute.globalAddresses.delete")
def delete(estate: Estate, call: Call) -> Shown:
    """Not while anything uses it."""
    address = estate.of(call)
    if address.shown["status"] == "IN_USE":
        raise in_use("address", address)
    return estate.begin(call, address, lambda: drop(estate, address))


def connect(estate: Estate, instance: Thing, index: int, asked: Mapping[str, Any]) -> Shown:
    """An interface of an instance. An external address is a reserved one that nobody uses, or a passing one."""
    project = instance.place[0]
    nic = {
        "networkIP": f"10.128.{index}.{int(instance.shown['id']) % 250 + 2}",
        **asked,
        "network": full(asked.get("network") or "global/networks/default", project),
        "name": f"nic{index}",
        "kind": "compute#networkInterface",
    }
    if "accessConfigs" in asked:
        nic["accessConfigs"] = [_access(estate, instance, access) for access in asked["accessConfigs"]]
    return nic


def _access(estate: Estate, instance: Thing, asked: Mapping[str, Any]) -> Shown:
    made = {"type": "ONE_TO_ONE_NAT", "name": "External NAT", "networkTier": "PREMIUM", **asked, "kind": "compute#accessConfig"}
    if "natIP" not in asked:
        return made | {"natIP": f"198.51.100.{int(instance.shown['id']) % 250 + 1}"}
    reserved = next((each for each in _addresses(estate, instance) if each.shown["address"] == asked["natIP"]), None)
    if reserved is None or reserved.shown["status"] != "RESERVED":
        field = "resource.networkInterfaces[0].accessConfigs[0].natIP"
        raise invalid(field, f"'{asked['natIP']}'. The external IP address is not reserved, or in use.")
    reserved.shown |= {"status": "IN_USE", "users": [instance.link]}
    return made


def disconnect(estate: Estate, instance: Thing) -> None:
    """The reserved addresses that an instance used are free again."""
    for address in _addresses(estate, instance):
        if instance.link in address.shown.get("users", []):
            del address.shown["users"]
            address.shown["status"] = "RESERVED"


def _addresses(estate: Estate, instance: Thing) -> list[Thing]:
    region = instance.place[1].rpartition("-")[0]
    return [thing for thing in estate.things.values() if thing.place[:3] == (instance.place[0], region, "addresses")]


def use(address: Thing, user: str) -> None:
    """Something uses an address from now on: a link below the project, as `us-central1/forwardingRules/web`."""
    project, location = address.place[:2]
    scope = "global" if location == "global" else f"regions/{location}"
    address.shown |= {"status": "IN_USE", "users": [f"{HOME}/projects/{project}/{scope}/{user}"]}
