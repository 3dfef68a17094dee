import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { configFor, settingsFor } from './configure.mjs';

const read = async (name) =>
  JSON.parse(await readFile(new URL(`../${name}`, import.meta.url), 'utf8'));
const settings = await read('public/settings.json');
const config = await read('public/staticwebapp.config.json');
const made = (wanted) => settingsFor(settings, wanted, 'preview', '20261121.3');
const policyOf = (document) => document.globalHeaders['Content-Security-Policy'];

test('version and environment are stamped, the service stays', () => {
  const { environment, version, service } = made({});
  assert.deepEqual([environment, version, service], ['preview', '20261121.3', settings.service]);
});

test('without addresses the page connects to itself alone', () => {
  assert.match(policyOf(configFor(config, made({}))), /connect-src 'self';/);
});

test('the policy allows the origins of the API and of telemetry, and no path of theirs', () => {
  const policy = policyOf(
    configFor(
      config,
      made({
        apiUrl: 'https://api.example.com/v1',
        telemetryUrl: 'https://collector.example.com/v1/traces',
      }),
    ),
  );
  const expected = "connect-src 'self' https://api.example.com https://collector.example.com;";
  assert.ok(policy.includes(expected), policy);
  assert.match(policy, /default-src 'none'/);
});

for (const wrong of ['http://api.example.com', 'javascript:alert(1)', "x; script-src 'self'"]) {
  test(`the address ${wrong} is refused`, () => {
    assert.throws(() => made({ telemetryUrl: wrong }), /telemetryUrl must be/);
  });
}

test('a share of page views lies between 0 and 1', () => {
  assert.equal(made({ sampleRatio: 0.1 }).sampleRatio, 0.1);
  assert.throws(() => made({ sampleRatio: 2 }), /sampleRatio/);
  assert.throws(() => made({ sampleRatio: '1' }), /sampleRatio/);
});

test('the policy lets in neither inline code nor other origins', () => {
  const policy = policyOf(config);
  assert.doesNotMatch(policy, /unsafe-|\*|https?:/);
  assert.match(policy, /require-trusted-types-for 'script'/);
});

for (const environment of ['development', 'preview', 'production']) {
  test(`the settings of ${environment} are right`, async () => {
    const wanted = await read(`environments/${environment}.json`);
    configFor(config, settingsFor(settings, wanted, environment, '1'));
  });
}
