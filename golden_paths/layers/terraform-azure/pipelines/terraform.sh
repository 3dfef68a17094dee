#!/usr/bin/env bash
# Make, remove or read the Azure resources of one environment.
#
#   bash pipelines/terraform.sh apply|destroy|outputs ENVIRONMENT
#
# Runs inside AzureCLI@2 with addSpnToEnvironment: it signs in by the service connection's workload identity, so no
# secret exists. State lies in the storage account tagged purpose=terraform-state, in the container "tfstate", one
# blob per service and environment. Outputs become pipeline variables: `name` is read as $(tf_name).
set -euo pipefail

action="$1"
environment="$2"
version="1.11.4"

install_terraform() {
  if command -v terraform >/dev/null && terraform version -json | jq -e --arg v "$version" '.terraform_version == $v' >/dev/null; then
    return
  fi
  local folder="${AGENT_TEMPDIRECTORY:-/tmp}/terraform-$version" base="https://releases.hashicorp.com/terraform/$version"
  local archive="terraform_${version}_linux_amd64.zip"
  mkdir -p "$folder"
  (
    cd "$folder"
    curl --fail --silent --show-error --location --retry 3 --remote-name "$base/$archive" \
      --remote-name "$base/terraform_${version}_SHA256SUMS"
    grep " $archive\$" "terraform_${version}_SHA256SUMS" | sha256sum --check --quiet
    unzip -o -q "$archive"
  )
  export PATH="$folder:$PATH"
}

sign_in() {
  export ARM_USE_OIDC=true
  export ARM_CLIENT_ID="$servicePrincipalId"
  export ARM_TENANT_ID="$tenantId"
  export ARM_OIDC_TOKEN="$idToken"
  ARM_SUBSCRIPTION_ID="$(az account show --query id --output tsv)"
  export ARM_SUBSCRIPTION_ID
}

init() {
  local account group
  account="$(az storage account list --query "[?tags.purpose=='terraform-state'] | [0].name" --output tsv)"
  group="$(az storage account list --query "[?tags.purpose=='terraform-state'] | [0].resourceGroup" --output tsv)"
  if [ -z "$account" ]; then
    echo "##vso[task.logissue type=error]No storage account of this subscription has the tag purpose=terraform-state."
    exit 1
  fi
  terraform init -input=false -reconfigure \
    -backend-config="resource_group_name=$group" \
    -backend-config="storage_account_name=$account" \
    -backend-config="container_name=tfstate" \
    -backend-config="key=$SERVICE/$environment.tfstate"
}

outputs() {
  terraform output -json |
    jq -r 'to_entries[] | select((.value.sensitive | not) and .value.type == "string")
           | "##vso[task.setvariable variable=tf_\(.key)]\(.value.value)"'
}

install_terraform
sign_in
cd terraform
init
settings=(-input=false -lock-timeout=10m -var "environment=$environment" -var-file "environments/$environment.tfvars")
case "$action" in
  apply)
    terraform plan "${settings[@]}" -out tfplan
    terraform apply -input=false -lock-timeout=10m tfplan
    outputs
    ;;
  destroy)
    terraform destroy "${settings[@]}" -auto-approve
    ;;
  outputs)
    outputs
    ;;
  *)
    echo "usage: terraform.sh apply|destroy|outputs ENVIRONMENT" >&2
    exit 2
    ;;
esac
