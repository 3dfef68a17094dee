/**
 * Fit a build to an environment: one build goes unchanged through all of them.
 *
 *   node tools/configure.mjs FOLDER ENVIRONMENT VERSION
 *
 * Reads environments/ENVIRONMENT.json and writes FOLDER/settings.json, FOLDER/health.json and the content security
 * policy in FOLDER/staticwebapp.config.json.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The settings the page reads. Raises an error that names the field that is wrong. */
export function settingsFor(settings, wanted, environment, version) {
  const { apiUrl = '', telemetryUrl = '', sampleRatio = 1 } = wanted;
  address('apiUrl', apiUrl);
  address('telemetryUrl', telemetryUrl);
  if (typeof sampleRatio !== 'number' || !(sampleRatio >= 0 && sampleRatio <= 1)) {
    throw new Error('sampleRatio must be a number from 0 to 1.');
  }
  return { ...settings, environment, version, apiUrl, telemetryUrl, sampleRatio };
}

/** The static web app's configuration, with the origins this environment may connect to. */
export function configFor(config, settings) {
  const origins = [settings.apiUrl, settings.telemetryUrl]
    .filter(Boolean)
    .map((each) => new URL(each).origin);
  const sources = ["'self'", ...new Set(origins)].join(' ');
  const policy = config.globalHeaders['Content-Security-Policy'];
  if (!/connect-src [^;]+/.test(policy)) throw new Error('The policy has no connect-src.');
  return {
    ...config,
    globalHeaders: {
      ...config.globalHeaders,
      'Content-Security-Policy': policy.replace(
        /connect-src [^;]+/,
        () => `connect-src ${sources}`,
      ),
    },
  };
}

/** Only https leaves the page. */
function address(name, text) {
  if (text !== '' && URL.parse(text)?.protocol !== 'https:') {
    throw new Error(`${name} must be an https address or empty.`);
  }
}

const read = async (path) => JSON.parse(await readFile(path, 'utf8'));

async function change(path, make) {
  const document = make(await read(path));
  await writeFile(path, JSON.stringify(document, null, 2) + '\n');
  return document;
}

async function main(folder, environment, version) {
  if (!folder || !/^[a-z]+$/.test(environment ?? '') || !version) {
    throw new Error('usage: node tools/configure.mjs FOLDER ENVIRONMENT VERSION');
  }
  const wanted = await read(new URL(`../environments/${environment}.json`, import.meta.url));
  const settings = await change(join(folder, 'settings.json'), (each) =>
    settingsFor(each, wanted, environment, version),
  );
  await change(join(folder, 'health.json'), (each) => ({ ...each, environment, version }));
  await change(join(folder, 'staticwebapp.config.json'), (each) => configFor(each, settings));
  console.log(`${settings.service} ${version} is configured for ${environment}.`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await main(...process.argv.slice(2));
}
