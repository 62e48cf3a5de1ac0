"""Who else manages a resource, from its tags."""

from __future__ import annotations

import pytest

from engine.managed import managed_by
from engine.model import Unknown


@pytest.mark.parametrize(
    ("tags", "manager"),
    [
        ({}, None),
        ({"owner": "payments", "env": "dev"}, None),
        ({"aws:cloudformation:stack-name": "shop", "aws:cloudformation:stack-id": "arn:x"}, "CloudFormation stack shop"),
        ({"aws:autoscaling:groupName": "web"}, "Auto Scaling group web"),
        ({"kubernetes.io/cluster/prod": "owned"}, "a Kubernetes cluster"),
        ({"kubernetes.io/created-for/pvc/name": "data-0"}, "a Kubernetes volume claim"),
        ({"ebs.csi.aws.com/cluster": "true"}, "the Kubernetes volume driver"),
        ({"CSIVolumeName": "pvc-1"}, "the Kubernetes volume driver"),
        ({"eks:cluster-name": "prod"}, "EKS cluster prod"),
        ({"karpenter.sh/nodepool": "default"}, "Karpenter"),
        ({"elasticbeanstalk:environment-name": "shop"}, "Elastic Beanstalk environment shop"),
        ({"aws:backup:source-resource": "x"}, "AWS Backup"),
        ({"dlm:managed": "true"}, "Data Lifecycle Manager"),
        ({"goog-gke-node": ""}, "GKE"),
        ({"goog-k8s-cluster-name": "prod"}, "GKE cluster prod"),
        ({"goog-terraform-provisioned": "true"}, "Terraform"),
        ({"goog-terraform-provisioned": "false"}, None),
        ({"goog-dm": "shop"}, "deployment shop"),
        ({"Managed-By": "Terraform Cloud"}, "Terraform Cloud"),
        ({"managed_by": "pulumi"}, "pulumi"),
        ({"managed-by": "ann"}, None),
        ({"Terraform": "true"}, "Terraform"),
        ({"terraform": "false"}, None),
        ({"terraform": ""}, None),
    ],
)
def test_managers(tags: dict[str, str], manager: str | None) -> None:
    assert managed_by(tags) == manager


def test_unknown_tags_hide_a_manager() -> None:
    assert managed_by(Unknown("denied")) == Unknown("denied")
