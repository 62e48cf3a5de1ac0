"""Who else manages a resource: controllers and infrastructure-as-code leave tags (GCP: labels). Pure.

Deleting under a manager makes it create the resource anew or fail, so that a proposal to change its source is the only way.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from engine.model import Unknown

_PATTERNS: tuple[tuple[str, str], ...] = (
    ("aws:cloudformation:stack-name", "CloudFormation stack {value}"),
    ("aws:cloudformation:stack-id", "CloudFormation stack {value}"),
    ("aws:autoscaling:groupname", "Auto Scaling group {value}"),
    ("aws:ec2spot:fleet-request-id", "Spot fleet {value}"),
    ("aws:ec2:fleet-id", "EC2 fleet {value}"),
    ("aws:eks:cluster-name", "EKS cluster {value}"),
    ("eks:cluster-name", "EKS cluster {value}"),
    ("eks:*", "EKS"),
    ("ebs.csi.aws.com/cluster", "the Kubernetes volume driver"),
    ("csivolumename", "the Kubernetes volume driver"),
    ("kubernetes.io/cluster/*", "a Kubernetes cluster"),
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
    ("goog-terraform-provisioned", "Terraform"),
    ("goog-managed-by", "{value}"),
    ("managed-by-cnrm", "Config Connector"),
)
"""Tag key (a glob, lower case) and the manager it stands for, the more telling ones first."""

_DECLARATIONS = ("managed-by", "managed_by", "managedby", "app.kubernetes.io/managed-by", "provisioner", "provisioned-by")
"""Tags whose value names the tool, by people's habit."""

_TOOLS = ("terraform", "opentofu", "terragrunt", "pulumi", "cloudformation", "cdk", "crossplane", "helm", "argocd", "ansible")

_NO = ("", "false", "no", "0", "none")


def managed_by(tags: Mapping[str, str] | Unknown) -> str | Unknown | None:
    """The manager's name for people; None when no tag speaks of one; Unknown when the tags are."""
    if isinstance(tags, Unknown):
        return tags
    lowered = {key.lower(): tags[key].strip() for key in sorted(tags)}
    for pattern, manager in _PATTERNS:
        for key, value in lowered.items():
            if fnmatchcase(key, pattern) and value.lower() not in _NO[1:]:
                return manager.format(value=value) if value else manager.replace("{value}", "").strip() or key
    return _declared(lowered)


def speaks(key: str) -> bool:
    """Whether a tag key can say anything about a manager: all others may be left out."""
    lowered = key.lower()
    return lowered in _DECLARATIONS or lowered in _TOOLS or any(fnmatchcase(lowered, pattern) for pattern, _ in _PATTERNS)


def _declared(tags: Mapping[str, str]) -> str | None:
    """What people wrote: `terraform: true`, `managed-by: Terraform`."""
    for key in _DECLARATIONS:
        tool = next((tool for tool in _TOOLS if tool in tags.get(key, "").lower()), None)
        if tool:
            return tags[key]
    flag = next((tool for tool in _TOOLS if tags.get(tool, "").lower() not in _NO), None)
    return flag.capitalize() if flag else None
