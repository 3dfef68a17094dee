import { InjectionToken } from '@angular/core';

/** What differs between environments. The pipeline writes it to /settings.json (tools/configure.mjs). */
export interface Settings {
  readonly service: string;
  readonly description: string;
  readonly environment: string;
  readonly version: string;
  /** Origin of the API, '' for this page's own. Only it receives the trace context. */
  readonly apiUrl: string;
  /** OTLP/HTTP address for traces (".../v1/traces"), '' for none. */
  readonly telemetryUrl: string;
  /** Share of page views that are traced, 0 to 1. */
  readonly sampleRatio: number;
}

export const SETTINGS = new InjectionToken<Settings>('settings of this environment');

const WITHOUT_SETTINGS: Settings = {
  service: 'unknown',
  description: '',
  environment: 'unknown',
  version: 'unknown',
  apiUrl: '',
  telemetryUrl: '',
  sampleRatio: 0,
};

/** Read /settings.json. The page works without it: untraced, and saying that it does not know its version. */
export async function loadSettings(get: typeof fetch): Promise<Settings> {
  try {
    const answer = await get('settings.json', { cache: 'no-cache' });
    if (!answer.ok) throw new Error(`settings.json: ${answer.status}`);
    return { ...WITHOUT_SETTINGS, ...((await answer.json()) as Partial<Settings>) };
  } catch (error) {
    console.warn('The settings of this environment could not be read.', error);
    return WITHOUT_SETTINGS;
  }
}
