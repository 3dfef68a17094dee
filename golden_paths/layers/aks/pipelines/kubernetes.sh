#!/usr/bin/env bash
# Deploy, stop or start this service on the environment's cluster.
#
#   bash pipelines/kubernetes.sh deploy ENVIRONMENT TAG CONTEXT | stop | start | remove
#
# Runs inside AzureCLI@2, after Terraform: its outputs come as TF_CLUSTER_NAME and so on. CONTEXT is the folder with
# the Dockerfile and what it copies; the registry builds the image, so the agent needs no Docker.
set -euo pipefail

action="$1"

if [ "$action" = remove ] && [ -z "${TF_CLUSTER_NAME:-}" ]; then
  echo "The environment has no cluster in Terraform's state: nothing to remove."
  exit 0
fi
az aks get-credentials --resource-group "$TF_CLUSTER_RESOURCE_GROUP" --name "$TF_CLUSTER_NAME" --overwrite-existing
kubelogin convert-kubeconfig --login azurecli

case "$action" in
  deploy)
    environment="$2" tag="$3" context="$4"
    az acr build --registry "$TF_REGISTRY_NAME" --image "$SERVICE:$tag" "$context"
    mkdir -p kubernetes/release
    cat >kubernetes/release/kustomization.yaml <<EOF
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
  - ../overlays/$environment
images:
  - name: service
    newName: $TF_REGISTRY_LOGIN_SERVER/$SERVICE
    newTag: "$tag"
patches:
  - target:
      kind: ServiceAccount
    patch: |-
      - op: add
        path: /metadata/annotations
        value:
          azure.workload.identity/client-id: $TF_WORKLOAD_CLIENT_ID
EOF
    kubectl apply --kustomize kubernetes/release
    kubectl --namespace "$SERVICE" rollout status deployment "$SERVICE" --timeout=5m
    ;;
  stop)
    # An autoscaler leaves alone what is scaled to nothing.
    kubectl --namespace "$SERVICE" scale deployment "$SERVICE" --replicas=0
    ;;
  start)
    replicas="$(kubectl --namespace "$SERVICE" get hpa "$SERVICE" --output jsonpath='{.spec.minReplicas}')"
    kubectl --namespace "$SERVICE" scale deployment "$SERVICE" --replicas="$replicas"
    kubectl --namespace "$SERVICE" rollout status deployment "$SERVICE" --timeout=5m
    ;;
  remove)
    kubectl delete namespace "$SERVICE" --ignore-not-found --timeout=5m
    ;;
  *)
    echo "usage: kubernetes.sh deploy ENVIRONMENT TAG CONTEXT | stop | start | remove" >&2
    exit 2
    ;;
esac
