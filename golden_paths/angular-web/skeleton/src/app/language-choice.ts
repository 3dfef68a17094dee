import { Component, LOCALE_ID, inject } from '@angular/core';
import { LOCALES } from '../locale/locale';

const NAMES = { en: 'English', 'pt-BR': 'Português' } as const;

/** Links to this page in each language; the choice is remembered. Each name stands in its own language. */
@Component({
  selector: 'app-language-choice',
  template: `
    <nav aria-label="Language" i18n-aria-label="@@language">
      <ul>
        @for (each of locales; track each) {
          <li>
            <a
              [attr.href]="'?lang=' + each"
              [attr.lang]="each"
              [attr.hreflang]="each"
              [attr.aria-current]="each === current ? 'true' : null"
              (click)="remember(each)"
              >{{ names[each] }}</a
            >
          </li>
        }
      </ul>
    </nav>
  `,
})
export class LanguageChoice {
  protected readonly locales = LOCALES;
  protected readonly names = NAMES;
  protected readonly current = inject(LOCALE_ID);

  protected remember(locale: string): void {
    try {
      localStorage.setItem('locale', locale);
    } catch {
      // Storage is switched off: the address alone carries the choice.
    }
  }
}
