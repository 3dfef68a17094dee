import { chooseLocale } from './locale';
import english from './messages.en.json';
import portuguese from './messages.pt-BR.json';

describe('the language of the page', () => {
  it.each([
    ['?lang=pt-BR', 'en', ['en-US'], 'pt-BR'],
    ['', 'pt-BR', ['en-US'], 'pt-BR'],
    ['', null, ['de-DE', 'pt-PT', 'en'], 'pt-BR'],
    ['', null, ['de-DE', 'en-GB', 'pt'], 'en'],
    ['?lang=fr', 'xx', ['de'], 'en'],
    ['', null, [], 'en'],
  ] as const)(
    'for address %s, choice %s and browser %s is %s',
    (search, stored, languages, locale) => {
      expect(chooseLocale(search, stored, languages)).toBe(locale);
    },
  );
});

describe('the messages', () => {
  it('are the same in every language', () => {
    expect(Object.keys(portuguese.translations).sort()).toEqual(
      Object.keys(english.translations).sort(),
    );
  });

  it('keep their placeholders in every language', () => {
    const placeholders = (text: string) => (text.match(/\{\$[^}]+\}/g) ?? []).sort();
    for (const [id, text] of Object.entries(english.translations)) {
      const translated = portuguese.translations[id as keyof typeof portuguese.translations];
      expect(placeholders(translated), id).toEqual(placeholders(text));
    }
  });
});
