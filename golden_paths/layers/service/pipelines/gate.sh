#!/usr/bin/env bash
# Asks ValueFlow to judge this deployment, waits for the verdict, and ends well only where the pipeline may go on.
#
# VALUEFLOW_URL; VALUEFLOW_TOKEN, or VALUEFLOW_SCOPE for which the Azure CLI's identity gets one (its roles:
# Platform.Requester, Platform.Reader); SERVICE, ENVIRONMENT, VERSION. Where known: COMMIT, RUN_ID, CHANGE_NUMBER,
# WINDOW_MINUTES. DRY_RUN=true says what would be done. Needs curl and jq.
set -euo pipefail

LONGEST_WAIT_S="${LONGEST_WAIT_S:-7200}"
FIRST_PAUSE_S="${FIRST_PAUSE_S:-10}"

call() { # the token goes by standard input: a command line is seen by every process
  local token="${VALUEFLOW_TOKEN:-}"
  if [ -z "$token" ]; then
    token=$(az account get-access-token --scope "$VALUEFLOW_SCOPE" --query accessToken --output tsv)
  fi
  printf 'header = "Authorization: Bearer %s"\n' "$token" |
    curl --config - --silent --show-error --fail-with-body --max-time 30 --proto '=http,https' "$@"
}

body=$(jq -n \
  --arg service "$SERVICE" --arg environment "$ENVIRONMENT" --arg version "$VERSION" \
  --arg commit "${COMMIT:-}" --arg run_id "${RUN_ID:-}" --arg change "${CHANGE_NUMBER:-}" \
  --arg minutes "${WINDOW_MINUTES:-}" --arg dry_run "${DRY_RUN:-false}" \
  '{service: $service, environment: $environment, version: $version, dry_run: ($dry_run == "true")}
   + (if $commit == "" then {} else {commit: $commit} end)
   + (if $run_id == "" then {} else {run_id: ($run_id | tonumber)} end)
   + (if $change == "" then {} else {change_number: $change} end)
   + (if $minutes == "" then {} else {window_minutes: ($minutes | tonumber)} end)')

# Asking again finds the gate that was asked for.
asked=$(call --retry 6 --retry-connrefused --header 'Content-Type: application/json' --data "$body" \
  "$VALUEFLOW_URL/api/quality-gates") || {
  echo "The gate was not taken: $(jq -r '.detail // .title' <<<"${asked:-none}" 2>/dev/null || echo "no answer")" >&2
  exit 1
}
gate=$(jq -r .operation_id <<<"$asked")
address="$VALUEFLOW_URL/api/quality-gates/$gate"
echo "Quality gate: $address"

pause="$FIRST_PAUSE_S"
until [ "$SECONDS" -ge "$LONGEST_WAIT_S" ]; do
  if told=$(call --header 'Accept: application/json' "$address"); then
    [ "$(jq -r .state <<<"$told")" = running ] || break
  fi
  told=''
  sleep "$pause"
  pause=$((pause * 3 / 2 < 60 ? pause * 3 / 2 : 60))
done

if [ -z "${told:-}" ]; then
  echo "No verdict within $LONGEST_WAIT_S s: that is no pass." >&2
  exit 1
fi
jq -r '"Verdict: \(.verdict), decision: \(.decision), score: \(.score // "none")",
  (.objectives[] | "  \(.status)  \(.name): \(.value // .reason) \(.unit) (usual: \(.baseline // "unknown"))")' <<<"$told"
decision=$(jq -r .decision <<<"$told")
[ "$decision" = proceed ]
