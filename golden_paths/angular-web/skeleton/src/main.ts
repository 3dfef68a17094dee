import { bootstrapApplication } from '@angular/platform-browser';
import { chooseLocale } from './locale/locale';
import { loadLocale } from './locale/load-locale';
import { loadSettings } from './settings';

/** Messages are loaded before any component is: a template is translated once, when it is first drawn. */
async function start(): Promise<void> {
  const locale = chooseLocale(location.search, storedLocale(), navigator.languages);
  const [settings] = await Promise.all([loadSettings(fetch), loadLocale(locale)]);
  const [{ App }, { appConfig }] = await Promise.all([
    import('./app/app'),
    import('./app/app.config'),
  ]);
  await bootstrapApplication(App, appConfig(locale, settings));
}

function storedLocale(): string | null {
  try {
    return localStorage.getItem('locale');
  } catch {
    return null; // storage is switched off
  }
}

start().catch((error: unknown) => console.error(error));
