"""Who else manages a resource: controllers and infrastructure-as-code leave tags (GCP: labels). Pure.

Deleting under a manager makes it create the resource anew or fail, so that a proposal to change its source is the only way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache

from engine.model import Unknown

STATE = "terraform_state"
"""The evidence of Terraform's state files, read at scan time: the address in one of them, NOWHERE, or Unknown where one was not
read. Absent where none were given."""

NOWHERE = "none"
"""All state files were read, and the resource is in none. No address reads so: they all have a dot."""


@dataclass(frozen=True, slots=True)
class Manager:
    """What a tag names: how people call it, and whether it is Terraform, whose state files can refute the tag."""

    name: str
    terraform: bool = False


_BY_TERRAFORM = "goog-terraform-provisioned"

_PATTERNS: tuple[tuple[str, str], ...] = (
    ("aws:cloudformation:stack-name", "CloudFormation stack {value}"),
    ("aws:cloudformation:stack-id", "CloudFormation stack {value}"),
    ("aws:autoscaling:groupname", "Auto Scaling group {value}"),
    ("aws:ec2spot:fleet-request-id", "Spot fleet {value}"),
    ("aws:ec2:fleet-id", "EC2 fleet {value}"),
    ("aws:eks:cluster-name", "EKS cluster {value}"),
    ("eks:cluster-name", "EKS cluster {value}"),
    ("eks:*", "EKS"),
    ("kubernetes.io/created-for/pvc/name", "Kubernetes volume claim {value}"),
    ("kubernetes.io/service-name", "Kubernetes service {value}"),
    ("ebs.csi.aws.com/cluster", "the Kubernetes volume driver"),
    ("csivolumename", "the Kubernetes volume driver"),
    ("kubernetes.io/cluster/*", "Kubernetes cluster {rest}"),
    ("kubernetes.io/created-for/*", "a Kubernetes volume claim"),
    ("kubernetescluster", "Kubernetes cluster {value}"),
    ("karpenter.sh/*", "Karpenter"),
    ("karpenter.k8s.aws/*", "Karpenter"),
    ("elbv2.k8s.aws/cluster", "the load balancer controller of cluster {value}"),
    ("ingress.k8s.aws/*", "a Kubernetes ingress"),
    ("service.k8s.aws/*", "a Kubernetes service"),
    ("elasticbeanstalk:environment-name", "Elastic Beanstalk environment {value}"),
    ("elasticbeanstalk:*", "Elastic Beanstalk"),
    ("aws:elasticmapreduce:*", "EMR"),
    ("aws:ecs:clustername", "ECS cluster {value}"),
    ("aws:ecs:*", "ECS"),
    ("aws:backup:*", "AWS Backup"),
    ("dlm:managed", "Data Lifecycle Manager"),
    ("aws:dlm:*", "Data Lifecycle Manager"),
    ("aws:servicecatalog:*", "Service Catalog"),
    ("goog-gke-cluster", "GKE cluster {value}"),
    ("goog-k8s-cluster-name", "GKE cluster {value}"),
    ("goog-gke-*", "GKE"),
    ("goog-k8s-cluster-*", "GKE"),
    ("goog-dataproc-cluster-name", "Dataproc cluster {value}"),
    ("goog-dataproc-*", "Dataproc"),
    ("goog-composer-*", "Cloud Composer"),
    ("goog-dm", "deployment {value}"),
    (_BY_TERRAFORM, "Terraform"),
    ("goog-managed-by", "{value}"),
    ("managed-by-cnrm", "Config Connector"),
)
"""Tag key (a glob, lower case) and the manager it stands for, the more telling ones first. `rest`: what the `*` stands for."""

_WHERE: Mapping[str, tuple[str, str]] = {
    "aws:cloudformation:stack-name": ("aws:cloudformation:logical-id", ", logical id {value}"),
    "aws:cloudformation:stack-id": ("aws:cloudformation:logical-id", ", logical id {value}"),
    "kubernetes.io/created-for/pvc/name": ("kubernetes.io/created-for/pvc/namespace", " of namespace {value}"),
}
"""The tag that says which part of a manager it is, and how that is told."""

_DECLARATIONS = ("managed-by", "managed_by", "managedby", "app.kubernetes.io/managed-by", "provisioner", "provisioned-by")
"""Tags whose value names the tool, by people's habit."""

_TOOLS = ("terraform", "opentofu", "terragrunt", "pulumi", "cloudformation", "cdk", "crossplane", "helm", "argocd", "ansible")

_TERRAFORM = ("terraform", "opentofu", "terragrunt")
"""Those that keep Terraform's state."""

_NO = ("", "false", "no", "0", "none")


def managed_by(tags: Mapping[str, str] | Unknown, state: object = None) -> str | Unknown | None:
    """The manager's name for people; None when no tag speaks of one; Unknown when the tags are.

    `state`: what the field STATE says. Where that is NOWHERE, tags that speak of Terraform are left over and name nobody.
    """
    if isinstance(tags, Unknown):
        return tags
    named = (manager.name for manager in _named(tags) if not (manager.terraform and state == NOWHERE))
    return next(named, None)


@lru_cache(maxsize=65_536)
def speaks(key: str) -> bool:
    """Whether a tag key can say anything about a manager: all others may be left out."""
    lowered = key.lower()
    told = lowered in _DECLARATIONS or lowered in _TOOLS or any(lowered == where for where, _ in _WHERE.values())
    return told or any(fnmatchcase(lowered, pattern) for pattern, _ in _PATTERNS)


def _named(tags: Mapping[str, str]) -> Iterator[Manager]:
    """Every manager that a tag names, the more telling ones first."""
    lowered = {key.lower(): tags[key].strip() for key in sorted(filter(speaks, tags))}
    if not lowered:  # as nearly always: looking further costs as much as all else that is derived from a resource
        return
    for pattern, manager in _PATTERNS:
        for key, value in lowered.items():
            if fnmatchcase(key, pattern) and value.lower() not in _NO[1:]:
                name = _filled(manager, value, key.removeprefix(pattern.rstrip("*"))) or key
                yield Manager(name + _where(pattern, lowered), pattern == _BY_TERRAFORM)
    yield from _declared(lowered)


def _filled(manager: str, value: str, rest: str) -> str:
    """The text about a manager; a tag without a value leaves the bare word."""
    return manager.replace("{value}", value).replace("{rest}", rest).strip()


def _where(pattern: str, tags: Mapping[str, str]) -> str:
    """Which part of the manager it is: the logical id in a stack."""
    key, told = _WHERE.get(pattern, ("", ""))
    return told.replace("{value}", tags[key]) if tags.get(key) else ""


def _declared(tags: Mapping[str, str]) -> Iterator[Manager]:
    """What people wrote: `terraform: true`, `managed-by: Terraform`."""
    for key in _DECLARATIONS:
        tools = [tool for tool in _TOOLS if tool in tags.get(key, "").lower()]
        if tools:
            yield Manager(tags[key], all(tool in _TERRAFORM for tool in tools))
    for tool in _TOOLS:
        if tags.get(tool, "").lower() not in _NO:
            yield Manager(tool.capitalize(), tool in _TERRAFORM)
