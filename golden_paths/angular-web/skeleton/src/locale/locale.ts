/** The languages of this page. English stands in the templates, the others in messages.<locale>.json. */
export const LOCALES = ['en', 'pt-BR'] as const;
export type Locale = (typeof LOCALES)[number];

/**
 * The language to show: asked for in the address (`?lang=pt-BR`), else chosen earlier, else the first of
 * the browser's languages that is spoken here, else English.
 */
export function chooseLocale(
  search: string,
  stored: string | null,
  languages: readonly string[],
): Locale {
  const wishes = [new URLSearchParams(search).get('lang'), stored, ...languages];
  for (const wish of wishes) {
    const locale = LOCALES.find((each) => wish && language(each) === language(wish));
    if (locale) return locale;
  }
  return 'en';
}

function language(tag: string): string {
  return tag.toLowerCase().split('-')[0] ?? '';
}
