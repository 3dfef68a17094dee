import { registerLocaleData } from '@angular/common';
import { loadTranslations } from '@angular/localize';
import type { Locale } from './locale';

/** Load a language's messages and formats, and say in the document which language it is in. */
export async function loadLocale(locale: Locale): Promise<void> {
  document.documentElement.lang = locale;
  if (locale === 'en') return;
  const [messages, formats] = await Promise.all([
    import('./messages.pt-BR.json'),
    import('@angular/common/locales/pt'),
  ]);
  loadTranslations(messages.translations);
  registerLocaleData(formats.default, locale);
}
