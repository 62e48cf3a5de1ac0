"""Who else manages a resource, from its tags."""

from __future__ import annotations

import pytest

from engine.managed import NOWHERE, STATE, managed_by, speaks
from engine.model import Unknown
from engine.view import manager_of


@pytest.mark.parametrize(
    ("tags", "manager"),
    [
        ({}, None),
        ({"owner": "payments", "env": "dev"}, None),
        ({"aws:cloudformation:stack-name": "shop", "aws:cloudformation:stack-id": "arn:x"}, "CloudFormation stack shop"),
        ({"aws:autoscaling:groupName": "web"}, "Auto Scaling group web"),
        ({"kubernetes.io/cluster/prod": "owned"}, "Kubernetes cluster prod"),
        ({"kubernetes.io/created-for/pvc/name": "data-0"}, "Kubernetes volume claim data-0"),
        (
            {"kubernetes.io/created-for/pvc/name": "data-0", "kubernetes.io/created-for/pvc/namespace": "shop"},
            "Kubernetes volume claim data-0 of namespace shop",
        ),
        ({"kubernetes.io/service-name": "shop/web"}, "Kubernetes service shop/web"),
        (
            {"aws:cloudformation:stack-name": "shop", "aws:cloudformation:logical-id": "Data"},
            "CloudFormation stack shop, logical id Data",
        ),
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


ADDRESS = "module.shop.aws_ebs_volume.data[0] in prod.tfstate"
UNREAD = Unknown("a state could not be read")
BY_TERRAFORM = {"managed-by": "terraform", "terraform": "true"}


@pytest.mark.parametrize(
    ("tags", "fields", "manager"),
    [
        ({}, {STATE: ADDRESS}, f"terraform: {ADDRESS}"),
        (BY_TERRAFORM, {STATE: ADDRESS}, f"terraform: {ADDRESS}"),
        ({"aws:autoscaling:groupName": "web"}, {STATE: ADDRESS}, f"terraform: {ADDRESS}"),
        (Unknown("denied"), {STATE: ADDRESS}, f"terraform: {ADDRESS}"),
        ({}, {STATE: NOWHERE}, None),
        (BY_TERRAFORM, {STATE: NOWHERE}, None),
        ({"goog-terraform-provisioned": "true"}, {STATE: NOWHERE}, None),
        ({**BY_TERRAFORM, "eks:cluster-name": "prod"}, {STATE: NOWHERE}, "EKS cluster prod"),
        ({**BY_TERRAFORM, "provisioner": "helm"}, {STATE: NOWHERE}, "helm"),
        ({"managed-by": "terraform and helm"}, {STATE: NOWHERE}, "terraform and helm"),
        ({"aws:cloudformation:stack-name": "terraform"}, {STATE: NOWHERE}, "CloudFormation stack terraform"),
        (BY_TERRAFORM, {STATE: NOWHERE, "operator": "eks"}, "operator eks"),
        (BY_TERRAFORM, {STATE: NOWHERE, "operator": Unknown("denied")}, Unknown("denied")),
        (Unknown("denied"), {STATE: NOWHERE}, Unknown("denied")),
        (BY_TERRAFORM, {STATE: UNREAD}, "terraform"),
        ({}, {STATE: UNREAD}, UNREAD),
        ({}, {STATE: UNREAD, "operator": "eks"}, "operator eks"),
        (BY_TERRAFORM, {}, "terraform"),
    ],
)
def test_what_state_files_change(tags: dict[str, str], fields: dict[str, str], manager: object) -> None:
    assert manager_of(tags, fields) == manager


def test_columns_keep_every_tag_that_a_name_is_made_of() -> None:
    keys = ("aws:cloudformation:logical-id", "kubernetes.io/created-for/pvc/namespace", "kubernetes.io/service-name")
    assert [speaks(key) for key in (*keys, "owner")] == [True, True, True, False]
