// Keeps VALUEFLOW_AUTHORIZATION_FILE at "Bearer <Entra ID token>" of Backstage's own identity, for the proxy in
// app-config.valueflow.yaml. Runs inside the backend's process:
//   node --import ./authorization.mjs packages/backend --config ...
// @azure/identity is a dependency of every Backstage backend: managed identity, workload identity or client secret.
import { chmod, rename, writeFile } from 'node:fs/promises';

const AGAIN_AFTER_MS = 30_000;

// Writes a token, and from then on a new one at half of the old one's life. Fails only where the first cannot be had.
export async function keepFresh(credential, scope, file, log = console) {
  const lasts = await write(credential, scope, file);
  schedule(lasts / 2);

  function schedule(delay) {
    setTimeout(async () => {
      try {
        schedule((await write(credential, scope, file)) / 2);
      } catch (error) {
        log.warn(`ValueFlow: no new token for Backstage's proxy, trying again: ${error.message}`);
        schedule(AGAIN_AFTER_MS);
      }
    }, Math.max(delay, 1_000)).unref();
  }
}

// Replaced in one step, so that nobody reads half a token. Returns how long it lasts, in milliseconds.
async function write(credential, scope, file) {
  const { token, expiresOnTimestamp } = await credential.getToken(scope);
  const fresh = `${file}.new`;
  await writeFile(fresh, `Bearer ${token}`, { mode: 0o600 });
  await chmod(fresh, 0o600);
  await rename(fresh, file);
  return expiresOnTimestamp - Date.now();
}

const { VALUEFLOW_AUTHORIZATION_FILE: file, VALUEFLOW_SCOPE: scope } = process.env;
if (file && scope) {
  const { DefaultAzureCredential } = await import('@azure/identity');
  await keepFresh(new DefaultAzureCredential(), scope, file);
}
